"""Appointments of which nobody would be told stand at the top of the staff home page (L4)."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.features import Channel, Feature
from accounts.models import FeatureToggle, Login
from accounts.tenancy import everywhere, within
from notifications.delivery import deliver_batch
from notifications.models import Notification, State
from scheduling.models import Appointment, Mention
from scheduling.panels import SHOWN
from scheduling.scan import scan
from scheduling.unreachable import AHEAD, unreachable
from tests.conftest import Practice, choose, link, make_client, make_login, make_practice
from tests.pages import same_queries, signed_in

NOW = datetime(2031, 1, 15, 18, 0, tzinfo=UTC)
IN_TWO_DAYS = NOW + timedelta(days=2)


@pytest.fixture
def here(db: None) -> Any:
    with time_machine.travel(NOW, tick=False):
        practice = make_practice()
        with within(practice.organization):
            Login.objects.filter(pk=practice.owner.pk).update(is_schedule_admin=True)
            practice.owner.refresh_from_db()
        yield practice


def found(practice: Practice, *, at: datetime = NOW, by: Login | None = None) -> list[Appointment]:
    with within(practice.organization), time_machine.travel(at, tick=False):
        return [one.appointment for one in unreachable(by or practice.owner, now=at)]


def run(at: datetime) -> None:
    with time_machine.travel(at, tick=False), everywhere("the test runs a scan"):
        scan()
        while deliver_batch():
            pass


def hush(*logins: Login) -> None:
    for login in logins:
        choose(login, Channel.EMAIL, on=False)


def test_it_is_listed_only_when_nobody_at_all_is_told_L4(here: Practice) -> None:
    one = here.appointment(starts_at=IN_TWO_DAYS)
    assert found(here) == []
    hush(here.mom)
    assert found(here) == []
    hush(here.dad)
    assert found(here) == [one]
    choose(here.dad, Channel.TEXT)
    assert found(here) == []


def test_home_says_why_and_where_it_is_mended_L4_L1(here: Practice) -> None:
    hush(here.mom, here.dad)
    here.appointment(starts_at=IN_TWO_DAYS)
    alone = make_client(here.organization, "Otis")
    here.appointment(client=alone, starts_at=IN_TWO_DAYS + timedelta(hours=1))
    page = html.unescape(signed_in(here.owner).get("/").content.decode())
    panel = re.search(r'<section[^>]*aria-labelledby="nobody-told".*?</section>', page, re.S)
    assert panel
    for said in (
        "Nobody would be told",
        "Maria Rivera: Not emailed: this login has it turned off",
        "Daniel Rivera: Not texted: this login has it turned off",
        f'href="/logins/{here.mom.pk}/#preferences">Mend this',
        "Nobody signs in for Otis.",
        f'href="/clients/{alone.pk}/">Mend this',
    ):
        assert said in panel[0]
    assert page.index("Nobody would be told") < page.index(">Today<")


def test_where_everybody_is_told_the_panel_is_not_there_L4(here: Practice) -> None:
    here.appointment(starts_at=IN_TWO_DAYS)
    assert "Nobody would be told" not in signed_in(here.owner).get("/").content.decode()


def test_what_was_told_stays_told_whatever_changes_after_L4(here: Practice) -> None:
    one = here.appointment(starts_at=IN_TWO_DAYS)
    run(IN_TWO_DAYS - timedelta(hours=24))
    hush(here.mom, here.dad)
    later = IN_TWO_DAYS - timedelta(hours=23)
    assert found(here, at=later) == []
    # Moved: they know of the old time, and the correction is no longer wanted.
    with within(here.organization), time_machine.travel(later, tick=False):
        one.move(IN_TWO_DAYS + timedelta(hours=2))
    run(later)
    assert found(here, at=later) == [one]


def test_a_correction_tells_as_well_as_a_reminder_L4_R7(here: Practice) -> None:
    one = here.appointment(starts_at=IN_TWO_DAYS)
    run(IN_TWO_DAYS - timedelta(hours=24))
    later = IN_TWO_DAYS - timedelta(hours=3)
    with within(here.organization), time_machine.travel(later, tick=False):
        one.move(IN_TWO_DAYS + timedelta(hours=2))
        assert found(here, at=later) == []  # it is on its way
    run(later)
    assert found(here, at=later) == []


def test_a_reminder_that_did_not_arrive_told_nobody_L4_T10(here: Practice) -> None:
    one = here.appointment(starts_at=IN_TWO_DAYS)
    run(IN_TWO_DAYS - timedelta(hours=24))
    with within(here.organization):
        Notification.objects.filter(channel=Channel.EMAIL).update(state=State.UNDELIVERED, reason="not_delivered")
    assert found(here, at=IN_TWO_DAYS - timedelta(hours=20)) == [one]


def test_an_appointment_listed_in_another_ones_email_is_told_of_R5_L4(here: Practice) -> None:
    here.appointment(starts_at=IN_TWO_DAYS)
    here.appointment(starts_at=IN_TWO_DAYS + timedelta(hours=2))
    assert found(here) == []
    run(IN_TWO_DAYS - timedelta(hours=24))
    run(IN_TWO_DAYS - timedelta(hours=22))
    assert found(here, at=IN_TWO_DAYS - timedelta(hours=21)) == []


def test_only_what_is_scheduled_and_soon_L4(here: Practice) -> None:
    hush(here.mom, here.dad)
    here.appointment(starts_at=NOW - timedelta(hours=1))
    here.appointment(starts_at=NOW + AHEAD + timedelta(hours=1))
    off = here.appointment(starts_at=IN_TWO_DAYS)
    with within(here.organization):
        off.set_status(Appointment.Status.CANCELLED)
    assert found(here) == []


def test_therapists_see_their_own_schedule_admins_everybodys_S3_L4(here: Practice) -> None:
    hush(here.mom, here.dad)
    stranger = make_client(here.organization, "Zelda")
    mine = here.appointment(starts_at=IN_TWO_DAYS)
    with within(here.organization):
        theirs = Appointment.objects.create(
            organization=here.organization, client=stranger, staff=here.owner, starts_at=IN_TWO_DAYS
        )
    assert found(here, by=here.therapist) == [mine]
    assert found(here) == [mine, theirs]


def test_with_reminders_off_there_is_nothing_to_say_O2(here: Practice) -> None:
    hush(here.mom, here.dad)
    here.appointment(starts_at=IN_TWO_DAYS)
    with within(here.organization):
        FeatureToggle.objects.turn(Feature.APPOINTMENTS, on=False)
    assert "Nobody would be told" not in signed_in(here.owner).get("/").content.decode()


def test_a_long_list_is_cut_and_costs_no_more_queries_L4(here: Practice) -> None:
    hush(here.mom, here.dad)
    browser = signed_in(here.owner)
    same_queries(browser, "/", lambda number: here.appointment(starts_at=IN_TWO_DAYS + timedelta(hours=number)))
    assert f"And {50 - SHOWN} more." in browser.get("/").content.decode()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    family=st.lists(st.tuples(st.booleans(), st.booleans(), st.sampled_from(["2065550143", "1", ""])), max_size=3),
    starts=st.lists(st.integers(1, 6 * 24), min_size=1, max_size=4, unique=True),
)
def test_what_is_foretold_is_whom_the_sender_then_leaves_out_L4(
    here: Practice, family: list[tuple[bool, bool, str]], starts: list[int]
) -> None:
    """Let time pass: an appointment was listed exactly if no mention of it was ever made."""
    child = make_client(here.organization, "Ana")
    for number, (email, text, phone) in enumerate(family):
        login = make_login(here.organization, f"Relative {number} of {child.pk}", phone=phone)
        choose(login, Channel.EMAIL, on=email)
        choose(login, Channel.TEXT, on=text)
        link(login, child)
    booked = {here.appointment(client=child, starts_at=NOW + timedelta(hours=hours)).pk for hours in starts}
    expected = {one.pk for one in found(here)} & booked
    moments = {NOW + timedelta(hours=hours - lead) for hours in starts for lead in (24, 1) if hours >= lead}
    for moment in sorted({NOW, *moments}):
        run(moment)
    with within(here.organization):
        told = set(Mention.objects.filter(appointment__in=booked).values_list("appointment", flat=True))
    assert booked - told == expected
