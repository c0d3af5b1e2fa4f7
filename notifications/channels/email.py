"""Email through Django's `EMAIL_BACKEND`: SMTP, or any of Anymail's providers by configuration alone (E1)."""

import contextlib
import re
import smtplib
from collections.abc import Iterator
from email.encoders import encode_base64
from email.mime.base import MIMEBase
from typing import Any, Protocol

import requests
from anymail.exceptions import (
    AnymailError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives, get_connection

from notifications.channels import UNTIL_MENDED, ChannelError, Lost, Misconfigured, Permanent, Transient
from notifications.channels.http import never_left, seconds_of
from notifications.channels.sender import one_line, sender

CLOSING = 421  # SMTP: "closing the connection", at any moment (RFC 5321, 3.8)

# Who a refusal is about. What is surely said of the recipient is final; whatever else may be our account or our
# settings, and is tried again until somebody mended them, so that nothing is lost (docs/decisions/0006).
#
# | refusal                                     | about          | source                                          |
# |---------------------------------------------|----------------|-------------------------------------------------|
# | 5.1.x: bad address, but not                 | the recipient  | RFC 3463, 3.2; 5.1.10: RFC 7505, 4              |
# |   5.1.7, 5.1.8: the sender's address        | us             | RFC 3463, 3.2                                   |
# | 5.2.x: mailbox disabled, full, too small    | the recipient  | RFC 3463, 3.3                                   |
# | 550, 551, 553 to RCPT, no enhanced code     | the recipient  | RFC 5321, 4.2.3: no such mailbox, or not here   |
# | 552 to RCPT, no enhanced code               | us             | RFC 5321, 4.5.3.1.10: too many recipients       |
# | 530, 534, 535, 538                          | us             | RFC 4954, 6: not signed in                      |
# | 5.7.x: policy, relaying, not authorized     | us             | RFC 3463, 3.8                                   |
# | 5.3.4, 552 to DATA, 413: too large          | us             | RFC 3463, 3.4; RFC 5321, 4.2.3. Our emails are  |
# |                                             |                |   small; a limit below them is a wrong setting  |
# | any other 5xx, and any to MAIL              | us             | RFC 5321, 4.2.3: says nothing of the recipient  |
# | Anymail's status `invalid` or `rejected`    | the recipient  | Anymail, "Normalized ESP response": message.py  |
# | Anymail's status `failed`                   | us             | the same: "for some other reason"               |
# | HTTP 4xx and no status of the recipient     | us             | Anymail, "Exceptions": AnymailAPIError; such as |
# |                                             |                |   Postmark's 422 with 405, out of credits       |
ABOUT_THE_RECIPIENT = {"1", "2"}
ABOUT_THE_SENDER = {"1.7", "1.8"}
NO_SUCH_MAILBOX = frozenset({550, 551, 553})
REFUSED = {"invalid", "rejected"}
NOT_TAKEN = REFUSED | {"failed"}
# At the start of the answer's words (RFC 2034, 4); some servers write a "#" before it.
_ENHANCED = re.compile(r"\s*#?5\.(?P<status>(?P<subject>[0-9]{1,3})\.[0-9]{1,3})(?![.0-9])")
# What is surely ours, and of every email alike: all are held until it is mended (`Misconfigured`). The rest that is
# ours goes on being tried row by row, so that one odd email never holds the others.
NOT_SIGNED_IN = frozenset({530, 534, 535, 538})  # RFC 4954, 6
NOT_OUR_ACCOUNT = frozenset({401, 402, 403})  # RFC 9110, 15.5: no credentials, unpaid, not allowed
ID_LENGTH = 200  # characters; the ledger's column


class Email(Protocol):
    """What this channel sends: a notice that is rendered, or a letter about somebody's sign-in."""

    @property
    def message_id(self) -> str: ...
    @property
    def recipient(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def html(self) -> str: ...
    @property
    def sender_name(self) -> str: ...
    @property
    def reply_to(self) -> str: ...
    @property
    def calendar(self) -> bytes: ...
    @property
    def calendar_name(self) -> str: ...
    @property
    def calendar_method(self) -> str: ...
    @property
    def unsubscribe(self) -> str: ...


class EmailConnection:
    """One connection to the mail server, opened when first needed and again after it broke."""

    def __init__(self) -> None:
        self._backend: Any = None
        self._used = False

    def send(self, message: Email) -> str:
        """Hand one email over; returns the provider's id of it, or else its Message-ID."""
        try:
            email = compose(message)
            email.message()  # checks every header
        except Exception as error:  # noqa: BLE001 (an address no header can hold must not stop the batch)
            failure: ChannelError = Permanent(type(error).__name__)
        else:
            was_used = self._used
            answer = self._hand_over(email)
            if was_used and isinstance(answer, Transient) and answer.code == str(CLOSING):
                # Servers close a connection after so many messages. That is no trouble; a new one serves.
                answer = self._hand_over(email)
            if isinstance(answer, str):
                return (answer or message.message_id)[:ID_LENGTH]
            failure = answer
        # Raised out here, so that it does not carry the backend's exception, with its payload, as its context.
        raise failure

    def close(self) -> None:
        """End the connection; errors no longer matter."""
        if self._backend is not None:
            with contextlib.suppress(Exception):
                self._backend.close()
        self._used = False

    def _hand_over(self, email: EmailMultiAlternatives) -> "str | ChannelError":
        """The provider's id (empty if it gives none), or what went wrong."""
        try:
            if self._backend is None:
                self._backend = get_connection()
            self._backend.open()
        except Exception as error:  # noqa: BLE001 (whatever the backend raises, nothing was sent)
            self.close()
            return _while_opening(error)
        error_or_count: Any
        try:
            error_or_count = self._backend.send_messages([email])
            self._used = True
        except Exception as error:  # noqa: BLE001 (the batch goes on, and the error's words go nowhere)
            if not _left_usable(error):
                self.close()
            error_or_count = error
        return _outcome(email, error_or_count)


@contextlib.contextmanager
def open_connection() -> Iterator[EmailConnection]:
    """A connection for a batch of emails."""
    connection = EmailConnection()
    try:
        yield connection
    finally:
        connection.close()


def compose(message: Email) -> EmailMultiAlternatives:
    """The email, in text and HTML. Raises ValueError for an address that is none.

    Its headers say nothing about the person; no tags or metadata are given to the provider.
    """
    headers = {
        "Message-ID": message.message_id,  # the same for every attempt (E5)
        "Auto-Submitted": "auto-generated",  # keeps vacation notices away (RFC 3834, 5)
    }
    if message.unsubscribe:
        headers["List-Unsubscribe"] = f"<{message.unsubscribe}>"
        if message.unsubscribe.startswith("https://"):  # RFC 8058, 3.1; without it, mail programs open the page
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if settings.EMAIL_BACKEND.startswith("anymail.backends.postmark"):
        headers["X-PM-KeepID"] = "true"  # Postmark replaces a Message-ID unless told so
    email = EmailMultiAlternatives(
        subject=one_line(message.subject),
        body=message.body,
        from_email=sender(message.sender_name),
        to=[message.recipient],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers=headers,
    )
    email.attach_alternative(message.html, "text/html")
    if message.calendar:
        email.attach(calendar_part(message.calendar, message.calendar_method, message.calendar_name))
    return email


def calendar_part(calendar: bytes, method: str, name: str) -> MIMEBase:
    """The calendar file as an attachment of that name, that says its method (RFC 6047, 2.4).

    Attached, not a third alternative: Gmail, Outlook and Apple Mail all offer to add an attached file. As an
    alternative, Outlook shows the event in place of the email's words, and most of Anymail's providers cannot
    send one. Base64 keeps its lines' ends as RFC 5545 wants them on every way.
    """
    part = MIMEBase("text", "calendar", method=method, charset="utf-8")
    part.set_payload(calendar)
    encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename=name)
    return part


def _outcome(email: EmailMultiAlternatives, result: "Exception | int | None") -> "str | ChannelError":
    """What the backend's answer or exception means.

    Where Anymail has noted a status, the provider has decided, whatever was raised after: by a receiver of the
    `post_send` signal, for instance. Sending again would then send twice.
    """
    noted = getattr(email, "anymail_status", None)
    if noted is not None and noted.status:
        if noted.status <= REFUSED:
            return Permanent(AnymailRecipientsRefused.__name__)
        if noted.status <= NOT_TAKEN:
            return Transient("failed", UNTIL_MENDED)
        provider_id = noted.message_id
        return provider_id if isinstance(provider_id, str) else ""
    if isinstance(result, Exception):
        return _while_sending(result)
    # Anymail answers 0 when a receiver of `pre_send` cancelled it.
    return "" if result else Permanent("cancelled")


def _left_usable(error: Exception) -> bool:
    """Whether the connection can serve on: smtplib resets the conversation after these refusals."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return CLOSING not in (code for code, _words in error.recipients.values())
    if isinstance(error, (smtplib.SMTPSenderRefused, smtplib.SMTPDataError)):
        return error.smtp_code != CLOSING
    return isinstance(error, AnymailError) and not isinstance(error, requests.RequestException)


def _while_opening(error: Exception) -> ChannelError:
    """Nothing was sent. A 5xx, or anything but trouble on the way, lasts until somebody mends it, for every email."""
    if isinstance(error, smtplib.SMTPResponseException):
        code = str(error.smtp_code)
        return Misconfigured(code) if 500 <= error.smtp_code < 600 else Transient(code)
    name = type(error).__name__
    passing = isinstance(error, (OSError, smtplib.SMTPServerDisconnected)) and not isinstance(
        error, smtplib.SMTPNotSupportedError
    )
    return Transient(name) if passing else Misconfigured(name)


def _while_sending(error: Exception) -> ChannelError:
    """The channel's error for an exception of smtplib's, Anymail's or requests'. Only a code or a name is kept."""
    name = type(error).__name__
    if isinstance(error, smtplib.SMTPException):
        return _smtp(error)
    status = getattr(error, "status_code", None) if isinstance(error, AnymailError) else None
    if isinstance(status, int):
        return _http(status, getattr(error, "response", None))
    if isinstance(error, requests.RequestException):
        return Transient(name) if never_left(error) else Lost(name)
    if isinstance(error, AnymailInvalidAddress):
        return Permanent(name)
    # The provider cannot do what every email of ours needs, or its settings are wrong.
    if isinstance(error, (AnymailUnsupportedFeature, AnymailSerializationError, ImproperlyConfigured)):
        return Transient(name, UNTIL_MENDED)
    # smtplib refuses to write an address that is none before it writes anything.
    if isinstance(error, (UnicodeError, ValueError)) and not isinstance(error, AnymailError):
        return Permanent(name)
    return Lost(name)


def _smtp(error: smtplib.SMTPException) -> ChannelError:
    """By the stage and the answer, as in the table above.

    Where the server stopped talking, the message may be accepted: it is the server that decides so, at the end of
    DATA, before its answer arrives (RFC 5321, 4.2.5).
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):  # DATA was never begun
        code, words = next(iter(error.recipients.values()), (0, b""))
        return _refused(code, words, bare_finals=NO_SUCH_MAILBOX)
    if isinstance(error, smtplib.SMTPDataError):
        code = error.smtp_code
        return _refused(code, error.smtp_error) if 400 <= code < 600 else Lost(str(code))
    if isinstance(error, (smtplib.SMTPSenderRefused, smtplib.SMTPHeloError)):
        return _ours(error.smtp_code)
    return Lost(type(error).__name__)


