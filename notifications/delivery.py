"""From the ledger to the provider: claim, still true?, rules, render, channel, record.

Every worker runs `deliver_batch` and any number may run at once. What makes that safe:
- a claim is one transaction, for one channel, so that trouble with one never holds up the other. It locks rows that
  nobody else has (SKIP LOCKED), decides, and commits the attempt (state *sending*, in doubt, with a lease) before
  any provider is called;
- an answer is recorded only over the state *sending* of the very attempt that it answers;
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
from notifications.channels import ChannelError, Connection, Lost, Permanent, Transient, open_channel
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
SEND_FOR = 90.0  # seconds; what a batch has not begun by then is handed back, well before its lease ends
PATIENCE = 15.0  # seconds that a batch may lose to a provider that does not answer; the rest then waits
RECORD_EVERY = 20  # answers; a crash leaves at most so many to be looked up
# An email whose answer is lost may have been accepted each time, so this ends it. What the provider certainly did
# not accept is tried for as long as it is useful.
MAX_ATTEMPTS = 12
BACKOFF_FIRST = 15.0  # seconds, doubling with each attempt
BACKOFF_LONGEST = 600.0


def deliver_batch(limit: int = BATCH) -> int:
    """Act on up to `limit` due rows of each channel; returns how many were taken, 0 when nothing is due."""
    taken = 0
    failure: Exception | None = None
    with everywhere("delivery serves every organization"):
        for channel in (Channel.TEXT, Channel.EMAIL):  # texts have less time
            try:
                taken += _deliver(channel, limit)
            except Exception as error:  # noqa: BLE001 (raised below, once the other channel had its turn)
                failure = error
    if failure is not None:
        raise failure
    return taken


def _deliver(channel: Channel, limit: int) -> int:
    stop_at = time.monotonic() + SEND_FOR  # counted from before the claim, as the lease is
    claimed = _claim(channel, limit)
    if claimed.to_send:
        _send(channel, claimed.to_send, stop_at)
    if claimed.to_look_up:
        resolve(claimed.to_look_up, stop_at)
    return claimed.taken


@dataclass
class _Claimed:
    taken: int
    to_send: list[Delivery]
    to_look_up: list[Notification]


@transaction.atomic
def _claim(channel: Channel, limit: int) -> _Claimed:
    """Take due rows, decide each, and commit the attempt of those that will be sent."""
    now = timezone.now()
    rows = list(
        Notification.objects.claimable(now)
        .filter(channel=channel)
        .select_related("login__user", "organization", "client")
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("next_attempt_at", "pk")[:limit]
    )
    if not rows:
        return _Claimed(0, [], [])
    to_look_up = [row for row in rows if row.in_doubt and row.channel == Channel.TEXT]
    Notification.objects.filter(pk__in=[row.pk for row in to_look_up]).update(next_attempt_at=now + LEASE)

    given_up = [row for row in rows if row.in_doubt and row.channel == Channel.EMAIL and row.attempts >= MAX_ATTEMPTS]
    for row in given_up:  # such as one that ends its worker each time
        row.state, row.reason, row.reason_detail = State.FAILED, reasons.UNCONFIRMED.code, ""
    taken = len(rows)

    rows = [row for row in rows if row not in to_look_up and row not in given_up]
    gathered = gather(rows, now=now)
    willing: dict[str, list[Delivery]] = defaultdict(list)
    skipped: list[Notification] = given_up
    for row, facts, subject in zip(rows, gathered.facts, gathered.subjects, strict=True):
        decision = decide(facts)
        if isinstance(decision, Skip):
            skipped.append(_skip(row, decision))
        else:
            willing[row.kind].append(Delivery(row, subject, was_in_doubt=row.in_doubt))

    to_send: list[Delivery] = []
    for kind, deliveries in willing.items():
        contents = kind_of(kind).compose(deliveries, now)
        for delivery in deliveries:
            content = contents[delivery.notification.pk]
            if isinstance(content, Skip):
                skipped.append(_skip(delivery.notification, content))
            else:
                delivery.content = content
                to_send.append(_begin(delivery, now))

    Notification.objects.bulk_update(skipped, ["state", "reason", "reason_detail"])
    Notification.objects.bulk_update(
        [delivery.notification for delivery in to_send],
        ["state", "attempts", "attempted_at", "in_doubt", "next_attempt_at", "sent_to"],
    )
    return _Claimed(taken, to_send, to_look_up)


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


def _send(channel: Channel, deliveries: Sequence[Delivery], stop_at: float) -> None:
    """Send a batch through one connection, until `stop_at` on the monotonic clock; record answers as they come."""
    answered: list[Delivery] = []
    lost_time = 0.0
    with open_channel(channel) as connection:
        try:
            for position, delivery in enumerate(deliveries):
                begun = time.monotonic()
                if begun > stop_at or lost_time > PATIENCE:
                    wait = _backoff(1) if lost_time > PATIENCE else 0.0
                    answered += [_hand_back(each, wait) for each in deliveries[position:]]
                    break
                if not _send_one(connection, delivery):
                    lost_time += time.monotonic() - begun
                answered.append(delivery)
                if len(answered) >= RECORD_EVERY:
                    _record(answered)
                    answered = []
        finally:
            _record(answered)


def _send_one(connection: Connection, delivery: Delivery) -> bool:
    """Send one and note the answer on its row. False if the provider gave none, or none now."""
    row = delivery.notification
    if timezone.now() > row.useful_until:
        _hand_back(delivery)  # the next claim says that it is too late (R8)
        return True
    try:
        if delivery.content is None:
            raise Permanent(reasons.NOT_WRITABLE.code)
        message = render(row, delivery.content)
    except Exception as error:  # noqa: BLE001 (one broken template must not stop the batch)
        logger.error("Notification %s (%s) cannot be rendered: %s", row.pk, row.kind, type(error).__name__)
        _fail(delivery, reasons.NOT_WRITABLE)
        return True
    row.segments = message.segments
    try:
        row.provider_id = connection.send(message)
    except ChannelError as error:
        logger.info("Notification %s: %s (%s)", row.pk, type(error).__name__, error.code)
        _note_error(delivery, error)
        return isinstance(error, Permanent)
    row.state, row.sent_at, row.in_doubt = State.SENT, timezone.now(), False
    return True


def _hand_back(delivery: Delivery, wait: float = 0.0) -> Delivery:
    """Not begun: pending again as if never claimed, for `wait` seconds."""
    row = delivery.notification
    row.state, row.in_doubt = State.PENDING, delivery.was_in_doubt
    row.next_attempt_at = timezone.now() + timedelta(seconds=wait)
    row.attempts -= 1
    return delivery


def _note_error(delivery: Delivery, error: ChannelError) -> None:
    """What an error means for the row. A code is all that is kept of it."""
    row, now = delivery.notification, timezone.now()
    if isinstance(error, Permanent):
        _fail(delivery, error.reason or reasons.REFUSED, error.code)
        return
    if isinstance(error, Lost) and row.channel == Channel.TEXT:
        row.reason_detail = error.code[:40]  # stays *sending*: looked up when the lease runs out
        return
    # While there is time for another try after the backoff's, there is one.
    left = (row.useful_until - now).total_seconds()
    wait = max(BACKOFF_FIRST, min(_backoff(row.attempts), left / 2))
    if isinstance(error, Transient):
        row.in_doubt = delivery.was_in_doubt
        wait = max(wait, error.retry_after or 0)
    if wait > left or (row.in_doubt and row.attempts >= MAX_ATTEMPTS):
        _fail(delivery, reasons.GAVE_UP, error.code, in_doubt=row.in_doubt)
        return
    row.state, row.next_attempt_at = State.PENDING, now + timedelta(seconds=wait)
    if not row.in_doubt:
        row.attempts = min(row.attempts, MAX_ATTEMPTS // 2)  # an outage leaves some to an answer lost after it


def _fail(delivery: Delivery, reason: Reason, detail: str = "", *, in_doubt: bool | None = None) -> None:
    row = delivery.notification
    row.state, row.reason, row.reason_detail = State.FAILED, reason.code, detail[:40]
    row.in_doubt = delivery.was_in_doubt if in_doubt is None else in_doubt


def _backoff(attempts: int) -> float:
    """Seconds until the next attempt: exponential, with jitter so that a burst does not return as one."""
    longest = min(BACKOFF_FIRST * 2 ** min(attempts - 1, 10), BACKOFF_LONGEST)
    return float(longest * random.uniform(0.8, 1.2))  # noqa: S311 (spreading load, not a secret)


def _record(deliveries: Sequence[Delivery]) -> None:
    """Write the answers of one claim, over its own attempts that are still *sending*.

    A status callback may have been quicker, and where the lease ran out somebody else may be at work.
    """
    rows = [delivery.notification for delivery in deliveries]
    if not rows:
        return
    with transaction.atomic():
        waiting = Notification.objects.filter(state=State.SENDING, attempted_at=rows[0].attempted_at)
        written = waiting.bulk_update(
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
        if written < len(rows):
            Notification.objects.bulk_update(rows, ["segments"])  # which a callback does not know
        unsent: dict[str, list[int]] = defaultdict(list)
        for row in rows:
            if row.state in (State.PENDING, State.FAILED) and not row.in_doubt:
                unsent[row.kind].append(row.pk)
        for kind, ids in unsent.items():
            kind_of(kind).unsent(ids)
