"""From the ledger to the provider: claim, still true?, rules, render, channel, record.

Every worker runs `deliver_batch` and any number may run at once. What makes that safe:
- a claim is one transaction; it locks rows that nobody else has (SKIP LOCKED), decides, and commits the attempt
  (state *sending*, in doubt, with a lease) before any provider is called;
- an answer is recorded only over the state *sending*;
- a worker that dies leaves its rows to the lease: an email goes again with the same Message-ID, a text is first
  looked up at the provider, since a second text is worse than a late one.
"""

import logging
import random
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.features import Channel
from accounts.tenancy import everywhere
from notifications import reasons
from notifications.channels import ChannelError, Lost, Permanent, Transient, open_channel
from notifications.facts import gather
from notifications.kinds import Delivery, kind_of
from notifications.models import Notification, State
from notifications.reasons import Reason, Skip
from notifications.reconciling import resolve
from notifications.rendering import recipient_of, render
from notifications.rules import decide

logger = logging.getLogger(__name__)

BATCH = 100
LEASE = timedelta(seconds=180)  # longer than a batch may take, and than a status callback takes to come
SEND_FOR = 120.0  # seconds; what a batch has not begun by then is handed back, well before its lease ends
RECORD_EVERY = 20  # answers; a crash leaves at most so many to be looked up
MAX_ATTEMPTS = 12
BACKOFF_FIRST = 15.0  # seconds, doubling with each attempt
BACKOFF_LONGEST = 600.0


def deliver_batch(limit: int = BATCH) -> int:
    """Act on up to `limit` due rows; returns how many were taken, 0 when nothing is due."""
    with everywhere("delivery serves every organization"):
        claimed = _claim(limit)
        for channel, deliveries in claimed.to_send.items():
            _send(channel, deliveries)
        if claimed.to_look_up:
            resolve(claimed.to_look_up)
        return claimed.taken


@dataclass
class _Claimed:
    taken: int
    to_send: dict[Channel, list[Delivery]]
    to_look_up: list[Notification]


@transaction.atomic
def _claim(limit: int) -> _Claimed:
    """Take due rows, decide each, and commit the attempt of those that will be sent."""
    now = timezone.now()
    rows = list(
        Notification.objects.claimable(now)
        .select_related("login__user", "organization", "client")
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("next_attempt_at", "pk")[:limit]
    )
    if not rows:
        return _Claimed(0, {}, [])
    to_look_up = [row for row in rows if row.in_doubt and row.channel == Channel.TEXT]
    Notification.objects.filter(pk__in=[row.pk for row in to_look_up]).update(next_attempt_at=now + LEASE)

    rows = [row for row in rows if row not in to_look_up]
    gathered = gather(rows, now=now)
    willing: dict[str, list[Delivery]] = defaultdict(list)
    skipped: list[Notification] = []
    for row, facts, subject in zip(rows, gathered.facts, gathered.subjects, strict=True):
        decision = decide(facts)
        if isinstance(decision, Skip):
            skipped.append(_skip(row, decision))
        else:
            willing[row.kind].append(Delivery(row, subject, was_in_doubt=row.in_doubt))

    to_send: dict[Channel, list[Delivery]] = defaultdict(list)
    for kind, deliveries in willing.items():
        contents = kind_of(kind).compose(deliveries, now)
        for delivery in deliveries:
            content = contents[delivery.notification.pk]
            if isinstance(content, Skip):
                skipped.append(_skip(delivery.notification, content))
            else:
                delivery.content = content
                to_send[Channel(delivery.notification.channel)].append(_begin(delivery, now))

    Notification.objects.bulk_update(skipped, ["state", "reason", "reason_detail"])
    begun = [delivery.notification for deliveries in to_send.values() for delivery in deliveries]
    Notification.objects.bulk_update(
        begun, ["state", "attempts", "attempted_at", "in_doubt", "next_attempt_at", "sent_to"]
    )
    return _Claimed(len(rows) + len(to_look_up), to_send, to_look_up)


def _skip(row: Notification, decision: Skip) -> Notification:
    row.state = State.SKIPPED
    row.reason, row.reason_detail = decision.reason.code, decision.detail
    return row


