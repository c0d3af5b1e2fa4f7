"""When and where the demo is loaded: alive at any hour, and never among people who exist."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from accounts.features import Channel
from accounts.models import Login, Organization, User
from accounts.tenancy import everywhere
from blink.demo import story
from blink.demo.loading import NotHere, load, load_if_empty
from notifications.delivery import deliver_batch
from notifications.models import Notification, OutboxMessage
from scheduling.models import Appointment
from scheduling.scan import scan

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 24, 11, 0, 0, tzinfo=UTC),  # three at night in Seattle, on the minute
        datetime(2026, 11, 28, 23, 59, 59, tzinfo=UTC),  # a weekend
        datetime(2026, 10, 31, 20, 30, tzinfo=UTC),  # the clocks change that night in North America
        datetime(2027, 3, 13, 20, 30, tzinfo=UTC),  # and here forward
        datetime(2026, 12, 31, 20, 30, tzinfo=UTC),
    ],
)
def test_it_is_alive_within_the_first_minute_whenever_it_is_started(moment: datetime) -> None:
    with time_machine.travel(moment, tick=False), everywhere("tests of the whole demo"):
        assert load()
        scan()
        while deliver_batch():
            pass
        texts = OutboxMessage.objects.filter(channel=Channel.TEXT)
        assert texts.filter(notification__kind="appointment.reminder").count() == 3
        agenda = OutboxMessage.objects.get(recipient="marcus.bellweather@mail.example")
        assert agenda.calendar.count("BEGIN:VEVENT") == 2
        assert Notification.objects.filter(reason="too_late").count() == 0
        for login in Login.objects.staff():
            theirs = Appointment.objects.scheduled().filter(staff=login).order_by("starts_at")
            overlaps = [(one, two) for one, two in pairwise(theirs) if two.starts_at < one.ends_at]
            assert overlaps == [], login.name


def test_without_the_demo_there_is_no_story() -> None:
    assert story.go_on() is False


def test_it_is_not_mixed_with_anybody() -> None:
    User.objects.create_user("somebody@elsewhere.example")
    assert load() is False
    assert Organization.objects.count() == 0


def test_only_sqlite_takes_it() -> None:
    """Its platform admin, whose password everybody knows, is never in a database that may become production's."""
    if connection.vendor == "sqlite":
        assert load_if_empty()
    else:
        with pytest.raises(NotHere, match="SQLite"):
            load_if_empty()
    assert User.objects.filter(is_superuser=True).exists() is (connection.vendor == "sqlite")


def test_it_is_never_loaded_where_emails_and_texts_really_leave(settings: Settings) -> None:
    settings.DELIVERY = "providers"
    with pytest.raises(NotHere):
        load_if_empty()
    with pytest.raises(CommandError, match="DELIVERY=outbox"):
        call_command("demo")
    assert User.objects.count() == 0


def test_it_is_never_loaded_in_production(settings: Settings) -> None:
    settings.PRODUCTION = True
    with pytest.raises(NotHere):
        load_if_empty()
