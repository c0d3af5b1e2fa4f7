"""What people text to us, as Twilio passes it on (T6, T7)."""

import re

from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from twilio.twiml.messaging_response import MessagingResponse

from accounts.tenancy import everywhere
from notifications.inbound import Arrived, receive
from notifications.webhooks.signed import signed_form

# https://www.twilio.com/docs/messaging/guides/webhook-request
_SID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")
_NEEDED = ("MessageSid", "From", "To", "Body")  # a picture alone has an empty Body
_MOST_MEDIA = 10


@csrf_exempt
@require_POST
def twilio_inbound(request: HttpRequest) -> HttpResponse:
    """One text, kept and obeyed once however often it comes; answered with one text at most, or none."""
    form = signed_form(request)
    arrived = _arrived(form) if form is not None else None
    if arrived is None:
        return HttpResponse(status=403)
    with everywhere("a number belongs to people of any practice"):
        words = receive(arrived)
    answer = MessagingResponse()
    if words:
        answer.message(words)
    return HttpResponse(str(answer), content_type="application/xml")


def _arrived(form: QueryDict) -> Arrived | None:
    """The text in a form, without what no database keeps; None for a form that is no text."""
    if not all(name in form for name in _NEEDED):
        return None
    given = {name: str(form.get(name, "")).replace("\0", "") for name in (*_NEEDED, "OptOutType", "NumMedia")}
    if not _SID.fullmatch(given["MessageSid"]) or not given["From"].strip():
        return None
    media = given["NumMedia"]
    return Arrived(
        sid=given["MessageSid"],
        sender=given["From"],
        to=given["To"],
        body=given["Body"],
        media=min(int(media), _MOST_MEDIA) if re.fullmatch(r"[0-9]{1,3}", media) else 0,
        opt_out_type=given["OptOutType"],
    )
