"""A text that somebody sent us: kept once, obeyed at once, passed on to whoever should read it (T6, T7)."""

import logging
from dataclasses import dataclass

from django.db import transaction

from accounts import phones
from accounts.models import PhoneFault, TextStop, TextStopEvent
from notifications import threads
from notifications.confirming import confirmation
from notifications.models import InboundText, Meaning
from notifications.reading import LONGEST, PROVIDER, WORD, Reading, explain

logger = logging.getLogger(__name__)

How = TextStopEvent.How


@dataclass(frozen=True)
class Arrived:
    """A text as the provider tells of it. `opt_out_type` is what the provider took it for, and has answered."""

    sid: str
    sender: str
    to: str
    body: str
    media: int = 0
    opt_out_type: str = ""


@transaction.atomic
def receive(arrived: Arrived) -> str:
    """Keep and obey a text; what is texted back, or "" for nothing. One that is known changes nothing.

    Needs `everywhere`.

    It takes effect in the order of arrival; where a stop and a resume may have crossed, `crossing` puts them right.
    """
    reading = explain(arrived.body, arrived.opt_out_type)
    text, is_new = InboundText.objects.get_or_create(
        sid=arrived.sid,
        defaults={
            "phone": phones.normalize(arrived.sender),
            "to": phones.normalize(arrived.to),
            "body": arrived.body[:LONGEST],
            "media": arrived.media,
            "opt_out_type": arrived.opt_out_type[:10],
            "meaning": reading.meaning,
        },
    )
    if not is_new:
        return ""
    PhoneFault.objects.lift(text.phone)  # a phone that sends texts takes them
    changed = obey(text, reading)
    _file(text)
    return confirmation(text, reading, changed=changed)


def obey(text: InboundText, reading: Reading) -> bool:
    """Halt or resume texts to the number, as the text asks. Whether that changed anything."""
    verb = {Meaning.STOP: TextStop.objects.stop, Meaning.RESUME: TextStop.objects.resume}.get(reading.meaning)
    if verb is None or not text.phone:
        return False
    return verb(text.phone, how=how(reading), at=text.written_at or text.received_at, said=text.body)


def how(reading: Reading) -> TextStopEvent.How:
    """By what a text that stops or resumes was known."""
    return {PROVIDER: How.PROVIDER, WORD: How.WORD}.get(reading.rule, How.MEANING)


def _file(text: InboundText) -> None:
    """Put it in the inboxes. If that fails the text is kept and obeyed all the same: Twilio will not send it again."""
    try:
        with transaction.atomic():
            threads.file(text)
    except Exception as error:  # noqa: BLE001 (a STOP is not lost because an inbox cannot be written)
        logger.error("Inbound text %s is in no inbox (%s).", text.pk, type(error).__name__)