def _begin(delivery: Delivery, now: datetime) -> Delivery:
    row = delivery.notification
    row.state = State.SENDING
    row.attempts += 1
    row.attempted_at = now
    row.in_doubt = True
    row.next_attempt_at = now + LEASE
    row.sent_to = recipient_of(row)
    return delivery


def _send(channel: Channel, deliveries: Sequence[Delivery]) -> None:
    """Send a batch through one connection; record the answers as they come."""
    stop_at = time.monotonic() + SEND_FOR
    answered: list[Delivery] = []
    with open_channel(channel) as connection:
        for position, delivery in enumerate(deliveries):
            if time.monotonic() > stop_at:
                _hand_back(deliveries[position:])
                break
            row = delivery.notification
            try:
                if delivery.content is None:
                    raise Permanent(reasons.NOT_WRITABLE.code)
                message = render(row, delivery.content)
            except Exception as error:  # noqa: BLE001 (one broken template must not stop the batch)
                logger.error("Notification %s (%s) cannot be rendered: %s", row.pk, row.kind, type(error).__name__)
                _fail(delivery, reasons.NOT_WRITABLE)
            else:
                row.segments = message.segments
                try:
                    row.provider_id = connection.send(message)
                except ChannelError as error:
                    _record_error(delivery, error)
                else:
                    row.state, row.sent_at, row.in_doubt = State.SENT, timezone.now(), False
            answered.append(delivery)
            if len(answered) >= RECORD_EVERY:
                _record(answered)
                answered = []
    _record(answered)


def _hand_back(deliveries: Sequence[Delivery]) -> None:
    """Not begun in time: pending again, as if never claimed."""
    now = timezone.now()
    for delivery in deliveries:
        row = delivery.notification
        row.state, row.next_attempt_at, row.in_doubt = State.PENDING, now, delivery.was_in_doubt
        row.attempts -= 1
    _record(deliveries)


def _record_error(delivery: Delivery, error: ChannelError) -> None:
    """What an error means for the row. A code is all that is kept of it."""
    row, now = delivery.notification, timezone.now()
    if isinstance(error, Permanent):
        _fail(delivery, reasons.REFUSED, error.code)
        return
    if isinstance(error, Lost) and row.channel == Channel.TEXT:
        row.reason_detail = error.code[:40]  # stays *sending*: looked up when the lease runs out
        return
    wait = _backoff(row.attempts)
    if isinstance(error, Transient):
        row.in_doubt = delivery.was_in_doubt
        wait = max(wait, error.retry_after or 0)
    retry_at = now + timedelta(seconds=wait)
    if row.attempts >= MAX_ATTEMPTS or retry_at > row.useful_until:
        _fail(delivery, reasons.GAVE_UP, error.code, in_doubt=row.in_doubt)
    else:
        row.state, row.next_attempt_at = State.PENDING, retry_at


def _fail(delivery: Delivery, reason: Reason, detail: str = "", *, in_doubt: bool | None = None) -> None:
    row = delivery.notification
    row.state, row.reason, row.reason_detail = State.FAILED, reason.code, detail[:40]
    row.in_doubt = delivery.was_in_doubt if in_doubt is None else in_doubt


def _backoff(attempts: int) -> float:
    """Seconds until the next attempt: exponential, with jitter so that a burst does not return as one."""
    longest = min(BACKOFF_FIRST * 2 ** (attempts - 1), BACKOFF_LONGEST)
    return float(longest * random.uniform(0.8, 1.2))  # noqa: S311 (spreading load, not a secret)


def _record(deliveries: Sequence[Delivery]) -> None:
    """Write the answers, over the state *sending* only: a status callback may have been quicker."""
    rows = [delivery.notification for delivery in deliveries]
    if not rows:
        return
    with transaction.atomic():
        Notification.objects.filter(state=State.SENDING).bulk_update(
            rows,
            [
                "state",
                "reason",
                "reason_detail",
                "attempts",
                "in_doubt",
                "next_attempt_at",
                "provider_id",
                "segments",
                "sent_at",
            ],
        )
        unsent: dict[str, list[int]] = defaultdict(list)
        for row in rows:
            if row.state in (State.PENDING, State.FAILED) and not row.in_doubt:
                unsent[row.kind].append(row.pk)
        for kind, ids in unsent.items():
            kind_of(kind).unsent(ids)
