"""What Twilio does with a text to us, done in its place for the demo: nothing of Blink is called but its address.

The text is posted, signed, to the very address that Twilio would post it to; what Blink answers, and what Twilio says
by itself, is kept for the phone.
https://www.twilio.com/docs/messaging/guides/webhook-request (what is posted)
https://help.twilio.com/articles/223134027 (what Twilio answers by itself, to which words)
"""

import uuid
from typing import Final
from xml.etree import ElementTree

import requests
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext

from accounts import phones
from notifications.channels.local import SENDING_NUMBER
from notifications.models import OutboxAnswer
from notifications.webhooks.signed import signature_of

PATIENCE = 15.0  # seconds, as long as Twilio waits for an answer

_STOPPED = (
    "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe."
)
_RESUMED = (
    "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
    "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
)
_HELP = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
# Only a text that is one of these words alone. Twilio takes YES for START as well; we do not, so neither does the demo.
TWILIO_SAYS: Final[dict[str, str]] = {
    **dict.fromkeys(("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"), _STOPPED),
    **dict.fromkeys(("START", "UNSTOP"), _RESUMED),
    **dict.fromkeys(("HELP", "INFO"), _HELP),
}


class NotTaken(Exception):
    """Blink did not take the text; says why, to whoever wrote it."""


def carry(body: str, *, sender: str) -> None:
    """Bring a text from a ten-digit number to Blink, and keep the answers for its phone.

    Raises NotTaken if Blink does not answer in time, or answers that it does not take it.
    """
    answers = _messages(_post(body, sender))
    by_itself = TWILIO_SAYS.get(body.strip().upper(), "")
    if by_itself:
        # After a STOP it delivers nothing of ours to that number.
        answers = [by_itself] if by_itself == _STOPPED else [by_itself, *answers]
    for answer in answers:
        OutboxAnswer.objects.create(phone=sender, sender=SENDING_NUMBER, body=answer)


def _post(body: str, sender: str) -> bytes:
    url = f"{settings.PUBLIC_URL}{reverse('notifications:twilio_inbound')}"
    sid = f"SM{uuid.uuid4().hex}"
    form = {
        "ApiVersion": "2010-04-01",
        "SmsSid": sid,
        "SmsMessageSid": sid,
        "MessageSid": sid,
        "SmsStatus": "received",
        "AccountSid": settings.TWILIO_ACCOUNT_SID or f"AC{0:032x}",
        "From": phones.e164(sender),
        "FromCountry": "US",
        "To": phones.e164(SENDING_NUMBER),
        "ToCountry": "US",
        "Body": body,
        "NumMedia": "0",
        "NumSegments": "1",
    }
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy between Blink and itself
            response = session.post(
                url,
                data=form,
                headers={"X-Twilio-Signature": signature_of(url, form)},
                timeout=PATIENCE,
                allow_redirects=False,
            )
    except requests.RequestException as error:
        raise NotTaken(gettext("Blink did not answer. What you wrote is still here: try again.")) from error
    if response.status_code not in (200, 204):
        words = gettext("Blink did not take it: it answered %(status)d. What you wrote is still here: try again.")
        raise NotTaken(words % {"status": response.status_code})
    return response.content


def _messages(twiml: bytes) -> list[str]:
    """The texts that an answer asks for: `<Response><Message>…</Message></Response>`, or with a `<Body>` in it.

    None in an answer that is no TwiML; Twilio sends none either.
    """
    try:
        response = ElementTree.fromstring(twiml)  # noqa: S314 (our own answer, from our own address)
    except ElementTree.ParseError:
        return []
    texts = ("".join(message.itertext()).strip() for message in response.iter("Message"))
    return [text for text in texts if text]
