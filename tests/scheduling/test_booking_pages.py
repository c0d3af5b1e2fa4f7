"""Booking, changing and cancelling in the browser: what is asked, what is warned of, what is then on the schedule."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client as Browser

from accounts.models import Client, Login, Role
from accounts.tenancy import within
from scheduling.models import Appointment, Series
from tests.conftest import Practice, link, make_client, make_login, make_practice
from tests.pages import signed_in

NOW = datetime(2031, 2, 17, 15, 0, tzinfo=UTC)  # a Monday in the winter of New York
NEW_YORK = ZoneInfo("America/New_York")
Status = Appointment.Status


@pytest.fixture
def here(db: None) -> Any:
    """A practice in New York whose owner keeps everyone's schedule, on that Monday."""
    with time_machine.travel(NOW, tick=False):
        practice = make_practice(time_zone="America/New_York")
        with within(practice.organization):
            Login.objects.filter(pk=practice.owner.pk).update(is_schedule_admin=True)
        yield practice


def booking(practice: Practice, **fields: Any) -> dict[str, Any]:
    """A filled-in form: Mia on Tuesday at three with her therapist."""
    return {
        "token": uuid4(),
        "client": practice.child.pk,
        "date": "2031-02-18",
        "time": "15:00",
        "minutes": 50,
        "staff": practice.therapist.pk,
        "location": "Room 2",
        **fields,
    }


def send(browser: Browser, address: str, fields: dict[str, Any]) -> str:
    """What is read after the form was sent, wherever that leads."""
    answer = browser.post(address, fields, follow=True)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def booked(practice: Practice) -> list[str]:
    with within(practice.organization):
        return [f"{one.starts_at.astimezone(NEW_YORK):%b %d %H:%M} {one.status}" for one in Appointment.objects.all()]


def mark_in(page: str) -> str:
    found = re.search(r'name="anyway" value="([^"]+)"', page)
    assert found, "the page warns of nothing"
    return found[1]


def test_a_booking_is_confirmed_and_on_the_calendar_W2(here: Practice) -> None:
    page = send(signed_in(here.therapist), "/appointments/new/", booking(here))
    assert "Booked: Mia Rivera, Tue, Feb 18, 3:00 PM EST." in page
    assert booked(here) == ["Feb 18 15:00 scheduled"]
    assert 'aria-label="Tuesday, February 18"' in page  # back on the week of the appointment


def test_the_address_of_a_slot_fills_the_form_in(here: Practice) -> None:
    address = f"/appointments/new/?date=2031-02-20&time=09:30&staff={here.therapist.pk}&client={here.child.pk}"
    page = signed_in(here.owner).get(address).content.decode()
    for filled in ('value="2031-02-20"', 'value="09:30"', f'value="{here.therapist.pk}" selected', "Mia Rivera"):
        assert filled in page


def test_nonsense_in_place_of_a_client_is_no_client(here: Practice) -> None:
    nonsense = "9" * 5000  # more digits than Python makes a number of
    page = send(signed_in(here.owner), "/appointments/new/", booking(here, client=nonsense))
    assert "Select a valid choice" in page
    assert booked(here) == []


def test_the_client_is_found_by_typing_with_and_without_javascript_W3(here: Practice) -> None:
    for name in ("Mina", "Milo"):
        link(here.therapist, make_client(here.organization, name, last_name="Okoro"))
    browser = signed_in(here.therapist)
    live = browser.get("/appointments/new/?q=mi").content.decode()
    plain = send(browser, "/appointments/new/", booking(here, client="", q="mi okoro", find="1"))
    assert all(name in live for name in ("Mia Rivera", "Mina Okoro", "Milo Okoro"))
    assert "Mina Okoro" in plain
    assert "Mia Rivera" not in plain
    assert 'value="15:00"' in plain  # what was typed stays
    assert booked(here) == []
    # Whom it can only be is meant; where there are several, one asks.
    assert "Choose which of these it is." in send(browser, "/appointments/new/", booking(here, client="", q="okoro"))
    assert "Booked: Milo Okoro" in send(browser, "/appointments/new/", booking(here, client="", q="milo"))


