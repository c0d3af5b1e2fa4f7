"""What a provider's answer, or its silence, means for a row of the ledger; and writing it down."""

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.features import Channel
from notifications import reasons
from notifications.channels import ChannelError, Lost, Permanent, Transient
from notifications.kinds import Delivery, kind_of
from notifications.models import Notification, State
from notifications.reasons import Reason

BACKOFF_FIRST = 15.0  # seconds, doubling with each attempt
BACKOFF_LONGEST = 600.0  # what the provider certainly did not accept is tried for as long as it is useful
# An email whose answer is lost may have been accepted each time: rarer tries, and an end after eight hours or so. Not
# rarer still, because the rest of its lane waits with it.
BACKOFF_LOST = 1800.0
MOST_LOST_ANSWERS = 24


def hand_back(delivery: Delivery, wait: float = 0.0) -> Delivery:
    """Not begun: pending again as if never claimed, for `wait` seconds."""
    row = delivery.notification
    row.state, row.in_doubt = State.PENDING, delivery.was_in_doubt
    row.next_attempt_at = timezone.now() + timedelta(seconds=wait)
    row.attempts -= 1
    return delivery


def note_error(delivery: Delivery, error: ChannelError, in_the_end: Reason = reasons.GAVE_UP) -> None:
    """What an error means for the row; `in_the_end` once there is no time left. A code is all that is kept of it."""
    row, now = delivery.notification, timezone.now()
    if isinstance(error, Permanent):
        _fail(delivery, error.reason or reasons.REFUSED, error.code)
        return
    if isinstance(error, Lost) and row.channel == Channel.TEXT:
        row.reason_detail = error.code[:40]  # stays *sending*: looked up when the lease runs out
        return
    # While there is time for another try after the backoff's, there is one.
    left = (delivery.useful_until - now).total_seconds()
    asked = 0.0
    if isinstance(error, Transient):
        row.in_doubt = delivery.was_in_doubt
        pause, asked = min(backoff(row.attempts), BACKOFF_LONGEST), error.retry_after or 0.0
    else:
        row.lost_answers += 1
        pause = min(backoff(row.lost_answers), BACKOFF_LOST)
    wait = max(BACKOFF_FIRST, min(pause, left / 2), asked)
    if wait > left or row.lost_answers >= MOST_LOST_ANSWERS:
        _fail(delivery, in_the_end, error.code, in_doubt=row.in_doubt)
        return
    row.state, row.next_attempt_at = State.PENDING, now + timedelta(seconds=wait)


def _fail(delivery: Delivery, reason: Reason, detail: str = "", *, in_doubt: bool | None = None) -> None:
    row = delivery.notification
    row.state, row.reason, row.reason_detail = State.FAILED, reason.code, detail[:40]
    row.in_doubt = delivery.was_in_doubt if in_doubt is None else in_doubt


def backoff(attempts: int) -> float:
    """Seconds until the next attempt: exponential, with jitter so that a burst does not return as one."""
    return float(BACKOFF_FIRST * 2 ** min(attempts - 1, 15) * random.uniform(0.8, 1.2))  # noqa: S311 (spreading load, not a secret)


def record(deliveries: Sequence[Delivery]) -> None:
    """Write the answers of one claim, over its own attempts that are still *sending*.

    A status callback may have been quicker, and where the lease ran out somebody else may be at work.
    """
    rows = [delivery.notification for delivery in deliveries]
    if not rows:
        return
    with transaction.atomic():
        waiting = Notification.objects.filter(
            state=State.SENDING, attempted_at=rows[0].attempted_at, pk__in=[row.pk for row in rows]
        )
        ours = set(waiting.select_for_update().order_by("pk").values_list("pk", flat=True))
        overtaken = [row for row in rows if row.pk not in ours]
        rows = [row for row in rows if row.pk in ours]
        Notification.objects.bulk_update(
            rows,
            [
                "state",
                "reason",
                "reason_detail",
                "attempts",
                "lost_answers",
                "in_doubt",
                "next_attempt_at",
                "provider_id",
                "segments",
                "sent_at",
            ],
        )
        Notification.objects.bulk_update(overtaken, ["segments"])  # which a callback does not know
        tell_kinds(rows)


def tell_kinds(rows: Sequence[Notification]) -> None:
    """Let the kinds know what certainly did not leave, and what ended without anybody knowing."""
    unsent: dict[str, list[int]] = defaultdict(list)
    unsure: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        if row.in_doubt and row.state in (State.FAILED, State.SKIPPED):
            unsure[row.kind].append(row.pk)
        elif not row.in_doubt and row.state in (State.PENDING, State.FAILED):
            unsent[row.kind].append(row.pk)
    for kind, ids in unsent.items():
        kind_of(kind).unsent(ids)
    for kind, ids in unsure.items():
        kind_of(kind).unsure(ids)
