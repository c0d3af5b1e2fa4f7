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
from notifications.channels import UNTIL_MENDED, ChannelError, Connection, Lost, Permanent, Transient, open_channel
from notifications.facts import gather
from notifications.kinds import Delivery, kind_of, slugs
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
BACKOFF_FIRST = 15.0  # seconds, doubling with each attempt
BACKOFF_LONGEST = 600.0  # what the provider certainly did not accept is tried for as long as it is useful
# An email whose answer is lost may have been accepted each time: rarer tries, and an end after eight hours or so. Not
# rarer still, because the rest of its lane waits with it.
BACKOFF_LOST = 1800.0
MOST_LOST_ANSWERS = 24


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
        Notification.objects.claimable(now, kinds=slugs())
        .filter(channel=channel)
        .select_related("login__user", "organization", "client")
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("next_attempt_at", "pk")[:limit]
    )
    if not rows:
        return _Claimed(0, [], [])
    to_look_up = [row for row in rows if row.in_doubt and row.channel == Channel.TEXT]
    Notification.objects.filter(pk__in=[row.pk for row in to_look_up]).update(next_attempt_at=now + LEASE)

    taken = len(rows)
    rows = [row for row in rows if row not in to_look_up]
    for row in rows:
        if row.state == State.SENDING:  # its worker died, or was too late to say
            row.lost_answers += 1
    given_up = [row for row in rows if row.lost_answers >= MOST_LOST_ANSWERS]
    for row in given_up:  # such as one that ends its worker each time
        row.state, row.reason, row.reason_detail = State.FAILED, reasons.UNCONFIRMED.code, ""
    rows = [row for row in rows if row not in given_up]
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

    Notification.objects.bulk_update(skipped, ["state", "reason", "reason_detail", "lost_answers"])
    _tell_kinds(skipped)
    Notification.objects.bulk_update(
        [delivery.notification for delivery in to_send],
        ["state", "attempts", "lost_answers", "attempted_at", "in_doubt", "next_attempt_at", "sent_to"],
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
                if begun > stop_at or lost_time > PATIENCE or _overslept(delivery.notification):
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


def _overslept(row: Notification) -> bool:
    """Whether the lease has mostly run out by the clock on the wall, which goes on while a machine is suspended."""
    return row.attempted_at is not None and timezone.now() > row.attempted_at + timedelta(seconds=SEND_FOR)


def _send_one(connection: Connection, delivery: Delivery) -> bool:
    """Send one and note the answer on its row. False if the provider gave none, or none now."""
    row = delivery.notification
    if timezone.now() > delivery.useful_until:
        _hand_back(delivery)  # the next claim says that it is too late (R8)
        return True
    try:
        if delivery.content is None:
            raise Permanent(reasons.NOT_WRITABLE.code)
        message = render(delivery, delivery.content)
    except Exception as error:  # noqa: BLE001 (one broken template must not stop the batch)
        # Our fault, not the reader's: tried again until it is mended or too late.
        logger.error("Notification %s (%s) cannot be rendered: %s", row.pk, row.kind, type(error).__name__)
        _note_error(delivery, Transient(reasons.NOT_WRITABLE.code, UNTIL_MENDED), reasons.NOT_WRITABLE)
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


def _note_error(delivery: Delivery, error: ChannelError, in_the_end: Reason = reasons.GAVE_UP) -> None:
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
        backoff, asked = min(_backoff(row.attempts), BACKOFF_LONGEST), error.retry_after or 0.0
    else:
        row.lost_answers += 1
        backoff = min(_backoff(row.lost_answers), BACKOFF_LOST)
    wait = max(BACKOFF_FIRST, min(backoff, left / 2), asked)
    if wait > left or row.lost_answers >= MOST_LOST_ANSWERS:
        _fail(delivery, in_the_end, error.code, in_doubt=row.in_doubt)
        return
    row.state, row.next_attempt_at = State.PENDING, now + timedelta(seconds=wait)


def _fail(delivery: Delivery, reason: Reason, detail: str = "", *, in_doubt: bool | None = None) -> None:
    row = delivery.notification
    row.state, row.reason, row.reason_detail = State.FAILED, reason.code, detail[:40]
    row.in_doubt = delivery.was_in_doubt if in_doubt is None else in_doubt


def _backoff(attempts: int) -> float:
    """Seconds until the next attempt: exponential, with jitter so that a burst does not return as one."""
    return float(BACKOFF_FIRST * 2 ** min(attempts - 1, 15) * random.uniform(0.8, 1.2))  # noqa: S311 (spreading load, not a secret)


def _record(deliveries: Sequence[Delivery]) -> None:
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
        _tell_kinds(rows)


def _tell_kinds(rows: Sequence[Notification]) -> None:
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
