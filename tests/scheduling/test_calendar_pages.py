"""The calendar of staff: who sees what, at which hour it stands, and what it costs."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client as Browser
from hypothesis import given
from hypothesis import strategies as st

from accounts.features import Feature
from accounts.models import Client, FeatureToggle, Login, Organization, Role
from accounts.tenancy import within
from scheduling import grid
from scheduling.grid import COLUMNS, Hours, place
from scheduling.models import Appointment
from tests.conftest import Practice, link, make_client, make_login, make_practice
from tests.pages import same_queries, signed_in

# A Wednesday, ten in the morning in Seattle.
NOW = datetime(2031, 1, 15, 18, 0, tzinfo=UTC)
Status = Appointment.Status


@pytest.fixture
def at_ten(db: None) -> Practice:
    with time_machine.travel(NOW, tick=False):
        practice = make_practice()
        with within(practice.organization):
            Login.objects.filter(pk=practice.owner.pk).update(is_schedule_admin=True)
        return practice


def look(browser: Browser, address: str, *, at: datetime = NOW) -> str:
    with time_machine.travel(at, tick=False):
        browser.session.save()
        answer = browser.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def enter(login: Login) -> Browser:
    with time_machine.travel(NOW, tick=False):
        return signed_in(login)


@pytest.mark.parametrize("view", ["day", "week", "list"])
def test_every_view_shows_who_when_and_where_in_the_zone_of_the_practice_R4(at_ten: Practice, view: str) -> None:
    at_ten.appointment(starts_at=NOW + timedelta(hours=5), location="Garden room")
    page = look(enter(at_ten.therapist), f"/calendar/?view={view}")
    for said in ("Mia Rivera", "3:00 PM", "Garden room", "Scheduled", "America/Los Angeles (PST)"):
        assert said in page


def test_an_event_stands_at_its_hour_and_is_as_long_as_it_takes(at_ten: Practice) -> None:
    at_ten.appointment(starts_at=NOW + timedelta(hours=5, minutes=15), minutes=50)
    page = look(enter(at_ten.therapist), "/calendar/")
    # The day begins at eight: 3:15 pm is seven hours and three fives later; ten fives long; the whole width.
    assert 'class="event r88 s10 c1 w60 is-scheduled"' in page
    assert re.search(r'class="now r25"', page)  # ten o'clock


def test_the_status_is_said_in_words_too_W1(at_ten: Practice) -> None:
    for status in Status:
        booked = at_ten.appointment(starts_at=NOW + timedelta(hours=1))
        with within(at_ten.organization):
            booked.set_status(status)
    page = look(enter(at_ten.therapist), "/calendar/?view=day")
    events = re.search(r'<ol class="events">(.*?)</ol>', page, re.S)
    assert events
    for status in Status:
        assert f"is-{status.value}" in events[1]
        assert str(status.label) in events[1]


def test_therapists_see_their_own_and_their_clients_and_nobody_elses_S3(at_ten: Practice) -> None:
    colleague = make_login(at_ten.organization, "Cora Colleague", Role.STAFF)
    unknown = make_client(at_ten.organization, "Zelda")
    shared = make_client(at_ten.organization, "Shira")
    link(at_ten.therapist, shared)
    link(colleague, shared)
    with within(at_ten.organization):
        for client in (unknown, shared):
            Appointment.objects.create(
                organization=at_ten.organization,
                client=client,
                staff=colleague,
                starts_at=NOW + timedelta(hours=2),
                on_schedule_since=NOW - timedelta(days=9),
            )
    at_ten.appointment(starts_at=NOW + timedelta(hours=2))
    therapist, owner = enter(at_ten.therapist), enter(at_ten.owner)
    for view in ("day", "week", "list"):
        mine = look(therapist, f"/calendar/?view={view}")
        assert ("Mia Rivera" in mine, "Shira" in mine, "Zelda" in mine) == (True, False, False)
        ours = look(therapist, f"/calendar/?view={view}&staff=all")
        assert ("Mia Rivera" in ours, "Shira" in ours, "Zelda" in ours) == (True, True, False)
        # Nobody's id opens more.
        hers = look(therapist, f"/calendar/?view={view}&staff={colleague.pk}")
        assert ("Mia Rivera" in hers, "Shira" in hers, "Zelda" in hers) == (False, True, False)
        every = look(owner, f"/calendar/?view={view}")
        assert ("Mia Rivera" in every, "Shira" in every, "Zelda" in every) == (True, True, True)


def test_nothing_of_another_practice_shows_S1(at_ten: Practice, other_practice: Practice) -> None:
    other_practice.appointment(starts_at=NOW + timedelta(hours=1), location="Elsewhere")
    page = look(enter(at_ten.owner), f"/calendar/?staff={other_practice.therapist.pk}&staff=all")
    assert "Elsewhere" not in page


def test_a_week_of_a_clock_change_keeps_every_appointment_on_its_day(at_ten: Practice) -> None:
    """March 9, 2031: the night in which Seattle's clocks skip an hour."""
    zone = ZoneInfo("America/Los_Angeles")
    for day in (3, 9, 10):
        at_ten.appointment(starts_at=datetime(2031, 3, day, 0, 30, tzinfo=zone), location=f"On the {day}th")
        at_ten.appointment(starts_at=datetime(2031, 3, day, 23, 30, tzinfo=zone), location=f"Late on the {day}th")
    whole_week = look(enter(at_ten.therapist), "/calendar/?date=2031-03-05")
    assert "On the 3th" in whole_week
    assert "Late on the 9th" in whole_week
    assert "On the 10th" not in whole_week
    that_day = look(enter(at_ten.therapist), "/calendar/?view=day&date=2031-03-09")
    assert "On the 9th" in that_day
    assert "Late on the 9th" in that_day
    assert "On the 10th" not in that_day


