"""Messages as Twilio keeps them: which are accepted, how they are shown, how they are listed and paged.

Nothing here knows of HTTP; `tests/standins/twilio.py` does, and names the sources.
"""

import contextlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlencode

from tests.standins.gsm import segments

ERRORS = {
    20001: "Invalid parameter: {detail}",
    20003: "Authenticate",
    20004: "Method not allowed",
    20404: "The requested resource {detail} was not found",
    20429: "Too Many Requests",
    20500: "An internal server error has occurred",
    20503: "Service unavailable",
    21211: "Invalid 'To' Phone Number: {to}",
    21212: "Invalid From Number (caller ID): {detail}",
    21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {to}",
    21602: "Message body is required.",
    21603: "A 'From' phone number is required.",
    21604: "A 'To' phone number is required.",
    21606: "The 'From' phone number is not a valid message-capable Twilio phone number for this destination",
    21609: "Invalid 'StatusCallback' URL: {detail}",
    21610: "Attempt to send to unsubscribed recipient",
    21611: "This 'From' number has exceeded the maximum number of queued messages",
    21612: "Message cannot be sent with the current combination of 'To' ({to}) and 'From' parameters",
    21614: "'To' number is not a valid mobile number: {to}",
    21617: "The concatenated message body exceeds the 1600 character limit",
    21624: "Invalid validity period value: {detail}",
    21701: "The Messaging Service does not exist: {detail}",
}
"""Twilio's words for the errors met most; any other code can be refused with too."""

PROGRESS = ("scheduled", "accepted", "queued", "sending", "sent", "delivered", "read")
FAILED = ("undelivered", "failed", "canceled")


@dataclass(frozen=True)
class Refuse:
    """Answer with an error: Twilio's `code`, the HTTP `status`, and Retry-After in seconds, if given."""

    code: int
    status: int = 400
    message: str | None = None
    retry_after: int | None = None


class RefusedError(Exception):
    """A request Twilio would refuse by itself."""

    def __init__(self, code: int, *, status: int = 400, detail: str = "", to: str = "") -> None:
        self.refusal = Refuse(code, status, ERRORS[code].format(detail=detail, to=to))


@dataclass(frozen=True)
class Message:
    """A message the stand-in accepted. Times in UTC; `validity_period` in seconds."""

    sid: str
    account_sid: str
    to: str
    from_: str | None
    messaging_service_sid: str | None
    body: str
    status_callback: str | None
    validity_period: int
    accepted_at: datetime
    status: str
    date_sent: datetime | None = None
    date_updated: datetime | None = None
    error_code: int | None = None
    direction: str = "outbound-api"
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def uri(self) -> str:
        return f"/2010-04-01/Accounts/{self.account_sid}/Messages/{self.sid}"

    def as_json(self) -> dict[str, object]:
        """The Message resource as Twilio shows it."""
        counted = not (self.messaging_service_sid and self.date_sent is None)
        return {
            "account_sid": self.account_sid,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": format_datetime(self.accepted_at),
            "date_sent": format_datetime(self.date_sent) if self.date_sent else None,
            "date_updated": format_datetime(self.date_updated or self.accepted_at),
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": None,
            "from": self.from_,
            "messaging_service_sid": self.messaging_service_sid,
            "num_media": "0",
            # Zero until a Messaging Service has chosen a sender.
            "num_segments": str(segments(self.body)) if counted else "0",
            "price": None,
            "price_unit": None,
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{self.uri}/Media.json"},
            "to": self.to,
            "uri": f"{self.uri}.json",
        }


def rank(status: str) -> int:
    """How far a message with this status has come. None of the ends outranks another."""
    return PROGRESS.index("delivered") if status in FAILED else PROGRESS.index(status)


def _whole(number: str) -> int:
    if not number.isascii() or not number.isdigit():
        raise RefusedError(20001, detail=number)
    return int(number)


