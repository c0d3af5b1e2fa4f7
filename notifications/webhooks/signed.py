"""Whether a request is Twilio's: each carries its signature over the public address and the form (T7)."""

from collections.abc import Mapping

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, QueryDict, UnreadablePostError
from twilio.request_validator import RequestValidator

FORM = "application/x-www-form-urlencoded"
# Bytes. Twilio's longest text, 1,600 characters, takes some 20,000 of them as a form, and its other fields few.
LARGEST = 64 * 1024
# What webhooks read of a form.
READ = ("MessageSid", "MessageStatus", "ErrorCode", "From", "To", "Body", "OptOutType", "NumMedia")


def signed_form(request: HttpRequest) -> QueryDict | None:
    """The form that Twilio sent, each field once, or None if it was not Twilio that sent it. Never raises.

    The signature covers the address as Twilio knows it, so `PUBLIC_URL` counts, with and without its port; the Host
    header is anybody's, and behind a proxy so are scheme and port. A field that came twice is refused: the signature
    says nothing of how often.
    """
    signature = request.headers.get("X-Twilio-Signature", "")
    if not settings.TWILIO_AUTH_TOKEN or not signature:
        return None  # without a secret anybody could sign
    if request.content_type != FORM or _length(request) > LARGEST:
        return None
    try:
        form = request.POST
    except (BadRequest, SuspiciousOperation, UnreadablePostError):
        return None  # another charset, too many fields, a body that ended early
    if _torn(form) or any(len(values) != 1 for _name, values in form.lists()):
        return None
    validator = RequestValidator(settings.TWILIO_AUTH_TOKEN)
    try:
        genuine = validator.validate(settings.PUBLIC_URL + request.get_full_path(), form, signature)
    except ValueError:  # an address or characters that cannot be signed
        return None
    return form if genuine else None


def _torn(form: QueryDict) -> bool:
    """Whether a field that is read was cut elsewhere ("ErrorCod" with "e30003"): what is signed has no mark between."""
    missing = tuple(name for name in READ if name not in form)
    return any(f"{name}{form[name]}".startswith(missing) for name in form)


def _length(request: HttpRequest) -> int:
    """Bytes of the body, as announced: the server reads no more of it than that."""
    announced = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(announced) if announced.isascii() and announced.isdecimal() and len(announced) < 10 else LARGEST + 1


def signature_of(url: str, form: Mapping[str, str]) -> str:
    """How Twilio signs a form that it posts to this address; for the demo, which stands in for it."""
    return str(RequestValidator(settings.TWILIO_AUTH_TOKEN).compute_signature(url, form))
