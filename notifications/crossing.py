"""A STOP and an UNSTOP that may have crossed on their way: the one that was written later counts (T7).

Twilio does not say in its request when a text was written, and requests overtake one another. So each takes effect as
it arrives, and where a stop and a resume of one number arrived within minutes, Twilio is asked about both afterwards.
"""

import logging
import time
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import TextStopEvent
from accounts.stopping import wait_for_senders
from notifications.channels import ChannelError, Lookup, open_lookup
from notifications.inbound import obey
from notifications.models import InboundText, Meaning
from notifications.reading import explain

logger = logging.getLogger(__name__)

CROSS_WITHIN = timedelta(minutes=10)
# After that nobody knows any more, and the STOP stands.
ASK_FOR = timedelta(hours=1)
AT_ONCE = 50
SHIFT = 20.0  # seconds of asking, and the question under way

ORDERS = (Meaning.STOP, Meaning.RESUME)
# What was settled by others than the number's owner is not overruled by an older text.
BY_OTHERS = (TextStopEvent.How.REFUSED, TextStopEvent.How.ADMIN)


def crossed() -> QuerySet[InboundText]:
    """Stops and resumes that may have crossed and that nobody has asked about yet, oldest first."""
    opposite = InboundText.objects.filter(
        phone=OuterRef("phone"),
        meaning__in=ORDERS,
        received_at__gte=OuterRef("received_at") - CROSS_WITHIN,
        received_at__lte=OuterRef("received_at") + CROSS_WITHIN,
    ).exclude(meaning=OuterRef("meaning"))
    unknown = InboundText.objects.filter(meaning__in=ORDERS, written_at__isnull=True).exclude(phone="")
    return unknown.filter(Exists(opposite), received_at__gt=timezone.now() - ASK_FOR).order_by("received_at", "pk")


def settle_crossings() -> int:
    """Ask when each of these was written, and let the later one of each number count. How many numbers."""
    texts = list(crossed()[:AT_ONCE])
    if not texts:
        return 0
    with open_lookup() as lookup:
        written = _ask(lookup, texts)
    numbers = {text.phone for text in texts}
    for number in numbers:
        settle(number, {text.pk: written[text.pk] for text in texts if text.phone == number and text.pk in written})
    return len(numbers)


def _ask(lookup: Lookup, texts: list[InboundText]) -> dict[int, datetime]:
    """When each was written, by its id, as far as the provider says so in time."""
    stop_at = time.monotonic() + SHIFT
    written: dict[int, datetime] = {}
    for text in texts:
        if time.monotonic() > stop_at:
            break
        try:
            written[text.pk] = lookup.written(text.sid)
        except ChannelError as error:
            logger.warning("When inbound text %s was written could not be asked (%s).", text.pk, error.code)
    return written


@transaction.atomic
def settle(phone: str, written: Mapping[int, datetime]) -> None:
    """Let the latest stop or resume of a number count; a STOP where that is not known.

    What was found out is kept in the same transaction: whoever knows all is not asked about again.
    """
    wait_for_senders(phone)
    for pk, written_at in written.items():
        InboundText.objects.filter(pk=pk).update(written_at=written_at)
    orders = InboundText.objects.filter(phone=phone, meaning__in=ORDERS).order_by("-received_at", "-pk")
    last = orders.first()
    if last is None:
        return
    lately = list(orders.filter(received_at__gte=last.received_at - CROSS_WITHIN))
    since = TextStopEvent.objects.filter(phone=phone, at__gt=last.received_at, how__in=BY_OTHERS)
    if {text.meaning for text in lately} != set(ORDERS) or since.exists():
        return
    stops = [text for text in lately if text.meaning == Meaning.STOP]
    if all(text.written_at for text in lately):
        latest = max(lately, key=lambda text: (text.written_at, text.meaning == Meaning.STOP))
    else:
        latest = stops[0]
    obey(latest, explain(latest.body, latest.opt_out_type))