def checked(form: Mapping[str, str]) -> int:
    """The validity period in seconds, if the form is one Twilio accepts. Raises RefusedError."""
    to, body = form.get("To", ""), form.get("Body", "")
    sender, service = form.get("From", ""), form.get("MessagingServiceSid", "")
    callback, validity = form.get("StatusCallback", ""), form.get("ValidityPeriod", "36000")
    checks = (
        (bool(to), 21604, ""),
        (re.fullmatch(r"\+[1-9]\d{6,14}", to), 21211, to),
        (sender or service, 21603, ""),
        (service or re.fullmatch(r"\+[1-9]\d{6,14}|\d{5,6}|[A-Za-z0-9 ]{1,11}", sender), 21212, sender),
        (not service or re.fullmatch(r"MG[0-9a-f]{32}", service), 21701, service),
        (bool(body), 21602, ""),
        (len(body) <= 1600, 21617, ""),
        (not callback or re.match(r"https?://[^/]+", callback), 21609, callback),
        (re.fullmatch(r"\d{1,5}", validity) and 1 <= int(validity) <= 36_000, 21624, validity),
    )
    for passed, code, detail in checks:
        if not passed:
            raise RefusedError(code, detail=detail, to=to)
    return int(validity)


def matches(message: Message, query: Mapping[str, str]) -> bool:
    """Whether a message is in the list asked for. DateSent> and DateSent< include the given day or second."""
    if query.get("To", message.to) != message.to or query.get("From", message.from_) != message.from_:
        return False
    limits = [name for name in ("DateSent", "DateSent>", "DateSent<") if query.get(name)]
    if message.date_sent is None:
        return not limits
    sent = message.date_sent.replace(microsecond=0)
    for name in limits:
        first, last = _span(query[name])
        if name == "DateSent":
            day = first.replace(hour=0, minute=0, second=0)
            kept = day <= sent < day + timedelta(days=1)
        else:
            kept = sent >= first if name == "DateSent>" else sent <= last
        if not kept:
            return False
    return True


def _span(value: str) -> tuple[datetime, datetime]:
    """The first and last second a date or time names, in UTC."""
    with contextlib.suppress(ValueError):
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            first = datetime.fromisoformat(value).replace(tzinfo=UTC)
            return first, first + timedelta(days=1, seconds=-1)
        moment = datetime.fromisoformat(value)
        return (moment.replace(tzinfo=moment.tzinfo or UTC),) * 2
    raise RefusedError(20001, detail=f"DateSent {value}")


def page_of(messages: Iterable[Message], path: str, query: Mapping[str, str]) -> dict[str, object]:
    """One page of the list a query asks for, newest first, as Twilio shows it.

    A page token names the message the page starts after (PA...) or ends before (PB...), so that messages
    which arrive between two requests shift nothing. Raises RefusedError.
    """
    found = [message for message in messages if matches(message, query)]
    oldest = datetime.min.replace(tzinfo=UTC)
    found.sort(key=lambda message: message.date_sent or oldest)  # keeps the order of those sent at once
    found.reverse()
    size = min(max(_whole(query.get("PageSize", "50")), 1), 1000)
    page = _whole(query.get("Page", "0"))
    token = query.get("PageToken", "")
    start = page * size
    if token:
        place = next((n for n, each in enumerate(found) if each.sid == token[2:]), len(found))
        start = place + 1 if token.startswith("PA") else max(place - size, 0)
    shown = found[start : start + size]

    def address(number: int, token: str = "") -> str:
        kept = {name: value for name, value in query.items() if name not in ("Page", "PageToken")}
        kept |= {"PageSize": str(size), "Page": str(number)} | ({"PageToken": token} if token else {})
        return f"{path}?{urlencode(kept)}"

    more = start + size < len(found)
    return {
        "first_page_uri": address(0),
        "next_page_uri": address(page + 1, f"PA{shown[-1].sid}") if shown and more else None,
        "previous_page_uri": address(page - 1, f"PB{shown[0].sid}") if shown and page > 0 else None,
        "uri": address(page, token),
        "page": page,
        "page_size": size,
        "start": start,
        "end": start + max(len(shown) - 1, 0),
        "messages": [message.as_json() for message in shown],
    }