def test_the_same_form_sent_twice_books_once(here: Practice) -> None:
    form = booking(here, every="1", times="4")
    browser = signed_in(here.therapist)
    for _time in range(2):
        assert "Booked: Mia Rivera" in send(browser, "/appointments/new/", form)
    assert len(booked(here)) == 4
    # Somebody went back, changed the time, and means it: asked once, then booked.
    again = send(browser, "/appointments/new/", form | {"time": "17:00"})
    assert "This form has already booked" in again
    assert len(booked(here)) == 4
    token = re.search(r'name="token" value="([^"]+)"', again)
    assert token
    send(browser, "/appointments/new/", form | {"time": "17:00", "token": token[1]})
    assert len(booked(here)) == 8


@pytest.mark.parametrize(
    ("fields", "said", "times"),
    [
        ({"every": "1", "times": "3"}, "", 3),
        ({"every": "2", "until": "2031-03-18"}, "", 3),
        ({"times": "3"}, "", 1),  # nothing repeats unless it is said how
        ({"every": "1"}, "Say how many times, or until when.", 0),
        ({"every": "1", "times": "3", "until": "2031-03-18"}, "not both", 0),
        ({"every": "1", "until": "2031-02-19"}, "there is no second appointment", 0),
        ({"every": "1", "until": "2039-01-01"}, "more than 52 appointments", 0),
        ({"every": "1", "times": "53"}, "less than or equal to 52", 0),
        ({"minutes": "0"}, "greater than or equal to 5", 0),
        ({"minutes": "9999"}, "less than or equal to 720", 0),
        ({"date": ""}, "This field is required.", 0),
        ({"date": "0231-02-18"}, "Is the year right?", 0),
        ({"date": "9999-12-31", "every": "4", "times": "52"}, "Is the year right?", 0),
        ({"time": "soon"}, "Enter a valid time.", 0),
        ({"client": "9" * 40}, "Select a valid choice", 0),
        ({"client": "", "q": ""}, "Type a part of the name.", 0),
        ({"client": "", "q": "Nobody"}, "No client of yours has this name.", 0),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_what_was_typed_stays_W2(
    here: Practice, fields: dict[str, Any], said: str, times: int
) -> None:
    page = send(signed_in(here.therapist), "/appointments/new/", booking(here, **fields))
    assert said in page
    assert len(booked(here)) == times
    if not times:
        assert 'value="Room 2"' in page


def test_an_overlap_is_warned_of_once_and_booked_anyway(here: Practice) -> None:
    here.appointment(starts_at=NOW + timedelta(days=1, hours=5, minutes=30))  # 3:30 pm
    browser = signed_in(here.therapist)
    form = booking(here)
    page = send(browser, "/appointments/new/", form)
    assert "At that time there is already an appointment:" in page
    assert "Tue, Feb 18, 3:30 PM EST" in page
    assert len(booked(here)) == 1
    assert "Booked" in send(browser, "/appointments/new/", form | {"anyway": mark_in(page)})
    assert len(booked(here)) == 2


def test_what_came_in_between_is_warned_of_as_well(here: Practice) -> None:
    here.appointment(starts_at=NOW + timedelta(days=1, hours=5, minutes=30))
    browser = signed_in(here.therapist)
    form = booking(here)
    mark = mark_in(send(browser, "/appointments/new/", form))
    here.appointment(starts_at=NOW + timedelta(days=1, hours=5, minutes=10))
    page = send(browser, "/appointments/new/", form | {"anyway": mark})
    assert "there are already 2 appointments" in page
    assert len(booked(here)) == 2


def test_therapists_book_their_own_clients_with_themselves_S3(here: Practice) -> None:
    stranger = make_client(here.organization, "Zelda")
    browser = signed_in(here.therapist)
    assert "Zelda" not in browser.get("/appointments/new/?q=zel").content.decode()
    assert "Select a valid choice" in send(browser, "/appointments/new/", booking(here, client=stranger.pk))
    assert "Select a valid choice" in send(browser, "/appointments/new/", booking(here, staff=here.owner.pk))
    assert booked(here) == []
    assert "Booked: Zelda" in send(signed_in(here.owner), "/appointments/new/", booking(here, client=stranger.pk))


def test_whoever_is_discharged_or_has_left_is_not_booked(here: Practice) -> None:
    browser = signed_in(here.owner)
    with within(here.organization):
        here.therapist.deactivate()
    assert "Select a valid choice" in send(browser, "/appointments/new/", booking(here))
    with within(here.organization):
        here.therapist.reactivate()
        here.child.discharge()
    assert "Select a valid choice" in send(browser, "/appointments/new/", booking(here))


def test_nobody_of_another_practice_is_a_choice_S1(here: Practice, other_practice: Practice) -> None:
    browser = signed_in(here.owner)
    for fields in ({"client": other_practice.child.pk}, {"staff": other_practice.therapist.pk}):
        assert "Select a valid choice" in send(browser, "/appointments/new/", booking(here, **fields))
    assert "Rivera" not in browser.get(f"/appointments/new/?client={other_practice.child.pk}").content.decode()


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_the_way_back_leads_nowhere_else(here: Practice, wanted: str) -> None:
    browser = signed_in(here.therapist)
    answer = browser.post("/appointments/new/", booking(here, next=wanted))
    assert answer["Location"] == "/calendar/?date=2031-02-18"
    assert wanted not in browser.get("/appointments/new/", {"next": wanted}).content.decode()


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("/calendar/?view=day", "/calendar/?view=day"),
        ("/clients/?q=Geneviève", "/clients/?q=Genevi%C3%A8ve"),
        ("/calendar/\nSet-Cookie: a=b", "/calendar/%0ASet-Cookie:%20a=b"),
    ],
)
def test_in_the_dialog_success_leads_away_as_htmx_is_told(here: Practice, wanted: str, told: str) -> None:
    answer = signed_in(here.therapist).post(
        "/appointments/new/", booking(here, next=wanted), headers={"HX-Request": "true"}
    )
    assert (answer.status_code, answer["HX-Redirect"]) == (200, told)


