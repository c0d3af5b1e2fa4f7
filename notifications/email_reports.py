"""What an email provider reports, read with care; and the table of what each report means for the record (E4).

Anymail normalizes what its providers say to an event type and a reject reason ("Tracking sent mail status" in its
documentation; `anymail.signals`). Where it calls a passing failure a bounce, the provider's own word is asked.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from anymail.signals import AnymailTrackingEvent
from django.utils import timezone

from accounts.models import EmailStop
from notifications import reasons
from notifications.models import State
from notifications.reasons import Reason

SOFT = "soft"  # our own word, beside Anymail's reasons: it bounced, and may not the next time
ID_LENGTH = 200  # characters; the columns'
_OURS = re.compile(r"<?(?P<what>notification|letter)-(?P<pk>[0-9]{1,18})-(?P<proof>[0-9a-f]{16})@")
_NO_ID = {"", "None", "0"}  # Anymail makes a string of whatever Postmark calls its event


class Unreadable(ValueError):
    """What the provider sent is of the wrong types, or not to be kept. Its message says nothing of what it is."""


@dataclass(frozen=True)
class Effect:
    """What a report does: to the record (`state`, `reason`), and to the address.

    `again`: in place of the state, the same email goes once more while that is of use.
    """

    state: State | None = None
    reason: Reason | None = None
    again: bool = False
    stop: EmailStop.Because | None = None
    resumes: bool = False


NOTHING = Effect()
ACCEPTED = Effect(State.SENT)
DELIVERED = Effect(State.DELIVERED)
# Who complains has it.
COMPLAINED = Effect(State.DELIVERED, stop=EmailStop.Because.COMPLAINED)
NO_SUCH_MAILBOX = Effect(State.UNDELIVERED, reasons.EMAIL_BOUNCED, stop=EmailStop.Because.BOUNCED)
COMPLAINED_BEFORE = Effect(State.UNDELIVERED, reasons.EMAIL_COMPLAINED, stop=EmailStop.Because.COMPLAINED)
LEFT_BEFORE = Effect(State.UNDELIVERED, reasons.EMAIL_UNSUBSCRIBED, stop=EmailStop.Because.UNSUBSCRIBED)
ONCE_MORE = Effect(State.UNDELIVERED, reasons.EMAIL_NOT_TAKEN, again=True)
UNSUBSCRIBED = Effect(stop=EmailStop.Because.UNSUBSCRIBED)
SUBSCRIBED = Effect(resumes=True)

# | event type, reject reason (Anymail's words for them)                              | effect                       |
EFFECTS: Mapping[tuple[str, str], Effect] = {
    # "rejected or blocked by receiving MTA". Without a reason: Mandrill, Postal and SendGrid give none.
    ("bounced", ""): NO_SUCH_MAILBOX,
    ("bounced", "bounced"): NO_SUCH_MAILBOX,
    ("bounced", "invalid"): NO_SUCH_MAILBOX,  # "bad address format"
    ("bounced", SOFT): ONCE_MORE,
    ("bounced", "timed_out"): ONCE_MORE,  # "repeated failed delivery attempts"
    ("bounced", "blocked"): ONCE_MORE,
    ("bounced", "spam"): ONCE_MORE,  # a filter's opinion (SparkPost 51 and 52), not the person's
    ("bounced", "other"): ONCE_MORE,
    ("bounced", "unsubscribed"): LEFT_BEFORE,  # Unisender Go's suppression list
    # What the provider itself "refused to send", such as for its suppression list or its policy.
    ("rejected", ""): ONCE_MORE,
    ("rejected", "bounced"): NO_SUCH_MAILBOX,  # "(previous) bounce from recipient"
    ("rejected", "invalid"): NO_SUCH_MAILBOX,
    ("rejected", "timed_out"): ONCE_MORE,
    ("rejected", "blocked"): ONCE_MORE,  # "ESP policy suppression"
    ("rejected", "spam"): COMPLAINED_BEFORE,  # "(previous) spam complaint from recipient"
    ("rejected", "unsubscribed"): LEFT_BEFORE,  # "(previous) unsubscribe request from recipient"
    ("rejected", "other"): ONCE_MORE,
}
# Whatever the reason.
EFFECTS_BY_TYPE: Mapping[str, Effect] = {
    "queued": ACCEPTED,  # "the ESP has accepted the message and will try to send it (possibly later)"
    "sent": ACCEPTED,  # "though it may or may not get delivered"
    "delivered": DELIVERED,  # "accepted by receiving MTA"
    "complained": COMPLAINED,  # "recipient reported as spam (e.g., through feedback loop)"
    "unsubscribed": UNSUBSCRIBED,  # "recipient attempted to unsubscribe"
    "subscribed": SUBSCRIBED,
    "failed": ONCE_MORE,  # "the ESP was unable to send the message"
    "bounced": ONCE_MORE,  # for a reason that a newer Anymail knows
    "rejected": ONCE_MORE,
    "deferred": NOTHING,  # "delayed by receiving MTA; should be followed by a later BOUNCED or DELIVERED"
    "autoresponded": NOTHING,
    "opened": NOTHING,  # nobody's reading is watched
    "clicked": NOTHING,
    "inbound": NOTHING,
    "inbound_failed": NOTHING,
    "unknown": NOTHING,
}


def effect_of(event_type: str, reject_reason: str) -> Effect:
    """What a report of this type and reason does."""
    return EFFECTS.get((event_type, reject_reason)) or EFFECTS_BY_TYPE.get(event_type, NOTHING)


@dataclass(frozen=True)
class OurId:
    """Our own Message-ID, as the provider's report has it somewhere. Not proven yet."""

    what: str  # "notification" or "letter"
    pk: int
    proof: str


