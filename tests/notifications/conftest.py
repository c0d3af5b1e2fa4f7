"""Providers that are stand-ins, and messages to hand to the channels."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.features import Channel, Feature
from accounts.models import Login
from accounts.tenancy import within
from notifications.models import Notification
from notifications.rendering import Rendered
from tests.standins.mail_api import MailApiStandin
from tests.standins.smtp import SmtpStandin
from tests.standins.twilio import TwilioStandin

PUBLIC_URL = "https://blink.example"
TIMEOUT = 1.0  # seconds; how long a test waits for a provider that hangs, and a busy machine may take to answer
_keys = count(1)


@pytest.fixture(autouse=True)
def loopback_is_direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy in the environment does not come between the tests and the stand-ins."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def twilio(settings: Settings) -> Iterator[TwilioStandin]:
    with TwilioStandin() as standin:
        settings.PUBLIC_URL = PUBLIC_URL
        settings.TWILIO_ACCOUNT_SID = standin.account_sid
        settings.TWILIO_AUTH_TOKEN = standin.auth_token
        settings.TWILIO_FROM = "+12065550100"
        settings.TWILIO_API_URL = standin.url
        settings.TWILIO_TIMEOUT = TIMEOUT
        settings.TEXT_RATE = 1000.0  # segments a second: what is tested with it is something else
        yield standin


@pytest.fixture
def smtp(settings: Settings) -> Iterator[SmtpStandin]:
    with SmtpStandin() as standin:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = standin.host, standin.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = False
        settings.EMAIL_TIMEOUT = TIMEOUT
        settings.EMAIL_RATE = 1000.0  # as above
        settings.DEFAULT_FROM_EMAIL = "Blink <reminders@blink.example>"
        yield standin


@pytest.fixture
def mail_api(settings: Settings) -> Iterator[MailApiStandin]:
    """Anymail's real Postmark backend, pointed at a stand-in."""
    with MailApiStandin() as standin:
        settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
        settings.ANYMAIL = {
            "POSTMARK_SERVER_TOKEN": "the token of the stand-in",
            "POSTMARK_API_URL": standin.url,
            "REQUESTS_TIMEOUT": TIMEOUT,
        }
        settings.EMAIL_RATE = 1000.0  # as above
        settings.DEFAULT_FROM_EMAIL = "Blink <reminders@blink.example>"
        yield standin


def make_notification(login: Login, channel: Channel, **fields: Any) -> Notification:
    """One row of the ledger, due now and useful for an hour unless told otherwise."""
    now = timezone.now()
    fields = {
        "feature": Feature.APPOINTMENTS,
        "kind": "appointment.reminder",
        "key": f"test:{next(_keys)}",
        "subject_id": 1,
        "due_at": now,
        "useful_until": now + timedelta(hours=1),
        "next_attempt_at": now,
        **fields,
    }
    with within(login.organization_id):
        return Notification.objects.create(
            organization_id=login.organization_id, login=login, channel=channel, **fields
        )


def make_email(login: Login, **fields: Any) -> Rendered:
    """An email to a login, ready for the channel."""
    row = make_notification(login, Channel.EMAIL)
    fields = {
        "recipient": login.user.email,
        "subject": "Your appointment on Tuesday",
        "body": "See you at 9:00.\n",
        "html": "<p>See you at 9:00.</p>",
        "sender_name": login.organization.name,
        "useful_until": row.useful_until,
        **fields,
    }
    return Rendered(notification=row, channel=Channel.EMAIL, **fields)


def make_text(login: Login, **fields: Any) -> Rendered:
    """A text to a login, ready for the channel."""
    row = make_notification(login, Channel.TEXT)
    fields = {
        "recipient": "2065550143",
        "body": "See you at 9:00. Reply STOP to stop, UNSTOP to resume.",
        "useful_until": row.useful_until,
        "segments": 1,
        **fields,
    }
    return Rendered(notification=row, channel=Channel.TEXT, **fields)
