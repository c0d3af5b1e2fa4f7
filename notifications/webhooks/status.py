"""What became of a text, as Twilio reports it (T10)."""

import re

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.tenancy import everywhere
from notifications.reports import note, state_of
from notifications.webhooks.signed import signed_form

_SID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")
_ERROR_CODE = re.compile(r"[0-9]{1,6}")


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
        known = note(pk, state_of(status), sid=sid, error_code=int(code) if code else None)
    return HttpResponse(status=204 if known else 404)
