"""Whether a request is Twilio's: each carries its signature over the public address and the form (T7)."""

from collections.abc import Mapping

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from twilio.request_validator import RequestValidator


def signed_form(request: HttpRequest) -> QueryDict | None:
    """The form that Twilio sent, or None if it was not Twilio that sent it.

    The signature covers the address as Twilio knows it, so `PUBLIC_URL` counts; the Host header is anybody's.
    """
    signature = request.headers.get("X-Twilio-Signature", "")
    try:
        form = request.POST
    except (BadRequest, SuspiciousOperation, MultiPartParserError, UnreadablePostError):
        return None
    if not settings.TWILIO_AUTH_TOKEN or not signature:
        return None  # without a secret anybody could sign
    validator = RequestValidator(settings.TWILIO_AUTH_TOKEN)
    genuine = validator.validate(settings.PUBLIC_URL + request.get_full_path(), form, signature)
    return form if genuine else None


def signature_of(url: str, form: Mapping[str, str]) -> str:
    """How Twilio signs a form that it posts to this address; for the demo, which stands in for it."""
    return str(RequestValidator(settings.TWILIO_AUTH_TOKEN).compute_signature(url, form))
