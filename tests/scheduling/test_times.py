"""Clock changes and time zones: what is elapsed, and what is printed (R2, R4)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import translation

from accounts.tenancy import everywhere
from notifications.delivery import deliver_batch
from notifications.models import Notification, OutboxMessage
from scheduling.lines import Line
from scheduling.models import LEAD, Appointment
from scheduling.scan import scan
from tests.conftest import Practice, link, make_client, make_practice

pytestmark = pytest.mark.django_db

NEW_YORK = ZoneInfo("America/New_York")
# The nights of 2031 in which New York's clocks change.
SPRING_FORWARD = datetime(2031, 3, 9, 10, 0, tzinfo=NEW_YORK)
FALL_BACK = datetime(2031, 11, 2, 10, 0, tzinfo=NEW_YORK)


def run_at(moment: datetime) -> list[OutboxMessage]:
    with time_machine.travel(moment, tick=False), everywhere("the test runs a scan and looks"):
        known = list(OutboxMessage.objects.values_list("pk", flat=True))
        scan()
        while deliver_batch():
            pass
        return list(OutboxMessage.objects.exclude(pk__in=known))


@pytest.mark.parametrize(
    ("start", "wall_clock_of_the_day_before"),
    [(SPRING_FORWARD, "09:00"), (FALL_BACK, "11:00"), (datetime(2031, 6, 3, 10, 0, tzinfo=NEW_YORK), "10:00")],
)
def test_24_hours_are_24_hours_when_the_clocks_change_R2(start: datetime, wall_clock_of_the_day_before: str) -> None:
    due = start.astimezone(UTC) - timedelta(hours=24)
    assert due.astimezone(NEW_YORK).strftime("%H:%M") == wall_clock_of_the_day_before
    with time_machine.travel(due - timedelta(days=5), tick=False):
        practice = make_practice(time_zone="America/New_York")
        practice.appointment(starts_at=start)
    assert run_at(due - timedelta(minutes=1)) == []
    assert {message.recipient for message in run_at(due)} == {practice.mom.user.email, practice.dad.user.email}


@pytest.mark.parametrize(("start", "zone"), [(SPRING_FORWARD, "EDT"), (FALL_BACK, "EST")])
def test_the_zone_printed_is_that_of_the_day_of_the_appointment_R4(start: datetime, zone: str) -> None:
    with time_machine.travel(start - timedelta(days=5), tick=False):
        practice = make_practice(time_zone="America/New_York")
        practice.appointment(starts_at=start)
    (message, _) = run_at(start.astimezone(UTC) - timedelta(hours=24))
    assert f"10:00 AM {zone}" in message.body


def test_an_agenda_across_a_clock_change_covers_24_hours_R5() -> None:
    first = datetime(2031, 3, 8, 10, 0, tzinfo=NEW_YORK).astimezone(UTC)
    with time_machine.travel(first - timedelta(days=5), tick=False):
        practice = make_practice(time_zone="America/New_York")
        for hours in (0, 23, 24):
            practice.appointment(starts_at=first + timedelta(hours=hours))
    (message, _) = run_at(first - timedelta(hours=24))
    assert message.calendar.count("BEGIN:VEVENT") == 2
    assert "10:00 AM EST" in message.body
    assert "10:00 AM EDT" in message.body  # 23 hours later, and yet ten o'clock
    assert "11:00 AM EDT" not in message.body


def test_times_are_in_the_clients_zone_not_the_practices_R4(practice: Practice) -> None:
    start = datetime(2031, 7, 1, 17, 0, tzinfo=UTC)
    with time_machine.travel(start - timedelta(days=3), tick=False):
        away = make_client(practice.organization, "Ana", time_zone="America/Halifax")
        link(practice.mom, away)
        practice.appointment(starts_at=start, client=away)
        practice.appointment(starts_at=start + timedelta(hours=1))
    # Both children of mom in one agenda, each by the clock on its own wall.
    to_mom = [
        message for message in run_at(start - timedelta(hours=24)) if message.recipient == practice.mom.user.email
    ]
    assert "2:00 PM ADT" in to_mom[0].body
    assert "11:00 AM PDT" in to_mom[0].body


@pytest.mark.parametrize(
    ("zone", "printed"),
    [
        ("America/Toronto", "5:00 AM EST"),
        ("America/Sao_Paulo", "7:00 AM UTC-03"),  # a zone without letters of its own
        ("Asia/Kolkata", "3:30 PM IST"),
        ("Europe/London", "10:00 AM GMT"),
    ],
)
def test_every_zone_has_an_abbreviation_that_people_can_read_R4(practice: Practice, zone: str, printed: str) -> None:
    practice.child.time_zone = zone
    appointment = Appointment(
        organization=practice.organization, client=practice.child, starts_at=datetime(2031, 1, 6, 10, 0, tzinfo=UTC)
    )
    with translation.override("en"):
        assert Line(appointment).time == printed


def test_seconds_are_dropped_so_that_due_moments_are_whole_minutes_R2(practice: Practice) -> None:
    start = datetime(2031, 1, 6, 10, 0, 31, 5, tzinfo=UTC)
    with time_machine.travel(start - timedelta(days=5), tick=False):
        appointment = practice.appointment(starts_at=start)
    assert appointment.starts_at == start.replace(second=0, microsecond=0)
    for channel, lead in LEAD.items():
        assert getattr(appointment, Appointment.due_column(channel)) == appointment.starts_at - lead


def test_nothing_is_due_twice_in_the_hour_that_the_clock_repeats_R9() -> None:
    # 1:30 AM happens twice; these are two different appointments of that night.
    first = datetime(2031, 11, 2, 1, 30, tzinfo=NEW_YORK, fold=0).astimezone(UTC)
    again = datetime(2031, 11, 2, 1, 30, tzinfo=NEW_YORK, fold=1).astimezone(UTC)
    assert again - first == timedelta(hours=1)
    with time_machine.travel(first - timedelta(days=5), tick=False):
        practice = make_practice(time_zone="America/New_York")
        practice.appointment(starts_at=first)
        practice.appointment(starts_at=again)
    assert len(run_at(first - timedelta(hours=24))) == 2  # mom and dad: one agenda each, both in it
    assert run_at(again - timedelta(hours=24)) == []
    with everywhere("the test reads the record"):
        listed = Notification.objects.filter(channel="email").values_list("state", "reason")
        assert sorted(listed) == [
            ("sent", ""),
            ("sent", ""),
            ("skipped", "already_listed"),
            ("skipped", "already_listed"),
        ]
