"""Reports of email providers, by Anymail's own views, for whoever proves to be the provider (E4).

    /webhooks/email/<provider>/      as Anymail calls it: postmark, mailgun, amazon_ses ...

The provider calls it with the secret of ANYMAIL_WEBHOOK_SECRET as HTTP basic authentication, and signs where Anymail
can check that. Nothing of a request is read before its secret is known to be right. What nobody can use is answered
with a 4xx; only our own trouble is a 5xx, and then the provider reports it again. See docs/decisions/0015-bounces.md.
"""

import logging
import re
from collections.abc import Mapping
from typing import Any

from anymail.exceptions import AnymailError, AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, tracking
from anymail.utils import get_request_basic_auth
from anymail.webhooks.amazon_ses import AmazonSESTrackingWebhookView
from anymail.webhooks.base import AnymailCoreWebhookView
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailersend import MailerSendTrackingWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.mailjet import MailjetTrackingWebhookView
from anymail.webhooks.mailtrap import MailtrapTrackingWebhookView
from anymail.webhooks.mandrill import MandrillCombinedWebhookView
from anymail.webhooks.postal import PostalTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.resend import ResendTrackingWebhookView
from anymail.webhooks.sendgrid import SendGridTrackingWebhookView
from anymail.webhooks.sparkpost import SparkPostTrackingWebhookView
from anymail.webhooks.unisender_go import UnisenderGoTrackingWebhookView
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, RequestDataTooBig
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notifications.email_reports import read_event

logger = logging.getLogger(__name__)

VIEWS: Mapping[str, type[AnymailCoreWebhookView]] = {
    "amazon_ses": AmazonSESTrackingWebhookView,
    "brevo": BrevoTrackingWebhookView,
    "mailersend": MailerSendTrackingWebhookView,
    "mailgun": MailgunTrackingWebhookView,
    "mailjet": MailjetTrackingWebhookView,
    "mailtrap": MailtrapTrackingWebhookView,
    "mandrill": MandrillCombinedWebhookView,
    "postal": PostalTrackingWebhookView,
    "postmark": PostmarkTrackingWebhookView,
    "resend": ResendTrackingWebhookView,
    "sendgrid": SendGridTrackingWebhookView,
    "sparkpost": SparkPostTrackingWebhookView,
    "unisender_go": UnisenderGoTrackingWebhookView,
}
CHECKED_WITH_GET = {"unisender_go"}  # when it is set up there; others ask with HEAD
_BACKEND = re.compile(r"anymail\.backends\.(?P<provider>[a-z_]+)\.")


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def email_events(request: HttpRequest, provider: str) -> HttpResponse:
    """Reports of what became of emails. 404 where nobody is expected, 403 for whoever is not the provider."""
    secrets = _secrets()
    if not secrets or not _is_expected(provider):
        return HttpResponse(status=404)
    if request.method != "POST":
        answers = request.method == "HEAD" or provider in CHECKED_WITH_GET
        return HttpResponse(status=200 if answers else 405)
    if "Authorization" not in request.headers:
        # Amazon sends the secret only when it was asked for it.
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Basic realm="Blink"'})
    secret = get_request_basic_auth(request)
    if secret is None or not any(constant_time_compare(secret, each) for each in secrets):
        return HttpResponse(status=403)
    try:
        view = _view(provider, secret)
        events = _events(view, request)
    except Refused as refused:
        logger.log(refused.level, "A report of %s was refused: %s", provider, refused.why)
        return HttpResponse(status=refused.status)
    for event in events:
        tracking.send(sender=type(view), event=event, esp_name=view.esp_name)
    return HttpResponse()


class Refused(Exception):
    """Why a request is not taken: the status of the answer, and an exception's name, which says nothing personal."""

    def __init__(self, status: int, error: Exception, level: int = logging.WARNING) -> None:
        super().__init__()
        self.status, self.why, self.level = status, type(error).__name__, level


def _view(provider: str, secret: str) -> Any:
    """Anymail's view. Raises Refused where a setting or a package that it needs is missing."""
    options = {}
    if provider == "mandrill" and not settings.ANYMAIL.get("MANDRILL_WEBHOOK_URL"):
        # It signs the address that it calls, the secret included. The Host header is anybody's.
        scheme, _, host = settings.PUBLIC_URL.partition("://")
        options = {"webhook_url": f"{scheme}://{secret}@{host}/webhooks/email/mandrill/"}
    try:
        return VIEWS[provider](**options)
    except Exception as error:  # noqa: BLE001 (whatever a setting of that provider's makes of its view)
        raise Refused(404, error, logging.ERROR) from None


def _events(view: Any, request: HttpRequest) -> list[AnymailTrackingEvent]:
    """What the request reports, each readable. Raises Refused for whatever is not a report of the provider's.

    The parsers take their provider's word for everything: of what nobody should send, they raise all sorts.
    """
    try:
        view.setup(request)
        view.run_validators(request)
        events = list(view.parse_events(request))
        if events and view.signal is not tracking:
            raise AnymailWebhookValidationFailure  # Mandrill sends what people write to the same address
        for event in events:
            read_event(event, view.esp_name)
    except RequestDataTooBig as error:
        raise Refused(413, error) from None
    except AnymailWebhookValidationFailure as error:
        raise Refused(403, error) from None
    except (ImproperlyConfigured, ImportError) as error:
        raise Refused(404, error, logging.ERROR) from None
    except (AnymailError, UnreadablePostError) as error:
        raise Refused(400, error) from None
    except Exception as error:  # noqa: BLE001 (as the docstring says)
        raise Refused(400, error) from None
    return events


def _secrets() -> list[str]:
    """What the provider may authenticate with: several while one takes the place of another."""
    kept: Any = settings.ANYMAIL.get("WEBHOOK_SECRET") or []
    return [each for each in ([kept] if isinstance(kept, str) else kept) if each]


def _is_expected(provider: str) -> bool:
    """Whether emails leave by this provider: by its own backend, or, for all we know, by SMTP."""
    if provider not in VIEWS:
        return False
    used = _BACKEND.match(settings.EMAIL_BACKEND)
    if used is not None:
        return {"sendinblue": "brevo"}.get(used["provider"], used["provider"]) == provider
    return settings.EMAIL_BACKEND.endswith("smtp.EmailBackend")
