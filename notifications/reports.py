"""What a report about a text means for its row: the record moves forward, or the text goes once more (T10, R8).

A report comes by status callback, or is the answer to a question (`notifications.asking`); both may come late, twice
and in any order.
"""

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.features import Channel
from notifications import holding
from notifications.answers import BACKOFF_LONGEST, backoff, keep_attempt, pause_before_once_more, tell_kinds
from notifications.asking import QUESTIONS
from notifications.channels import Misconfigured
from notifications.channels.twilio_errors import CODES, Outcome, error_for, keep_what_it_says, reason_for
from notifications.kinds import kind_of
from notifications.models import EarlierAttempt, Notification, State
from notifications.models.ledger import forward_states

logger = logging.getLogger(__name__)

# https://www.twilio.com/docs/messaging/api/message-resource#message-status-values
STATES = {
    "accepted": State.SENT,
    "scheduled": State.SENT,
    "queued": State.SENT,
    "sending": State.SENT,
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.DELIVERED,
    "undelivered": State.UNDELIVERED,
    "failed": State.FAILED,
    "canceled": State.FAILED,
}
# What `compose` noted of these may have been forgotten. *Sending* is simply not answered yet.
TAKEN_FOR_UNSENT = (State.PENDING, State.FAILED, State.SKIPPED)
NOT_ENDED = (State.PENDING, State.SENDING, State.SENT)
SOONEST_AGAIN = 60.0  # seconds; a queue that was full a moment ago still is
_NO_CODE = "–"


def state_of(status: str) -> State | None:
    """The state that a status of Twilio's means; None for one that nobody knows yet."""
    return STATES.get(status)


@transaction.atomic
def note(pk: int, state: State | None, *, sid: str, error_code: int | None) -> bool:
    """Move a text's record forward to `state` (None changes nothing). False if there is no such text.

    Only a report that moves the record has further consequences: a STOP reported again after an UNSTOP is the old
    one (T6), and a kind hears once that what was taken for unsent was sent. Of another text than the one that the
    row waits for (an earlier try, or one too many) only the arrival counts.

    Needs `everywhere`.
    """
    row = Notification.objects.filter(pk=pk, channel=Channel.TEXT).select_for_update().first()
    if row is None or state is None:
        return row is not None
    if _is_of_another_text(row, sid):
        if state != State.DELIVERED:
            return True
    elif state in (State.UNDELIVERED, State.FAILED) and row.state in NOT_ENDED and _goes_again(row, sid, error_code):
        return True
    _move_forward(row, state, sid, error_code)
    return True


def _is_of_another_text(row: Notification, sid: str) -> bool:
    """Whether the report is of an earlier try, or of a text that we did not know of beside the one that we know."""
    if row.provider_id == sid:
        return False
    earlier = EarlierAttempt.objects.filter(notification=row)
    if earlier.filter(provider_id=sid).exists():
        return True
    if not row.provider_id:
        return False
    if not earlier.exists():
        logger.error("Notification %s was accepted twice by the provider.", row.pk)
    keep_attempt(row, sid, "")  # so that no lookup takes it for another row's
    return True


def _goes_again(row: Notification, sid: str, error_code: int | None) -> bool:
    """Put a text that did not arrive back into the queue, if the code says so and while it is useful."""
    now = timezone.now()
    left = (row.useful_until - now).total_seconds()
    meaning = CODES.get(error_code or 0)
    match meaning.outcome if meaning else None:
        case Outcome.ONCE_MORE:
            wait = pause_before_once_more(row, left)
        case Outcome.LATER:
            wait = max(SOONEST_AGAIN, min(backoff(row.attempts), BACKOFF_LONGEST))
        case Outcome.MISCONFIGURED:
            error = error_for(error_code or 0, 400, None, number=row.sent_to)
            if isinstance(error, Misconfigured):
                holding.begin(row, error)
            wait = holding.TRY_EVERY.total_seconds()
        case _:
            return False
    if not 0 < wait < left:
        return False
    keep_attempt(row, sid, str(error_code))
    row.state, row.in_doubt, row.provider_id, row.sent_at = State.PENDING, False, "", None
    row.next_attempt_at = now + timedelta(seconds=wait)
    row.reason, row.reason_detail = "", str(error_code)
    row.save(
        update_fields=[
            "state",
            "in_doubt",
            "provider_id",
            "sent_at",
            "next_attempt_at",
            "reason",
            "reason_detail",
        ]
    )
    tell_kinds([row])
    return True


def _move_forward(row: Notification, state: State, sid: str, error_code: int | None) -> None:
    # What we gave up or left unsent ourselves has no SID: if Twilio has the text after all, Twilio is right.
    ours = Q(state__in=(State.FAILED, State.SKIPPED), provider_id="")
    replaceable = Notification.objects.filter(pk=row.pk).filter(Q(state__in=forward_states(state)) | ours)
    arrived = state in (State.SENT, State.DELIVERED)
    now = timezone.now()
    moved = replaceable.update(
        state=state,
        in_doubt=False,
        provider_id=row.provider_id or sid,
        reason="" if arrived else reason_for(error_code, never_sent=state == State.FAILED).code,
        reason_detail="" if arrived else str(error_code or _NO_CODE),
        sent_at=F("sent_at") if state == State.FAILED else Coalesce("sent_at", now),
        next_attempt_at=now + QUESTIONS[0] if state == State.SENT else F("next_attempt_at"),
    )
    if not moved:
        return
    if not arrived:
        keep_what_it_says(error_code, row.sent_to)
    if state == State.DELIVERED:
        holding.note_arrived(row)
    if arrived and row.state in TAKEN_FOR_UNSENT:
        row.refresh_from_db()
        kind_of(row.kind).sent_after_all(row)
