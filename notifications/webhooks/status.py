"""What became of a text, as Twilio reports it (T10)."""

import logging
import re

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.features import Channel
from accounts.models import TextStop, TextStopEvent
from accounts.tenancy import everywhere
from notifications import reasons
from notifications.channels.twilio_errors import reason_for
from notifications.kinds import kind_of
from notifications.models import Notification, State
from notifications.models.ledger import forward_states
from notifications.webhooks.signed import signed_form

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
_SID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")
_ERROR_CODE = re.compile(r"[0-9]{1,6}")
_NO_CODE = "–"


@csrf_exempt
@require_POST
def twilio_status(request: HttpRequest, pk: int) -> HttpResponse:
    """The status of one text, which moves its record forward only, in whatever order and how often it comes (T10)."""
    form = signed_form(request)
    if form is None:
        return HttpResponse(status=403)
    sid, status, code = (form.get(name, "") for name in ("MessageSid", "MessageStatus", "ErrorCode"))
    if not _SID.fullmatch(sid) or not status or (code and not _ERROR_CODE.fullmatch(code)):
        return HttpResponse(status=403)
    with everywhere("Twilio names a notification, not an organization"):
        known = note(pk, STATES.get(status), sid=sid, error_code=int(code) if code else None)
    return HttpResponse(status=204 if known else 404)


@transaction.atomic
def note(pk: int, state: State | None, *, sid: str, error_code: int | None) -> bool:
    """Move a text's record forward to `state` (None changes nothing). False if there is no such text.

    Only a report that moves the record has further consequences: a STOP reported again after an UNSTOP is the old
    one (T6), and a kind hears once that what was taken for unsent was sent.

    Needs `everywhere`.
    """
    row = Notification.objects.filter(pk=pk, channel=Channel.TEXT).select_for_update().first()
    if row is None or state is None:
        return row is not None
    if row.provider_id and row.provider_id != sid:
        logger.error("Notification %s was accepted twice by the provider.", pk)
    # What we gave up or left unsent ourselves has no SID: if Twilio has the text after all, Twilio is right.
    ours = Q(state__in=(State.FAILED, State.SKIPPED), provider_id="")
    replaceable = Notification.objects.filter(pk=pk).filter(Q(state__in=forward_states(state)) | ours)
    arrived = state in (State.SENT, State.DELIVERED)
    reason = None if arrived else reason_for(error_code, never_sent=state == State.FAILED)
    detail = "" if arrived else str(error_code or _NO_CODE)
    moved = replaceable.update(
        state=state,
        in_doubt=False,
        provider_id=row.provider_id or sid,
        reason=reason.code if reason else "",
        reason_detail=detail,
        sent_at=F("sent_at") if state == State.FAILED else Coalesce("sent_at", timezone.now()),
    )
    if not moved:
        return True
    if reason is reasons.REPLIED_STOP and row.sent_to:
        TextStop.objects.stop(row.sent_to, how=TextStopEvent.How.REFUSED)
    if arrived and row.state in TAKEN_FOR_UNSENT:
        row.refresh_from_db()
        kind_of(row.kind).sent_after_all(row)
    return True