@pytest.mark.parametrize("view", ["day", "week", "list"])
def test_the_zone_is_named_as_it_is_called_on_the_day_that_is_shown_R4(at_ten: Practice, view: str) -> None:
    """In January one looks at July: what stands there at three is three o'clock daylight time."""
    browser = enter(at_ten.therapist)
    assert "America/Los Angeles (PDT)" in look(browser, f"/calendar/?view={view}&date=2031-07-16")
    assert "America/Los Angeles (PST)" in look(browser, f"/calendar/?view={view}&date=2031-01-16")


@pytest.mark.parametrize("view", ["day", "week", "list"])
def test_everyone_ticked_is_everyone_also_who_left_with_appointments(at_ten: Practice, view: str) -> None:
    at_ten.appointment(starts_at=NOW + timedelta(hours=1))
    with within(at_ten.organization):
        at_ten.therapist.deactivate()
        make_login(at_ten.organization, "Cora Colleague", Role.STAFF)
        everyone = Login.objects.staff().active().values_list("pk", flat=True)
        ticked = "".join(f"&staff={pk}" for pk in everyone)
    browser = enter(at_ten.owner)
    for staff in ("", "&staff=all", ticked):
        page = look(browser, f"/calendar/?view={view}{staff}")
        assert "Everyone" in page
        assert "Mia Rivera" in page


@pytest.mark.parametrize(
    "nonsense",
    ["date=yesterday", "date=9999-12-31", "date=0001-01-01", "view=year", "staff=x", "staff=99999999999999999999"],
)
def test_nonsense_in_the_address_shows_a_calendar_all_the_same(at_ten: Practice, nonsense: str) -> None:
    for view in ("day", "week", "list"):
        look(enter(at_ten.therapist), f"/calendar/?view={view}&{nonsense}")


def test_the_list_is_searched_and_says_what_to_do_where_it_is_empty_W2(at_ten: Practice) -> None:
    at_ten.appointment(starts_at=NOW + timedelta(days=3))
    browser = enter(at_ten.therapist)
    assert "Mia Rivera" in look(browser, "/calendar/?view=list&q=riv")
    assert "Nothing was found" in look(browser, "/calendar/?view=list&q=nobody")
    assert "Book an appointment, or go to an earlier date." in look(browser, "/calendar/?view=list&date=2031-03-01")


@pytest.mark.parametrize("view", ["day", "week", "list"])
def test_a_full_calendar_asks_no_more_than_an_empty_one(at_ten: Practice, view: str) -> None:
    def add(number: int) -> None:
        client = make_client(at_ten.organization, f"Client {number}")
        link(at_ten.therapist, client)
        at_ten.appointment(client=client, starts_at=NOW + timedelta(minutes=5 * number))

    with time_machine.travel(NOW, tick=False):
        same_queries(signed_in(at_ten.owner), f"/calendar/?view={view}", add, rows=40)


@pytest.mark.parametrize("address", ["/calendar/", "/appointments/new/", "/my/appointments/"])
def test_a_practice_without_appointments_has_no_trace_of_them_O2(at_ten: Practice, address: str) -> None:
    with within(at_ten.organization):
        FeatureToggle.objects.turn(Feature.APPOINTMENTS, on=False)
    browser = enter(at_ten.mom if address.startswith("/my") else at_ten.owner)
    with time_machine.travel(NOW, tick=False):
        assert browser.get(address).status_code == 404
        home = browser.get("/").content.decode()
    assert "ppointment" not in home.split("<footer")[0]
    assert "Calendar" not in home


def test_the_stylesheet_of_places_is_what_the_grid_writes() -> None:
    written = (Path(__file__).parents[2] / "static/css/grid.css").read_text()
    assert written == grid.css(), "write static/css/grid.css anew from scheduling.grid.css()"


WHERE = Organization(time_zone="America/Toronto")
SPANS = st.lists(st.tuples(st.integers(0, 23 * 60 + 59), st.integers(1, 12 * 60)), max_size=90)


@given(SPANS)
def test_no_two_events_of_a_column_cover_each_other(spans: list[tuple[int, int]]) -> None:
    day = datetime(2031, 6, 2, tzinfo=WHERE.zone)
    booked = [
        Appointment(
            pk=number,
            organization=WHERE,
            client=Client(first_name="Ana"),
            staff=Login(pk=1, name="Theo"),
            minutes=minutes,
            starts_at=day + timedelta(minutes=start),
        )
        for number, (start, minutes) in enumerate(spans)
    ]
    hours = Hours.around(grid.local_span(one) for one in booked)
    placed = place(booked, hours)
    assert {one.appointment.pk for one in placed} == set(range(len(spans)))
    taken: set[tuple[int, int]] = set()
    for one in placed:
        assert 1 <= one.row <= one.row + one.rows - 1 <= hours.rows
        assert 1 <= one.column <= one.column + one.width - 1 <= COLUMNS
        cells = {(one.row + down, one.column) for down in range(one.rows)}
        if len(spans) <= COLUMNS:
            assert not taken & cells
        taken |= cells
        assert hours.since <= one.starts.hour < hours.until
