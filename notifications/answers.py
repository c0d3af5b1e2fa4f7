"""What a provider's answer, or its silence, means for a row of the ledger; and writing it down."""

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.features import Channel
from notifications import holding, reasons
from notifications.asking import first_question
from notifications.channels import ChannelError, Lost, Misconfigured, OnceMore, Permanent, Transient
from notifications.channels.twilio_errors import ONCE_MORE
from notifications.kinds import Delivery, kind_of
from notifications.models import EarlierAttempt, Notification, State
from notifications.reasons import Reason

BACKOFF_FIRST = 15.0  # seconds, doubling with each attempt
BACKOFF_LONGEST = 600.0  # what the provider certainly did not accept is tried for as long as it is useful
# An email whose answer is lost may have been accepted each time: rarer tries, and an end after eight hours or so. Not
# rarer still, because the rest of its lane waits with it.
BACKOFF_LOST = 1800.0
MOST_LOST_ANSWERS = 24
# A phone that was out of reach is not within it a moment later; a text is rarely useful for more than an hour.
ONCE_MORE_AFTER = 600.0


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
    if isinstance(error, Misconfigured):
        holding.begin(row, error)
        row.in_doubt = delivery.was_in_doubt
        # Of the held rows the last one to be tried again; when it is too late, its claim says so (R8).
        row.state, row.next_attempt_at = State.PENDING, now + holding.TRY_EVERY
        return
    # While there is time for another try after the backoff's, there is one.
    left = (delivery.useful_until - now).total_seconds()
    if isinstance(error, OnceMore):
        wait = pause_before_once_more(row, left)
        if not wait:
            _fail(delivery, error.reason, error.code)
            return
        keep_attempt(row, "", error.code)
        row.in_doubt = delivery.was_in_doubt
        row.state, row.next_attempt_at = State.PENDING, now + timedelta(seconds=wait)
        return
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


def pause_before_once_more(row: Notification, left: float) -> float:
    """Seconds until the one more try that some refusals are worth, with `left` to go; 0 if there is none any more."""
    wait = min(ONCE_MORE_AFTER, left / 2)
    again = EarlierAttempt.objects.filter(notification=row, code__in=ONCE_MORE).exists()
    return 0.0 if again or wait < BACKOFF_FIRST else wait


def keep_attempt(row: Notification, provider_id: str, code: str) -> bool:
    """Keep an attempt that did not arrive, and the provider's id of it if it took it. False if it is kept already."""
    _kept, created = EarlierAttempt.objects.get_or_create(
        notification=row,
        provider_id=provider_id,
        defaults={"organization_id": row.organization_id, "code": code[:40]},
    )
    return created


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
    accepted = [row for row in rows if row.state == State.SENT]
    for row in accepted:
        row.next_attempt_at = first_question(row)
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
        holding.note_accepted(accepted)


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
