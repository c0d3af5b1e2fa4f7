"""Texts through Twilio, by its own SDK. This module and the webhooks are the only ones that know Twilio."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from accounts.phones import e164
from notifications import reasons
from notifications.channels import ChannelError, Connection, Lookup, Lost, Permanent, Report, Transient
from notifications.channels.http import never_left, seconds_of
from notifications.channels.twilio_errors import error_for, keep_what_it_says
from notifications.rendering import Rendered
from notifications.senders import sender_for

TWILIO = "https://api.twilio.com"
SHORTEST_VALIDITY, LONGEST_VALIDITY = 1, 36_000  # seconds; Twilio's error 21624
# Texts to one number that are looked through: one page, Twilio's largest, more than it keeps for a busy family.
LOOK_THROUGH = 1000
SID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")  # of a text, as Twilio names them
NOT_FOUND = "20404"


class _Http(TwilioHttpClient):  # type: ignore[misc]  # twilio ships no types
    """The SDK's client with a time limit, one session for the batch, `TWILIO_API_URL`, and no log."""

    def __init__(self) -> None:
        super().__init__(timeout=settings.TWILIO_TIMEOUT)
        # Of the latest answer. The SDK's exceptions do not carry headers.
        self.retry_after: float | None = None

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        self.retry_after = None
        if settings.TWILIO_API_URL != TWILIO:
            # Whatever the SDK made of the host (TWILIO_EDGE and TWILIO_REGION change it), it is not gone to.
            url = settings.TWILIO_API_URL + urlsplit(url)._replace(scheme="", netloc="").geturl()
        response = super().request(method, url, *args, **kwargs)
        self.retry_after = seconds_of((response.headers or {}).get("Retry-After"))
        return response

    def log_request(self, kwargs: dict[str, Any]) -> None:
        """Say nothing: the address of a list has a number in it."""

    def log_response(self, status_code: int, response: object) -> None:
        """Say nothing."""

    def close(self) -> None:
        if self.session is not None:
            self.session.close()


class TextConnection:
    """One session with Twilio."""

    def __init__(self, client: Client, http: _Http) -> None:
        self._client = client
        self._http = http

    def send(self, message: Rendered) -> str:
        """Hand one text over; returns Twilio's SID of it. What a refusal says of the number is kept (T8)."""
        try:
            to = e164(message.recipient)
        except ValueError:  # the rules let none through
            to = ""
        if not to:
            raise Permanent(str(len(message.recipient)), reasons.PHONE_NOT_TEN_DIGITS)
        path = reverse("notifications:twilio_status", args=[message.notification.pk])
        sender = sender_for(message.recipient)
        try:
            created = self._client.messages.create(
                to=to,
                body=message.body,
                status_callback=f"{settings.PUBLIC_URL}{path}",
                validity_period=_validity(message.useful_until),
                **{"messaging_service_sid" if sender.startswith("MG") else "from_": sender},
            )
        except Exception as error:  # noqa: BLE001 (whatever it was, the batch goes on and its words go nowhere)
            failure = self._sorted(error, message.recipient)
        else:
            if created.sid:
                return str(created.sid)
            failure = Lost("no SID")  # an answer, but hardly Twilio's
        if isinstance(failure, Permanent) and failure.code.isdigit():
            keep_what_it_says(int(failure.code), message.recipient)
        # Raised out here, so that it does not carry the provider's exception as its context.
        raise failure

    def accepted(self, number: str, since: datetime) -> list[str]:
        """The SIDs of texts to a ten-digit number that were created since, whatever became of them, oldest first.

        Twilio's filters are by the day, and by the moment of sending, which a text still in its queue does not have.
        So all texts to the number are read, and sorted out here by the moment of creation.
        """
        try:
            found = self._client.messages.list(to=e164(number), limit=LOOK_THROUGH, page_size=LOOK_THROUGH)
            ours = [
                each
                for each in found
                if each.direction != "inbound" and each.date_created is not None and each.date_created >= since
            ]
            ours.reverse()  # the list has the latest first, also of those of one second, to which alone dates are told
            return [str(each.sid) for each in sorted(ours, key=lambda each: each.date_created)]
        except Exception as error:  # noqa: BLE001 (as above)
            failure = self._sorted(error)
        raise failure

    def status(self, provider_id: str) -> Report | None:
        """What Twilio says now of the text of this SID; None for an id that is not Twilio's, or that it knows not."""
        if not SID.fullmatch(provider_id):
            return None
        try:
            found = self._client.messages(provider_id).fetch()
            return Report(str(found.status), found.error_code)
        except Exception as error:  # noqa: BLE001 (as above)
            failure = self._sorted(error)
        if failure.code == NOT_FOUND:
            return None
        raise failure

    def written(self, sid: str) -> datetime:
        """When an inbound text reached Twilio, to the second."""
        try:
            created = self._client.messages(sid).fetch().date_created
        except Exception as error:  # noqa: BLE001 (as above)
            failure = self._sorted(error)
        else:
            if isinstance(created, datetime):
                return created
            failure = Lost("no date")
        raise failure

    def _sorted(self, error: Exception, number: str = "") -> ChannelError:
        """The channel's error for one of the SDK's or of requests'; only a code or a class name is kept."""
        name = type(error).__name__
        if isinstance(error, (TwilioRestException, TwilioServiceException)):
            return error_for(_code(error.code, error.status), error.status, self._http.retry_after, number=number)
        if isinstance(error, TwilioException):
            return Transient(name, self._http.retry_after)  # a list that could not be read, or no credentials
        if isinstance(error, requests.RequestException) and never_left(error):
            return Transient(name)
        return Lost(name)


def _code(code: object, status: int) -> int:
    """Twilio's error code, or the HTTP status where the answer had none that is a number."""
    return code if isinstance(code, int) else status


def _validity(useful_until: datetime) -> int:
    """Whole seconds that the text may wait in Twilio's queue: it dies before it stops being useful (T9)."""
    left = int((useful_until - timezone.now()).total_seconds())
    return max(SHORTEST_VALIDITY, min(left, LONGEST_VALIDITY))


@contextmanager
def _open() -> Iterator[TextConnection]:
    http = _Http()
    try:
        yield TextConnection(Client(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=http), http)
    finally:
        http.close()


@contextmanager
def open_connection() -> Iterator[Connection]:
    """A session with Twilio for a batch of texts."""
    with _open() as connection:
        yield connection


@contextmanager
def open_lookup() -> Iterator[Lookup]:
    """A session with Twilio for asking which texts it has."""
    with _open() as connection:
        yield connection
