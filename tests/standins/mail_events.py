"""What each email provider posts of what became of an email, genuine down to its signature.

    provider = PROVIDERS["mailgun"]
    settings.ANYMAIL = {"WEBHOOK_SECRET": [SECRET], **provider.settings}
    call = provider.call(What("hard_bounce", message_id="<1@blink.example>", recipient="mom@mail.example"))
    client.generic("POST", call.path, call.body, content_type=call.content_type, headers=call.headers)

Shapes: each provider's documentation of its webhooks, as linked from Anymail's page of that provider.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urlencode
from uuid import uuid4

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

SECRET = "blink:a long secret of the tests"
KEY = "key-of-the-tests"
PUBLIC_URL = "https://blink.example"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"

Word = Literal["delivered", "hard_bounce", "soft_bounce", "complaint", "unsubscribe", "opened"]


@dataclass(frozen=True)
class What:
    """One thing that became of an email. `event_id` is fresh for each unless it is told."""

    word: Word
    message_id: str
    recipient: str
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    event_id: str = field(default_factory=lambda: uuid4().hex)

    @property
    def epoch(self) -> int:
        return int(self.at.timestamp())


@dataclass(frozen=True)
class Call:
    """One request, ready to be posted."""

    path: str
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


Sign = Callable[[bytes], Mapping[str, str]]


@dataclass(frozen=True)
class Provider:
    """One provider: how it writes what happened, what it calls that, and how it signs."""

    name: str
    words: Mapping[Word, Any]
    write: Callable[[What, Any], Any]
    settings: Mapping[str, str] = field(default_factory=dict)
    finish: "Callable[[Provider, Any], Call] | None" = None
    sign: Sign = lambda _body: {}

    @property
    def path(self) -> str:
        return f"/webhooks/email/{self.name}/"

    def call(self, what: What, secret: str = SECRET) -> Call:
        """The request that reports this. KeyError if the provider has no such report."""
        written = self.write(what, self.words[what.word])
        if self.finish is not None:
            call = self.finish(self, written)
        else:
            body = json.dumps(written).encode()
            call = Call(self.path, body, headers=self.sign(body))
        return Call(call.path, call.body, call.content_type, {**basic(secret), **call.headers})


def basic(secret: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}


def _hmac(header: str) -> Sign:
    return lambda body: {header: hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()}


def _amazon(what: What, word: Mapping[str, Any]) -> Any:
    moment = what.at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    mail = {"messageId": what.message_id, "timestamp": moment, "destination": [what.recipient], "headers": []}
    (kind,) = (name for name in word if name != "eventType")
    people = {"bounce": "bouncedRecipients", "complaint": "complainedRecipients"}.get(kind, "recipients")
    named = [{"emailAddress": what.recipient}] if kind in ("bounce", "complaint") else [what.recipient]
    event = {**word, "mail": mail, kind: {**word[kind], people: named, "timestamp": moment}}
    return {
        "Type": "Notification",
        "MessageId": what.event_id,
        "TopicArn": "arn:aws:sns:us-west-2:123456789012:blink",
        "Message": event,
        "Timestamp": moment,
        "SignatureVersion": "1",
    }


def _by_amazon(provider: Provider, written: Any) -> Call:
    """As SNS posts it: what happened is a string in it, and its headers say the same as the body."""
    posted = {"Type": "Notification", "MessageId": "x", **written} if isinstance(written, dict) else {}
    headers = {"x-amz-sns-message-type": str(posted.get("Type")), "x-amz-sns-message-id": str(posted.get("MessageId"))}
    body = {**written, "Message": json.dumps(written.get("Message"))} if isinstance(written, dict) else written
    return Call(provider.path, json.dumps(body).encode(), "text/plain; charset=UTF-8", headers)


def _brevo(what: What, word: str) -> Any:
    return {
        "event": word,
        "email": what.recipient,
        "id": 26224,
        "date": what.at.strftime("%Y-%m-%d %H:%M:%S"),
        "ts": what.epoch,
        "ts_event": what.epoch,
        "ts_epoch": what.epoch * 1000,
        "message-id": what.message_id,
        "subject": "Your appointment",
        "sending_ip": "192.0.2.1",
        "reason": "550 5.1.1 no such user",
    }


def _mailersend(what: What, word: tuple[str, Any]) -> Any:
    kind, morph = word
    email = {
        "object": "email",
        "id": what.event_id,
        "from": "reminders@blink.example",
        "message": {"object": "message", "id": what.message_id},
        "recipient": {"object": "recipient", "email": what.recipient},
        "status": "rejected" if morph else "delivered",
    }
    data = {"object": "activity", "id": what.event_id, "type": kind, "created_at": what.at.isoformat(), "email": email}
    return {"type": f"activity.{kind}", "created_at": what.at.isoformat(), "data": {**data, "morph": morph}}


def _mailgun(what: What, word: Mapping[str, Any]) -> Any:
    timestamp = str(what.epoch)
    signature = hmac.new(KEY.encode(), f"{timestamp}{what.event_id}".encode(), hashlib.sha256).hexdigest()
    return {
        "signature": {"timestamp": timestamp, "token": what.event_id, "signature": signature},
        "event-data": {
            "id": what.event_id[:22],
            "timestamp": what.at.timestamp(),
            "recipient": what.recipient,
            "message": {"headers": {"to": what.recipient, "message-id": what.message_id.strip("<>")}},
            "delivery-status": {"code": 550, "message": "no such user", "description": ""},
            "user-variables": {},
            "tags": [],
            **word,
        },
    }


def _mailjet(what: What, word: Mapping[str, Any]) -> Any:
    return [
        {
            "time": what.epoch,
            "MessageID": int(what.message_id),
            "Message_GUID": what.event_id,
            "email": what.recipient,
            "mj_campaign_id": 0,
            "mj_contact_id": 7,
            "customcampaign": "",
            "CustomID": "",
            "Payload": "",
            **word,
        }
    ]


def _mailtrap(what: What, word: str) -> Any:
    event = {
        "event": word,
        "message_id": what.message_id,
        "sending_stream": "transactional",
        "email": what.recipient,
        "timestamp": what.epoch,
        "event_id": what.event_id,
    }
    return {"events": [event]}


def _mandrill(what: What, word: str) -> Any:
    msg = {"ts": what.epoch, "email": what.recipient, "state": "bounced", "_id": what.message_id, "tags": []}
    return [{"event": word, "_id": what.message_id, "ts": what.epoch, "msg": {**msg, "metadata": {}}}]


def _signed_by_mandrill(provider: Provider, events: Any) -> Call:
    form = {"mandrill_events": json.dumps(events)}
    url = f"https://{SECRET}@blink.example{provider.path}"
    signed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    signature = base64.b64encode(hmac.new(KEY.encode(), signed.encode(), hashlib.sha1).digest()).decode()
    return Call(provider.path, urlencode(form).encode(), FORM, {"X-Mandrill-Signature": signature})


def _postal(what: What, word: tuple[str, Mapping[str, Any]]) -> Any:
    event, more = word
    message = {
        "id": what.message_id,
        "token": "abc",
        "direction": "outgoing",
        "message_id": "1@blink.example",
        "to": what.recipient,
        "from": "reminders@blink.example",
        "subject": "Your appointment",
        "timestamp": what.epoch,
        "spam_status": "NotSpam",
        "tag": None,
    }
    about = "original_message" if "bounce" in more else "message"
    return {"event": event, "timestamp": what.epoch, "uuid": what.event_id, "payload": {about: message, **more}}


_rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_ec = ec.generate_private_key(ec.SECP256R1())


def _bare_pem(key: Any) -> str:
    """A public key as Anymail's settings take it: without the first and the last line."""
    form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return "".join(key.public_key().public_bytes(*form).decode().splitlines()[1:-1])