@pytest.fixture
def series(here: Practice) -> list[Appointment]:
    send(signed_in(here.therapist), "/appointments/new/", booking(here, every="1", times="5"))
    with within(here.organization):
        return list(Appointment.objects.order_by("starts_at"))


def changed(**fields: Any) -> dict[str, Any]:
    return {"date": "2031-03-04", "time": "15:00", "minutes": 50, "location": "Room 2", **fields}


def test_this_and_following_are_moved_over_the_clock_change_R7(here: Practice, series: list[Appointment]) -> None:
    form = changed(time="16:15", staff=here.therapist.pk, scope="following")
    page = send(signed_in(here.therapist), f"/appointments/{series[2].pk}/edit/", form)
    assert "3 appointments were changed." in page
    assert "Number 1 of 3" in page
    assert "4:15 PM EST" in page
    assert booked(here) == [
        "Feb 18 15:00 scheduled",
        "Feb 25 15:00 scheduled",
        "Mar 04 16:15 scheduled",
        "Mar 11 16:15 scheduled",
        "Mar 18 16:15 scheduled",
    ]


def test_only_this_one_is_moved_unless_said_otherwise_R7(here: Practice, series: list[Appointment]) -> None:
    form = changed(date="2031-03-05", staff=here.therapist.pk, scope="this")
    assert "1 appointment was changed." in send(signed_in(here.therapist), f"/appointments/{series[2].pk}/edit/", form)
    assert booked(here)[2:4] == ["Mar 05 15:00 scheduled", "Mar 11 15:00 scheduled"]
    with within(here.organization):
        assert Series.objects.count() == 1


def test_moving_a_series_warns_of_what_it_meets_but_not_of_itself(here: Practice, series: list[Appointment]) -> None:
    here.appointment(starts_at=series[3].starts_at + timedelta(minutes=60))  # 4 pm a week later
    browser = signed_in(here.therapist)
    form = changed(time="15:30", staff=here.therapist.pk, scope="following")
    page = send(browser, f"/appointments/{series[2].pk}/edit/", form)
    assert "At that time there is already an appointment:" in page
    assert "Tue, Mar 11, 4:00 PM EDT" in page
    assert "3 appointments were changed." in send(
        browser, f"/appointments/{series[2].pk}/edit/", form | {"anyway": mark_in(page)}
    )


@pytest.mark.parametrize(
    ("status", "scope", "after"),
    [
        ("cancelled", "this", ["scheduled", "cancelled", "scheduled", "scheduled", "scheduled"]),
        ("late_cancelled", "following", ["scheduled", "late_cancelled", "cancelled", "cancelled", "cancelled"]),
        ("no_show", "this", ["scheduled", "no_show", "scheduled", "scheduled", "scheduled"]),
    ],
)
def test_cancelling_asks_what_happened_and_how_far_W2(
    here: Practice, series: list[Appointment], status: str, scope: str, after: list[str]
) -> None:
    browser = signed_in(here.therapist)
    asked = browser.get(f"/appointments/{series[1].pk}/cancel/").content.decode()
    assert "Late cancellation: too late to give the time to someone else" in asked
    assert "This one and those that follow" in asked
    send(browser, f"/appointments/{series[1].pk}/cancel/", {"status": status, "scope": scope})
    assert [one.split()[-1] for one in booked(here)] == after


