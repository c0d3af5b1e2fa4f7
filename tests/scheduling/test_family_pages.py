"""A family's appointments: theirs alone, by the clock where the child is, and into their own calendar."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from icalendar import Calendar

from accounts.tenancy import within
from scheduling.models import Appointment
from tests.conftest import Practice, link, make_client, make_practice
from tests.pages import same_queries, signed_in

NOW = datetime(2031, 1, 15, 18, 0, tzinfo=UTC)
Status = Appointment.Status


@pytest.fixture
def here(db: None) -> Any:
    with time_machine.travel(NOW, tick=False):
        yield make_practice()


def page_of(practice: Practice, address: str = "/my/appointments/") -> str:
    answer = signed_in(practice.mom).get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_next_ones_come_first_in_the_childs_own_zone_R4(here: Practice) -> None:
    away = make_client(here.organization, "Ana", time_zone="America/Halifax")
    link(here.mom, away)
    here.appointment(starts_at=NOW + timedelta(days=2))
    here.appointment(starts_at=NOW + timedelta(days=1), client=away, location="By video")
    here.appointment(starts_at=NOW - timedelta(days=1))
    page = page_of(here)
    shown = [
        "Thursday, January 16, 2:00 PM AST",
        "Friday, January 17, 10:00 AM PST",
        "Tuesday, January 14, 10:00 AM PST",
    ]
    assert sorted(shown, key=page.index) == shown
    assert "By video" in page


def test_a_family_sees_its_own_alone_S3(here: Practice) -> None:
    stranger = make_client(here.organization, "Zelda")
    hidden = here.appointment(client=stranger, location="Secret room")
    assert "Secret room" not in page_of(here)
    browser = signed_in(here.mom)
    for address in (f"/my/appointments/{hidden.pk}/", f"/my/appointments/{hidden.pk}/appointment.ics"):
        assert browser.get(address).status_code == 404


def test_empty_pages_say_what_happens_next_W2(here: Practice) -> None:
    page = page_of(here)
    assert "No appointments ahead" in page
    assert "Appointments that are over are listed here." in page
    assert "Nothing was found" in page_of(here, "/my/appointments/?q=nobody")


def test_the_file_updates_instead_of_doubling_R10(here: Practice) -> None:
    one = here.appointment(starts_at=NOW + timedelta(days=2))
    files = []
    for change in (lambda: None, lambda: one.move(NOW + timedelta(days=3)), lambda: one.set_status(Status.CANCELLED)):
        with within(here.organization):
            change()
        answer = signed_in(here.mom).get(f"/my/appointments/{one.pk}/appointment.ics")
        assert answer["Content-Type"].startswith("text/calendar")
        calendar = Calendar.from_ical(answer.content)
        (event,) = calendar.walk("VEVENT")
        files.append((str(calendar["METHOD"]), str(event["UID"]), int(str(event["SEQUENCE"])), str(event["STATUS"])))
    assert len({uid for _method, uid, _sequence, _status in files}) == 1
    assert [(method, sequence, status) for method, _uid, sequence, status in files] == [
        ("PUBLISH", 0, "CONFIRMED"),
        ("PUBLISH", 1, "CONFIRMED"),
        ("CANCEL", 2, "CANCELLED"),
    ]


def test_one_appointment_says_all_that_a_family_needs(here: Practice) -> None:
    one = here.appointment(starts_at=NOW + timedelta(days=2), location="https://video.example/room")
    page = page_of(here, f"/my/appointments/{one.pk}/")
    for said in ("Mia Rivera", "Theo Therapist", "50 minutes", "Harbor Kids Therapy", "Scheduled", "video.example"):
        assert said in page


def test_home_shows_the_next_scheduled_ones(here: Practice) -> None:
    here.appointment(starts_at=NOW + timedelta(days=2))
    off = here.appointment(starts_at=NOW + timedelta(days=1))
    with within(here.organization):
        off.set_status(Status.CANCELLED)
    page = page_of(here, "/")
    assert "Friday, January 17, 10:00 AM PST" in page
    assert "Thursday, January 16" not in page


@pytest.mark.parametrize("address", ["/my/appointments/", "/"])
def test_many_appointments_cost_no_more_queries_than_one(here: Practice, address: str) -> None:
    def add(number: int) -> None:
        here.appointment(starts_at=NOW + timedelta(hours=1 + number))
        here.appointment(starts_at=NOW - timedelta(hours=1 + number))

    same_queries(signed_in(here.mom), address, add)


def test_what_is_not_listed_any_more_is_counted(here: Practice) -> None:
    """Two children, each every week for a year: more than a page holds."""
    for number in range(103):
        here.appointment(starts_at=NOW + timedelta(days=1, hours=number))
    assert "And 3 more after these." in page_of(here)
