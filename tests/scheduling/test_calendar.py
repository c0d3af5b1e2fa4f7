"""The calendar file of a reminder: calendars update instead of doubling (R10)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from icalendar import Calendar

from accounts.tenancy import everywhere, within
from notifications.delivery import deliver_batch
from notifications.models import OutboxMessage
from scheduling.calendar import calendar_of
from scheduling.models import Appointment
from scheduling.scan import scan
from tests.conftest import Practice

pytestmark = pytest.mark.django_db

NOW = datetime(2031, 3, 3, 9, 0, tzinfo=UTC)


def events_received(practice: Practice) -> list[Any]:
    """The events of everything that mom got by email, oldest first."""
    while deliver_batch():
        pass
    with everywhere("the test reads the mailbox"):
        messages = OutboxMessage.objects.filter(recipient=practice.mom.user.email).order_by("pk")
        return [event for message in messages for event in Calendar.from_ical(message.calendar).walk("VEVENT")]


def test_the_uid_stays_and_the_sequence_rises_when_it_moves_R10(practice: Practice) -> None:
    with time_machine.travel(NOW, tick=False):
        appointment = practice.appointment(timedelta(hours=24))
        scan()
        (reminder,) = events_received(practice)
        with within(practice.organization):
            appointment.move(NOW + timedelta(hours=26))
        (_, moved) = events_received(practice)
        with within(practice.organization):
            appointment.set_status(Appointment.Status.CANCELLED)
        (*_, cancelled) = events_received(practice)
    assert reminder["UID"] == moved["UID"] == cancelled["UID"]
    assert reminder["SEQUENCE"] < moved["SEQUENCE"] < cancelled["SEQUENCE"]
    assert [event["STATUS"] for event in (reminder, moved, cancelled)] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert moved.decoded("DTSTART") == NOW + timedelta(hours=26)


def test_a_cancellation_takes_the_event_out_again_R10(practice: Practice) -> None:
    with within(practice.organization):
        appointment = practice.appointment(status=Appointment.Status.CANCELLED)
    calendar = Calendar.from_ical(calendar_of([appointment], method="CANCEL"))
    assert calendar["METHOD"] == "CANCEL"  # RFC 5546, 3.2.5


def test_an_agenda_is_one_calendar_with_an_event_each_R5_R10(practice: Practice) -> None:
    with time_machine.travel(NOW, tick=False):
        for hours in (24, 25, 47):
            practice.appointment(timedelta(hours=hours))
        scan()
        events = events_received(practice)
    assert [event.decoded("DTSTART") - NOW for event in events] == [timedelta(hours=hours) for hours in (24, 25, 47)]
    assert len({event["UID"] for event in events}) == 3


def test_lines_are_folded_and_special_characters_escaped_R10(practice: Practice) -> None:
    practice.organization.name = "Søren, Åse & Partners; " + "a very long name " * 6 + "🌿"
    appointment = practice.appointment(location="Room 1, second floor; ring twice")
    appointment.organization = practice.organization
    written = calendar_of([appointment])
    assert all(len(line) <= 75 for line in written.split(b"\r\n"))  # octets; RFC 5545, 3.1
    (event,) = Calendar.from_ical(written).walk("VEVENT")
    assert practice.organization.name.strip() in str(event["SUMMARY"])
    assert event["LOCATION"] == "Room 1, second floor; ring twice"


def test_no_word_about_care_leaves_in_a_calendar_N4(practice: Practice) -> None:
    written = calendar_of([practice.appointment()]).decode()
    assert practice.child.first_name not in written
    assert str(practice.child.last_name) not in written