def test_the_last_of_a_series_and_one_on_its_own_ask_nothing_about_others(
    here: Practice, series: list[Appointment]
) -> None:
    alone = here.appointment()
    browser = signed_in(here.therapist)
    for one in (series[-1], alone):
        for act in ("edit", "cancel"):
            assert "those that follow" not in browser.get(f"/appointments/{one.pk}/{act}/").content.decode()


def test_attended_no_show_and_back_on_the_schedule(here: Practice) -> None:
    one = here.appointment(starts_at=NOW - timedelta(minutes=30))
    browser = signed_in(here.therapist)
    assert "Marked as: Attended." in send(browser, f"/appointments/{one.pk}/attended/", {})
    assert "It was so already." in send(browser, f"/appointments/{one.pk}/attended/", {})
    assert "Marked as: No-show." in send(browser, f"/appointments/{one.pk}/no-show/", {})
    assert "Marked as: Scheduled." in send(browser, f"/appointments/{one.pk}/reinstate/", {})


def test_what_one_sees_one_may_not_always_change_S3(here: Practice) -> None:
    """A colleague who shares the client sees the appointment; a user admin sees all; neither keeps this schedule."""
    colleague = make_login(here.organization, "Cora Colleague", Role.STAFF)
    admin = make_login(here.organization, "Ulla Admin", Role.STAFF, is_user_admin=True)
    link(colleague, here.child)
    one = here.appointment()
    for login in (colleague, admin):
        browser = signed_in(login)
        page = browser.get(f"/appointments/{one.pk}/").content.decode()
        assert "a schedule admin may change it" in page
        assert f"/appointments/{one.pk}/edit/" not in page
        for act in ("edit", "cancel", "attended", "no-show", "reinstate"):
            assert browser.post(f"/appointments/{one.pk}/{act}/").status_code == 403
    assert booked(here)[0].endswith("scheduled")


def test_a_member_of_staff_who_left_keeps_what_they_have_until_it_is_given_away(here: Practice) -> None:
    one = here.appointment()
    with within(here.organization):
        here.therapist.deactivate()
    page = signed_in(here.owner).get(f"/appointments/{one.pk}/edit/").content.decode()
    assert f'value="{here.therapist.pk}" selected' in page


def test_where_the_client_is_elsewhere_both_clocks_are_shown_R4(here: Practice) -> None:
    with within(here.organization):
        away: Client = make_client(here.organization, "Ana", time_zone="America/Los_Angeles")
    link(here.therapist, away)
    one = here.appointment(client=away, starts_at=NOW + timedelta(days=1))
    page = signed_in(here.therapist).get(f"/appointments/{one.pk}/").content.decode()
    assert "10:00 AM EST" in page
    assert "7:00 AM PST where the client is" in page


def test_where_else_a_client_goes_is_not_told_by_trying_out_times_S3(here: Practice) -> None:
    """The therapist has one appointment with a client who is not theirs, booked by whoever keeps the schedule."""
    client = make_client(here.organization, "Noor")
    colleague = make_login(here.organization, "Cora Colleague", Role.STAFF)
    own = here.appointment(client=client, starts_at=NOW + timedelta(days=1))
    hidden = NOW + timedelta(days=2)
    with within(here.organization):
        Appointment.objects.create(
            organization=here.organization, client=client, staff=colleague, starts_at=hidden, minutes=50
        )
    at = hidden.astimezone(NEW_YORK)
    moved = {"date": f"{at:%Y-%m-%d}", "time": f"{at:%H:%M}", "minutes": 50, "location": ""}
    address = f"/appointments/{own.pk}/edit/"
    by_the_keeper = send(signed_in(here.owner), address, moved | {"staff": here.therapist.pk})
    assert mark_in(by_the_keeper)
    assert "Cora Colleague" in by_the_keeper
    page = send(signed_in(here.therapist), address, moved | {"staff": here.therapist.pk})
    assert "Cora" not in page
    assert "1 appointment was changed." in page