def _postal_signature(body: bytes) -> Mapping[str, str]:
    signature = _rsa.sign(body, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303 (what Postal signs with)
    return {"X-Postal-Signature": base64.b64encode(signature).decode()}


def _postmark(what: What, word: Mapping[str, Any]) -> Any:
    times = {
        "Delivery": {"DeliveredAt": what.at.isoformat(), "Recipient": what.recipient},
        "SubscriptionChange": {"ChangedAt": what.at.isoformat(), "Recipient": what.recipient},
        "Open": {"ReceivedAt": what.at.isoformat(), "Recipient": what.recipient},
    }
    bounced = {"ID": int(what.event_id, 16) % 10**12, "BouncedAt": what.at.isoformat(), "Email": what.recipient}
    event = {"MessageID": what.message_id, "ServerID": 23, "MessageStream": "outbound", "Metadata": {}, "Tag": ""}
    return {**event, **times.get(word["RecordType"], bounced), **word}


def _resend(what: What, word: tuple[str, Mapping[str, Any]]) -> Any:
    kind, more = word
    data = {"created_at": what.at.isoformat(), "email_id": what.message_id, "to": [what.recipient], "headers": []}
    return {"type": kind, "created_at": what.at.isoformat().replace("+00:00", "Z"), "data": {**data, **more}}


def _resend_signature(body: bytes) -> Mapping[str, str]:
    """As Svix signs for Resend: https://docs.svix.com/receiving/verifying-payloads/how-manual"""
    timestamp = str(int(datetime.now(UTC).timestamp()))
    signed = b".".join([b"msg_1", timestamp.encode(), body])
    signature = base64.b64encode(hmac.new(KEY.encode(), signed, hashlib.sha256).digest()).decode()
    return {"svix-id": "msg_1", "svix-timestamp": timestamp, "svix-signature": f"v1,{signature}"}


def _sendgrid(what: What, word: Mapping[str, Any]) -> Any:
    event = {"email": what.recipient, "timestamp": what.epoch, "sg_event_id": what.event_id, "sg_message_id": "x.y"}
    return [{**event, "anymail_id": what.message_id, "smtp-id": "<x@ismtpd>", **word}]


def _sendgrid_signature(body: bytes) -> Mapping[str, str]:
    timestamp = "1700000000"
    signature = _ec.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    return {
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
    }


def _sparkpost(what: What, word: tuple[str, Mapping[str, Any]]) -> Any:
    event_class, more = word
    event = {
        "event_id": what.event_id,
        "timestamp": str(what.epoch),
        "transmission_id": what.message_id,
        "message_id": "000443ee14578172be22",
        "raw_rcpt_to": what.recipient,
        "rcpt_to": what.recipient.lower(),
        "rcpt_meta": {},
        **more,
    }
    return [{"msys": {event_class: event}}, {"msys": {}}]


def _unisender_go(what: What, word: tuple[str, str]) -> Any:
    status, delivery = word
    data = {
        "job_id": what.message_id,
        "metadata": {},
        "email": what.recipient,
        "status": status,
        "event_time": what.at.strftime("%Y-%m-%d %H:%M:%S"),
        "delivery_info": {"delivery_status": delivery, "destination_response": "550 no such user"},
    }
    event = {"event_name": "transactional_email_status", "event_data": data}
    return {"auth": "to be signed", "events_by_user": [{"user_id": 456, "project_id": "1", "events": [event]}]}


def _signed_by_unisender_go(provider: Provider, written: Any) -> Call:
    body = json.dumps({**written, "auth": KEY}).encode()
    auth = hashlib.md5(body).hexdigest()  # noqa: S324 (what Unisender Go signs with)
    return Call(provider.path, body.replace(KEY.encode(), auth.encode()))


_POSTAL_FAILED = {"details": "Permanent failure", "output": "550", "time": 0.2}
_BY_NAME = [
    Provider(
        "amazon_ses",
        {
            "delivered": {"eventType": "Delivery", "delivery": {"smtpResponse": "250 OK"}},
            "hard_bounce": {"eventType": "Bounce", "bounce": {"bounceType": "Permanent", "bounceSubType": "General"}},
            "soft_bounce": {"eventType": "Bounce", "bounce": {"bounceType": "Transient", "bounceSubType": "General"}},
            "complaint": {"eventType": "Complaint", "complaint": {"complaintFeedbackType": "abuse"}},
            "opened": {"eventType": "Open", "open": {"userAgent": "x", "ipAddress": "192.0.2.1"}},
        },
        _amazon,
        finish=_by_amazon,
    ),
    Provider(
        "brevo",
        {
            "delivered": "delivered",
            "hard_bounce": "hard_bounce",
            "soft_bounce": "soft_bounce",
            "complaint": "complaint",
            "unsubscribe": "unsubscribe",
            "opened": "unique_opened",
        },
        _brevo,
    ),
    Provider(
        "mailersend",
        {
            "delivered": ("delivered", None),
            "hard_bounce": ("hard_bounced", {"object": "recipient_bounce", "reason": "no such user"}),
            "soft_bounce": ("soft_bounced", {"object": "recipient_bounce", "reason": "mailbox full"}),
            "complaint": ("spam_complaint", {"object": "spam_complaint"}),
            "unsubscribe": ("unsubscribed", {"object": "recipient_unsubscribe"}),
            "opened": ("opened", {"object": "open", "ip": "192.0.2.1"}),
        },
        _mailersend,
        {"MAILERSEND_SIGNING_SECRET": KEY},
        sign=_hmac("Signature"),
    ),
    Provider(
        "mailgun",
        {
            "delivered": {"event": "delivered"},
            "hard_bounce": {"event": "failed", "severity": "permanent", "reason": "bounce"},
            "soft_bounce": {"event": "failed", "severity": "permanent", "reason": "generic"},
            "complaint": {"event": "complained"},
            "unsubscribe": {"event": "unsubscribed"},
            "opened": {"event": "opened", "client-info": {"user-agent": "x"}},
        },
        _mailgun,
        {"MAILGUN_WEBHOOK_SIGNING_KEY": KEY},
    ),
    Provider(
        "mailjet",
        {
            "delivered": {"event": "sent", "smtp_reply": "250 OK"},
            "hard_bounce": {"event": "bounce", "hard_bounce": True, "blocked": False, "error": "user unknown"},
            "soft_bounce": {"event": "bounce", "hard_bounce": False, "blocked": False, "error": "quota exceeded"},
            "complaint": {"event": "spam", "source": "JMRPP"},
            "unsubscribe": {"event": "unsub", "mj_list_id": 0},
            "opened": {"event": "open", "ip": "192.0.2.1"},
        },
        _mailjet,
    ),
    Provider(
        "mailtrap",
        {
            "delivered": "delivery",
            "hard_bounce": "bounce",
            "complaint": "spam",
            "unsubscribe": "unsubscribe",
            "opened": "open",
        },
        _mailtrap,
        {"MAILTRAP_TRACKING_SECRET": KEY},
        sign=_hmac("Mailtrap-Signature"),
    ),
    Provider(
        "mandrill",
        {
            "delivered": "delivered",
            "hard_bounce": "hard_bounce",
            "soft_bounce": "soft_bounce",
            "complaint": "spam",
            "unsubscribe": "unsub",
            "opened": "open",
        },
        _mandrill,
        {"MANDRILL_WEBHOOK_KEY": KEY},
        finish=_signed_by_mandrill,
    ),
    Provider(
        "postal",
        {
            "delivered": ("MessageSent", {"status": "Sent", "details": "", "output": "250 OK", "time": 0.2}),
            "hard_bounce": ("MessageBounced", {"bounce": {"id": 9, "direction": "incoming", "to": "x@y.example"}}),
            "soft_bounce": ("MessageDeliveryFailed", {"status": "HardFail", **_POSTAL_FAILED}),
        },
        _postal,
        {"POSTAL_WEBHOOK_KEY": _bare_pem(_rsa)},
        sign=_postal_signature,
    ),
    Provider(
        "postmark",
        {
            "delivered": {"RecordType": "Delivery", "Details": "250 OK"},
            "hard_bounce": {"RecordType": "Bounce", "Type": "HardBounce", "TypeCode": 1, "Inactive": True},
            "soft_bounce": {"RecordType": "Bounce", "Type": "SoftBounce", "TypeCode": 4096, "Inactive": False},
            "complaint": {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "TypeCode": 512},
            "unsubscribe": {
                "RecordType": "SubscriptionChange",
                "SuppressSending": True,
                "SuppressionReason": "ManualSuppression",
                "Origin": "Recipient",
            },
            "opened": {"RecordType": "Open", "FirstOpen": True},
        },
        _postmark,
    ),
    Provider(
        "resend",
        {
            "delivered": ("email.delivered", {}),
            "hard_bounce": (
                "email.bounced",
                {
                    "bounce": {
                        "message": "The recipient's email provider sent a hard bounce message.",
                        "type": "Permanent",
                    }
                },
            ),
            "soft_bounce": (
                "email.bounced",
                {
                    "bounce": {
                        "message": "The recipient's email provider sent a general bounce message.",
                        "type": "Transient",
                    }
                },
            ),
            "complaint": ("email.complained", {}),
            "opened": ("email.opened", {}),
        },
        _resend,
        {"RESEND_SIGNING_SECRET": f"whsec_{base64.b64encode(KEY.encode()).decode()}"},
        sign=_resend_signature,
    ),
    Provider(
        "sendgrid",
        {
            "delivered": {"event": "delivered", "response": "250 OK"},
            "hard_bounce": {"event": "bounce", "type": "bounce", "reason": "550 no such user", "status": "5.1.1"},
            "soft_bounce": {"event": "bounce", "type": "blocked", "reason": "421 too many", "status": "4.7.0"},
            "complaint": {"event": "spamreport"},
            "unsubscribe": {"event": "unsubscribe"},
            "opened": {"event": "open", "useragent": "x"},
        },
        _sendgrid,
        {"SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY": _bare_pem(_ec)},
        sign=_sendgrid_signature,
    ),
    Provider(
        "sparkpost",
        {
            "delivered": ("message_event", {"type": "delivery"}),
            "hard_bounce": ("message_event", {"type": "bounce", "bounce_class": "10", "raw_reason": "550"}),
            "soft_bounce": ("message_event", {"type": "bounce", "bounce_class": "22", "raw_reason": "452"}),
            "complaint": ("message_event", {"type": "spam_complaint", "fbtype": "abuse"}),
            "unsubscribe": ("unsubscribe_event", {"type": "list_unsubscribe"}),
            "opened": ("track_event", {"type": "open"}),
        },
        _sparkpost,
    ),
    Provider(
        "unisender_go",
        {
            "delivered": ("delivered", "ok_delivered"),
            "hard_bounce": ("hard_bounced", "err_user_unknown"),
            "soft_bounce": ("hard_bounced", "err_mailbox_full"),
            "complaint": ("spam", "ok_fbl"),
            "unsubscribe": ("unsubscribed", "ok_unsubscribed"),
            "opened": ("opened", "ok_read"),
        },
        _unisender_go,
        {"UNISENDER_GO_API_KEY": KEY},
        finish=_signed_by_unisender_go,
    ),
]
PROVIDERS: Mapping[str, Provider] = {provider.name: provider for provider in _BY_NAME}
