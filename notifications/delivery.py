"""From the ledger to the provider: claim, still true?, rules, render, channel, record.

Every worker runs `deliver_batch` and any number may run at once. What makes that safe:
- a claim is one transaction, for one sender, so that trouble with one never holds up another. It locks rows that
  nobody else has (SKIP LOCKED), decides, and commits the attempt (state *sending*, in doubt, with a lease) before
  any provider is called;
- nobody claims more than leaves within about a second, at the rate that the sender may send, and each message waits
  for its own slot (`notifications.pacing`);
- an answer is recorded only over the state *sending* of the very attempt that it answers;
- a worker that dies leaves its rows to the lease: an email goes again with the same Message-ID, a text is first
  looked up at the provider, since a second text is worse than a late one.
"""

import logging
import math
import time
from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from accounts.features import Channel
from accounts.models import TextStop
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
from notifications.claiming import BATCH, claim, is_due
from notifications.kinds import Delivery
from notifications.models import Notification, State
from notifications.pacing import AHEAD, SHORTEST_NAP, Done, Turns, near_turns, nearest_first
from notifications.reconciling import resolve
from notifications.rendering import Rendered, render
from notifications.senders import Sender, senders

logger = logging.getLogger(__name__)

SOON = 1.0  # seconds; as much as leaves in that time is claimed at once
SEND_FOR = 90.0  # seconds; what a batch has not begun by then is handed back, well before its lease ends
PATIENCE = 15.0  # seconds that a batch may lose to a provider that does not answer; the rest then waits
RECORD_EVERY = 20  # answers; a crash leaves at most so many to be looked up


def deliver_batch() -> int:
    """Act on as many due rows of each sender as leave soon; returns how many were taken, 0 when nothing is due now."""
    return deliver_some().taken


def deliver_some(until: float = math.inf) -> Done:
    """The same for each sender, the one with the nearest free slot first, texts before emails: they have less time.

    Waits for no slot that comes after `until` on the monotonic clock. A sender whose slots all others have taken for
    the next second is left to them.
    """
    done = Done()
    failure: Exception | None = None
    left = senders()
    with everywhere("delivery serves every organization"):
        while left:
            wait, sender = nearest_first(left)[0]
            left.remove(sender)
            try:
                _deliver(sender, wait, until, done)
            except Exception as error:  # noqa: BLE001 (raised below, once the others had their turn)
                failure = error
    if failure is not None:
        raise failure
    return done


def _deliver(sender: Sender, wait: float, until: float, done: Done) -> None:
    stop_at = time.monotonic() + SEND_FOR  # counted from before the claim, as the lease is
    if not is_due(sender):
        return
    slots = near_turns(sender, max(1, int(min(sender.rate * SOON, BATCH))))
    most = slots.before(until) if slots else 0
    if slots is None or not most:
        if slots:
            slots.give_back()
        done.must_wait(max(wait - AHEAD, SHORTEST_NAP))
        return
    try:
        claimed = claim(sender, most)
        done.taken += claimed.taken
        done.more |= claimed.more
        if claimed.to_send:
            _send(sender, claimed.to_send, slots, stop_at, until)
    finally:
        slots.give_back()
    if claimed.to_look_up:
        resolve(claimed.to_look_up, stop_at)


def _send(sender: Sender, deliveries: Sequence[Delivery], slots: Turns, stop_at: float, until: float) -> None:
    """Send a batch through one connection, until `stop_at` on the monotonic clock; record answers as they come."""
    answered: list[Delivery] = []
    lost_time = 0.0  # without what was spent waiting for slots
    faults: list[Misconfigured] = []
    with open_channel(sender.channel) as connection:
        try:
            for position, delivery in enumerate(deliveries):
                message = _written(delivery)
                if message is None:
                    answered.append(delivery)
                    continue
                if any(_same_fault(error, delivery.notification) for error in faults):
                    answered.append(hand_back(delivery))  # held: no further call is worth it
                    continue
                in_time = slots.wait(max(1, message.segments), until)
                begun = time.monotonic()
                if not in_time or begun > stop_at or lost_time > PATIENCE or _overslept(delivery.notification):
                    wait = backoff(1) if lost_time > PATIENCE else 0.0
                    answered += [hand_back(each, wait) for each in deliveries[position:]]
                    break
                error = None
                if sender.is_paced and _stopped_meanwhile(delivery.notification):
                    hand_back(delivery)  # the next claim says why
                else:
                    error = _hand_over(connection, message, delivery)
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


def _stopped_meanwhile(row: Notification) -> bool:
    """Whether the number replied STOP after the claim: a text may wait seconds for its slot (T6)."""
    return row.channel == Channel.TEXT and TextStop.objects.in_force().filter(phone=row.sent_to).exists()


def _written(delivery: Delivery) -> Rendered | None:
    """The message; None, and why noted on the row, if there is none to send."""
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
    return message


def _hand_over(connection: Connection, message: Rendered, delivery: Delivery) -> ChannelError | None:
    """Send one and note the answer on its row. Returns the provider's refusal, or that it gave no answer."""
    row = delivery.notification
    try:
        row.provider_id = connection.send(message)
    except ChannelError as error:
        logger.info("Notification %s: %s (%s)", row.pk, type(error).__name__, error.code)
        note_error(delivery, error)
        return error
    row.state, row.sent_at, row.in_doubt = State.SENT, timezone.now(), False
    return None