def _refused(code: int, words: "bytes | str", bare_finals: frozenset[int] = frozenset()) -> ChannelError:
    """What a refusal is about; `bare_finals` are final if they stand without an enhanced status code."""
    if not 500 <= code < 600:
        return Transient(str(code))
    text = words.decode("ascii", "replace") if isinstance(words, bytes) else words
    enhanced = _ENHANCED.match(text)
    if enhanced is None:
        final = code in bare_finals
    else:
        final = enhanced["subject"] in ABOUT_THE_RECIPIENT and enhanced["status"] not in ABOUT_THE_SENDER
    return Permanent(str(code)) if final else _ours(code)


def _ours(code: int) -> ChannelError:
    if code in NOT_SIGNED_IN:
        return Misconfigured(str(code))
    return Transient(str(code)) if 400 <= code < 500 else Transient(str(code), UNTIL_MENDED)


def _http(status: int, response: "requests.Response | None") -> ChannelError:
    """By the status of an Anymail provider's answer, where Anymail found nothing in it about the recipient."""
    wait = seconds_of(response.headers.get("Retry-After")) if response is not None else None
    code = str(status)
    if status in (408, 425, 429, 503):
        return Transient(code, wait)
    if status in NOT_OUR_ACCOUNT:
        return Misconfigured(code)
    if status >= 500 or status < 300:
        return Lost(code)  # 2xx: an answer that nobody can read
    return Transient(code, max(UNTIL_MENDED, wait or 0))
