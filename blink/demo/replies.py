"""What families of the demo texted back before it began: each practice that has the number finds it in its inbox (T7).

It is read and filed by the code that does so for everybody. None of it stops texts: the STOP of the demo is
Montréal's, and the next one is for whoever tries Blink, on a phone of the outbox.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts import phones
from accounts.models import Login
from notifications import threads
from notifications.channels.local import SENDING_NUMBER
from notifications.models import InboundText, TextThread
from notifications.reading import read

DONE_AFTER = timedelta(minutes=25)


@dataclass(frozen=True)
class Wrote:
    """One text of the past: from which phone, `days` ago (at least one), `at` this local time of the `zone`."""

    phone: str
    days: int
    at: str
    zone: str
    words: str
    done_by: str = ""


def arrive(now: datetime, texts: tuple[Wrote, ...]) -> None:
    """Put these texts into the inboxes. Needs `everywhere`: a number may be known in more than one practice."""
    for wrote in texts:
        text = _text(now, wrote)
        threads.file(text)
        if wrote.done_by:
            staff = Login.objects.get(name=wrote.done_by)
            thread = TextThread.objects.get(organization=staff.organization_id, phone=text.phone)
            thread.handle(by=staff, until=thread.last_at, at=text.received_at + DONE_AFTER)


def _text(now: datetime, wrote: Wrote) -> InboundText:
    zone = ZoneInfo(wrote.zone)
    day = now.astimezone(zone).date() - timedelta(days=wrote.days)
    moment = datetime.combine(day, time.fromisoformat(wrote.at), zone)
    return InboundText.objects.create(
        sid=f"SM{uuid.uuid4().hex}",
        phone=phones.normalize(wrote.phone),
        to=SENDING_NUMBER,
        body=wrote.words,
        meaning=read(wrote.words),
        received_at=moment,
        written_at=moment,
    )


SEATTLE, MONTREAL = "America/Los_Angeles", "America/Toronto"
TEXTS = (
    Wrote(
        "206 555 0121",
        4,
        "07:52",
        SEATTLE,
        "Is it the door at the front or the one in the garden? First time for Theo",
        done_by="Wendell Okonjo",
    ),
    # Both of Wren's parents have this number, so nobody can tell who wrote.
    Wrote("206 555 0192", 2, "21:14", SEATTLE, "Could you stop texting so late? This is the tablet of our kids"),
    # Known in two practices: it is in the inboxes of both.
    Wrote("206 555 0171", 1, "08:40", SEATTLE, "We found a stuffed rabbit in our bag, is it from your waiting room?"),
    Wrote(
        "514 555-0141",
        1,
        "17:35",
        MONTREAL,
        "Bonjour, Maude a oublié sa tuque dans la salle d’attente. Pouvez-vous la garder?",
    ),
)