@dataclass(frozen=True)
class Report:
    """One report, with nothing in it that the database could not keep."""

    esp: str
    event_id: str
    type: str
    reject_reason: str
    message_id: str
    recipient: str
    at: datetime
    ours: OurId | None

    @property
    def effect(self) -> Effect:
        return effect_of(self.type, self.reject_reason)


def read_event(event: AnymailTrackingEvent, esp: str) -> Report:
    """What an event of Anymail's says. Raises Unreadable for wrong types, times that are none, and the like.

    A report without an id of its own is known by a digest of what is in it.
    """
    kind, reason = _word(event.event_type), _word(event.reject_reason)
    message_id, recipient = _word(event.message_id)[:ID_LENGTH], _word(event.recipient).lower()
    if len(recipient) > 254 or len(kind) > 20 or len(reason) > 20:
        raise Unreadable
    moment = _moment(event.timestamp)
    event_id = _word(event.event_id)
    if event_id in _NO_ID or len(event_id) > ID_LENGTH:
        parts = [event_id, kind, message_id, recipient, moment.isoformat() if moment else ""]
        event_id = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    if kind == "bounced" and _is_soft(esp, event.esp_event):
        reason = SOFT
    now = timezone.now()
    at = min(moment or now, now)
    return Report(esp[:40], event_id, kind, reason, message_id, recipient, at, _our_id(event))


def _word(value: Any) -> str:
    """A string that the database takes. Numbers are ids at some providers."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise Unreadable
    try:
        word = str(value)
        word.encode()  # halves of characters have no encoding
    except ValueError:
        raise Unreadable from None
    if "\0" in word:
        raise Unreadable
    return word.strip()


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise Unreadable
    try:
        moment = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except (OverflowError, ValueError):
        raise Unreadable from None
    if moment.year < 2000:  # before any of these providers was, and far from any database's limit
        raise Unreadable
    return moment


def _our_id(event: AnymailTrackingEvent) -> OurId | None:
    """Our Message-ID, wherever the provider put it: as its own id, or among the headers that it repeats."""
    try:
        raw = json.dumps(event.esp_event, default=str)
    except (TypeError, ValueError, RecursionError):
        raise Unreadable from None
    found = _OURS.search(f"{event.message_id} {raw}")
    return OurId(found["what"], int(found["pk"]), found["proof"]) if found else None


def _dig(raw: Any, *keys: str) -> Any:
    for key in keys:
        raw = raw.get(key) if hasattr(raw, "get") else None
    return raw


def _of_sparkpost(raw: Any) -> bool:
    # https://support.sparkpost.com/docs/deliverability/bounce-classification-codes: all whose category is "Soft"
    events = list(_dig(raw, "msys").values()) if isinstance(_dig(raw, "msys"), dict) else []
    return any(str(_dig(one, "bounce_class")) in {"20", "21", "22", "23", "24", "40", "70", "100"} for one in events)


def _of_resend(raw: Any) -> bool:
    # https://resend.com/docs/dashboard/emails/email-bounces: Permanent, Transient, Undetermined
    kind, words = _dig(raw, "data", "bounce", "type"), _dig(raw, "data", "bounce", "message")
    if isinstance(kind, str):
        return kind.lower() != "permanent"
    return isinstance(words, str) and ("general bounce" in words or "inbox was full" in words)


# By Anymail's name of the provider: whether its bounce is one that may pass, by its documentation of webhooks.
_SOFT: Mapping[str, Callable[[Any], bool]] = {
    "Amazon SES": lambda raw: _dig(raw, "bounce", "bounceType") in {"Transient", "Undetermined"},
    "Brevo": lambda raw: _dig(raw, "event") == "soft_bounce",
    "MailerSend": lambda raw: _dig(raw, "data", "type") == "soft_bounced",
    "Mailjet": lambda raw: _dig(raw, "event") == "bounce" and _dig(raw, "hard_bounce") in (False, "", 0),
    "Mandrill": lambda raw: "soft_bounce" in (_dig(raw, "event"), _dig(raw, "type")),
    "Postmark": lambda raw: _dig(raw, "Type") == "SoftBounce",
    "Resend": _of_resend,
    "SendGrid": lambda raw: _dig(raw, "type") == "blocked",
    "SendinBlue": lambda raw: _dig(raw, "event") == "soft_bounce",
    "SparkPost": _of_sparkpost,
    "Unisender Go": lambda raw: (
        _dig(raw, "delivery_info", "delivery_status")
        in ("err_mailbox_full", "err_too_large", "err_skip_letter", "err_unreachable")
    ),
}


def _is_soft(esp: str, raw: Any) -> bool:
    ask = _SOFT.get(esp)
    return ask is not None and ask(raw)
