"""A text whose answer was lost is looked up at the provider before anything is sent again.

Twilio offers no idempotency key. What it has is the list of messages to a number since a moment: if one is there
that no other row of the ledger accounts for, it is this one; if none is there, it was never accepted. Of several texts
in doubt to one number (a family's) the one that was sent first takes the one that was created first.
"""

import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.features import Channel
from notifications import reasons
from notifications.asking import QUESTIONS
from notifications.channels import ChannelError, open_lookup
from notifications.claiming import LEASE
from notifications.kinds import kind_of
from notifications.models import EarlierAttempt, Notification, State

logger = logging.getLogger(__name__)

CLOCKS_DIFFER = timedelta(seconds=60)
LOOK_AGAIN = timedelta(seconds=60)
PATIENCE = 15.0  # seconds that a batch may lose to a provider that does not answer; what else is due waits meanwhile


def resolve(rows: Sequence[Notification], stop_at: float) -> None:
    """Settle each text in doubt: sent, to be tried again, or (too late for that) failed as unconfirmed.

    What is not begun by `stop_at` on the monotonic clock, or once too much time was lost, is looked up later.
    """
    lost_time = 0.0
    with open_lookup() as lookup:
        for row in _as_sent(rows):
            now = timezone.now()
            since = (row.attempted_at or row.created_at) - CLOCKS_DIFFER
            # Of this attempt only: another worker may have settled it and begun the next one.
            waiting = Notification.objects.filter(
                pk=row.pk, state=State.SENDING, in_doubt=True, attempted_at=row.attempted_at
            )
            begun = time.monotonic()
            if begun > stop_at or lost_time > PATIENCE:
                waiting.update(next_attempt_at=now + LOOK_AGAIN)
                continue
            try:
                found = lookup.accepted(row.sent_to, since)
            except ChannelError as error:
                lost_time += time.monotonic() - begun
                logger.warning("Notification %s could not be looked up (%s).", row.pk, error.code)
                if now > row.useful_until:
                    ended = {"reason": reasons.UNCONFIRMED.code, "reason_detail": error.code[:40]}
                    if waiting.update(state=State.FAILED, **ended):
                        kind_of(row.kind).unsure([row.pk])
                else:
                    waiting.update(next_attempt_at=now + LOOK_AGAIN)
                continue
            others = Notification.objects.filter(provider_id__in=found).exclude(pk=row.pk)
            earlier = EarlierAttempt.objects.filter(provider_id__in=found)  # of this row too: they did not arrive
            known = set(
                others.values_list("provider_id", flat=True).union(earlier.values_list("provider_id", flat=True))
            )
            ours = [sid for sid in found if sid not in known]
            if ours and _is_being_texted(row, now):
                waiting.update(next_attempt_at=now + LOOK_AGAIN)
            elif ours:
                waiting.update(
                    state=State.SENT,
                    in_doubt=False,
                    provider_id=ours[0],
                    reason_detail="",
                    sent_at=row.attempted_at,
                    next_attempt_at=now + QUESTIONS[0],
                )
            elif waiting.update(state=State.PENDING, in_doubt=False, next_attempt_at=now):
                kind_of(row.kind).unsent([row.pk])


def _as_sent(rows: Sequence[Notification]) -> list[Notification]:
    """In the order in which they were sent, so that of several to one number each finds its own."""
    return sorted(rows, key=lambda row: row.attempted_at or row.created_at)


def _is_being_texted(row: Notification, now: datetime) -> bool:
    """Whether another text to the number is just being sent: what the provider has may be that one, unrecorded."""
    others = Notification.objects.filter(channel=Channel.TEXT, state=State.SENDING).exclude(pk=row.pk)
    return others.filter(sent_to=row.sent_to, attempted_at__gt=now - LEASE).exists()
