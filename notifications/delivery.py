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
import time
from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from accounts.features import Channel
from accounts.phones import country_of
from accounts.tenancy import everywhere
from notifications import reasons
from notifications.answers import backoff, hand_back, note_error, record
from notifications.channels import (
    UNTIL_MENDED,
    ChannelError,
    Connection,
    Misconfigured,
    Permanent,
    Transient,
    open_channel,
)
from notifications.claiming import claim
from notifications.kinds import Delivery
from notifications.models import Notification, State
from notifications.reconciling import resolve
from notifications.rendering import render

logger = logging.getLogger(__name__)

BATCH = 100
SEND_FOR = 90.0  # seconds; what a batch has not begun by then is handed back, well before its lease ends
PATIENCE = 15.0  # seconds that a batch may lose to a provider that does not answer; the rest then waits
RECORD_EVERY = 20  # answers; a crash leaves at most so many to be looked up


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
    claimed = claim(channel, limit)
    if claimed.to_send:
        _send(channel, claimed.to_send, stop_at)
    if claimed.to_look_up:
        resolve(claimed.to_look_up, stop_at)
    return claimed.taken


def _send(channel: Channel, deliveries: Sequence[Delivery], stop_at: float) -> None:
    """Send a batch through one connection, until `stop_at` on the monotonic clock; record answers as they come."""
    answered: list[Delivery] = []
    lost_time = 0.0
    faults: list[Misconfigured] = []
    with open_channel(channel) as connection:
        try:
            for position, delivery in enumerate(deliveries):
                begun = time.monotonic()
                if begun > stop_at or lost_time > PATIENCE or _overslept(delivery.notification):
                    wait = backoff(1) if lost_time > PATIENCE else 0.0
                    answered += [hand_back(each, wait) for each in deliveries[position:]]
                    break
                if any(_same_fault(error, delivery.notification) for error in faults):
                    answered.append(hand_back(delivery))  # held: no further call is worth it
                    continue
                error = _send_one(connection, delivery)
                if isinstance(error, Misconfigured):
                    faults.append(error)
                elif error is not None and not isinstance(error, Permanent):
                    lost_time += time.monotonic() - begun
                answered.append(delivery)
                if len(answered) >= RECORD_EVERY:
                    record(answered)
                    answered = []
        finally:
            record(answered)


def _same_fault(error: Misconfigured, row: Notification) -> bool:
    """Whether the provider would refuse this one as it refused another: it would any, or any to that country."""
    return error.country in ("", country_of(row.sent_to))


def _overslept(row: Notification) -> bool:
    """Whether the lease has mostly run out by the clock on the wall, which goes on while a machine is suspended."""
    return row.attempted_at is not None and timezone.now() > row.attempted_at + timedelta(seconds=SEND_FOR)


def _send_one(connection: Connection, delivery: Delivery) -> ChannelError | None:
    """Send one and note the answer on its row. Returns the provider's refusal, or that it gave no answer."""
    row = delivery.notification
    if timezone.now() > delivery.useful_until:
        hand_back(delivery)  # the next claim says that it is too late (R8)
        return None
    try:
        if delivery.content is None:
            raise Permanent(reasons.NOT_WRITABLE.code)
        message = render(delivery, delivery.content)
    except Exception as error:  # noqa: BLE001 (one broken template must not stop the batch)
        # Our fault, not the reader's: tried again until it is mended or too late.
        logger.error("Notification %s (%s) cannot be rendered: %s", row.pk, row.kind, type(error).__name__)
        note_error(delivery, Transient(reasons.NOT_WRITABLE.code, UNTIL_MENDED), reasons.NOT_WRITABLE)
        return None
    row.segments = message.segments
    try:
        row.provider_id = connection.send(message)
    except ChannelError as error:
        logger.info("Notification %s: %s (%s)", row.pk, type(error).__name__, error.code)
        note_error(delivery, error)
        return error
    row.state, row.sent_at, row.in_doubt = State.SENT, timezone.now(), False
    return None
