"""An appointment's page says what its reminders did or will do, by the rules of the sender (L1)."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from accounts.features import Channel
from accounts.models import Login, Role, TextStop
from accounts.tenancy import everywhere, within
from notifications.delivery import deliver_batch
from notifications.models import Notification, State
from scheduling.models import Appointment
from scheduling.scan import scan
from scheduling.telling import story_of
from tests.conftest import Practice, choose, link, make_client, make_login, make_practice
from tests.pages import queries_of, signed_in

NOW = datetime(2031, 1, 15, 18, 0, tzinfo=UTC)  # a Wednesday, ten in the morning in Seattle
IN_TWO_DAYS = NOW + timedelta(days=2)


@pytest.fixture
def here(db: None) -> Any:
    with time_machine.travel(NOW, tick=False):
        practice = make_practice()
        choose(practice.mom, Channel.TEXT)
        yield practice


def told(practice: Practice, appointment: Appointment, login: Login, *, at: datetime = NOW) -> list[str]:
    """What the page says about one login, a line for each thing."""
    with time_machine.travel(at, tick=False):
        page = signed_in(practice.therapist).get(f"/appointments/{appointment.pk}/").content.decode()
    sections = re.findall(r'<div class="told">\s*<h3>(.*?)</h3>(.*?)</div>', page, re.S)
    for name, section in sections:
        if name == login.name:
            lines = re.findall(r"<li.*?>(.*?)</li>|<p.*?>(.*?)</p>", section, re.S)
            return [html.unescape(" ".join(re.sub(r"<[^>]+>", " ", "".join(line)).split())) for line in lines]
    return []


def run(at: datetime) -> None:
    with time_machine.travel(at, tick=False), everywhere("the test runs a scan"):
        scan()
        while deliver_batch():
            pass


def test_before_anything_is_sent_it_says_what_will_be_and_when_L1(here: Practice) -> None:
    one = here.appointment(starts_at=IN_TWO_DAYS)
    assert told(here, one, here.mom) == [
        "Reminder will be emailed Thu, Jan 16, 10:00 AM PST",
        "Reminder will be texted Fri, Jan 17, 9:00 AM PST",
    ]
    assert told(here, one, here.dad) == [
        "Reminder will be emailed Thu, Jan 16, 10:00 AM PST",
        "Not texted: this login has it turned off Fri, Jan 17, 9:00 AM PST",
    ]


def test_afterwards_it_says_what_was_sent_and_what_not_L1(here: Practice) -> None:
    one = here.appointment(starts_at=IN_TWO_DAYS)
    run(IN_TWO_DAYS - timedelta(hours=24))
    between = IN_TWO_DAYS - timedelta(hours=3)
    assert told(here, one, here.mom, at=between) == [
        "Reminder emailed Thu, Jan 16, 10:00 AM PST",
        "Reminder will be texted Fri, Jan 17, 9:00 AM PST",
    ]
    run(IN_TWO_DAYS - timedelta(hours=1))
    after = IN_TWO_DAYS - timedelta(minutes=30)
    assert told(here, one, here.mom, at=after)[1] == "Reminder texted Fri, Jan 17, 9:00 AM PST"
    assert told(here, one, here.dad, at=after) == [
        "Reminder emailed Thu, Jan 16, 10:00 AM PST",
        "Not texted: this login has it turned off Fri, Jan 17, 9:00 AM PST",
    ]


def test_what_is_foretold_is_what_then_happens_L1_L3(here: Practice) -> None:
    """Every reason that the page names beforehand is the one that is on record afterwards."""
    with within(here.organization):
        here.dad.phone = "206-555-01440"
        here.dad.save()
        TextStop.objects.stop("2065550143")
    choose(here.dad, Channel.TEXT)
    choose(here.dad, Channel.EMAIL, on=False)
    one = here.appointment(starts_at=IN_TWO_DAYS)
    before = {login: told(here, one, login) for login in (here.mom, here.dad)}
    assert "Not texted: the phone number has 11 digits" in before[here.dad][1]
    assert "this number replied STOP" in before[here.mom][1]
    for lead in (24, 1):
        run(IN_TWO_DAYS - timedelta(hours=lead))
    assert told(here, one, here.dad, at=IN_TWO_DAYS) == before[here.dad]
    assert told(here, one, here.mom, at=IN_TWO_DAYS)[1] == before[here.mom][1]


def test_an_appointment_that_an_earlier_email_lists_says_so_before_and_after_R5(here: Practice) -> None:
    sibling = make_client(here.organization, "Ana")
    link(here.mom, sibling)
    here.appointment(starts_at=IN_TWO_DAYS, client=sibling)
    second = here.appointment(starts_at=IN_TWO_DAYS + timedelta(hours=2))
    assert told(here, second, here.mom)[0].startswith("Will be emailed, in the reminder of an appointment before it")
    assert told(here, second, here.dad)[0].startswith("Reminder will be emailed")
    run(IN_TWO_DAYS - timedelta(hours=24))
    run(IN_TWO_DAYS - timedelta(hours=22))
    after = IN_TWO_DAYS - timedelta(hours=21)
    assert told(here, second, here.mom, at=after)[0] == (
        "Emailed, in the reminder of an appointment before it Thu, Jan 16, 10:00 AM PST"
    )
    assert len(told(here, second, here.mom, at=after)) == 2


def test_corrections_are_told_too_R7(here: Practice) -> None:
    one = here.appointment(starts_at=IN_TWO_DAYS)
    run(IN_TWO_DAYS - timedelta(hours=24))
    moved = IN_TWO_DAYS - timedelta(hours=23)
    with within(here.organization), time_machine.travel(moved, tick=False):
        one.move(IN_TWO_DAYS + timedelta(hours=3))
        assert told(here, one, here.dad, at=moved)[1].startswith("Change being emailed")
    run(moved)
    assert told(here, one, here.dad, at=moved)[:2] == [
        "Reminder emailed Thu, Jan 16, 10:00 AM PST",
        "Change emailed Thu, Jan 16, 11:00 AM PST",
    ]
    with within(here.organization), time_machine.travel(moved, tick=False):
        one.set_status(Appointment.Status.CANCELLED)
    run(moved)
    assert "Cancellation emailed Thu, Jan 16, 11:00 AM PST" in told(here, one, here.dad, at=moved)
    assert not any("will be" in line for line in told(here, one, here.mom, at=moved))


def test_a_text_that_did_not_arrive_is_not_called_sent_T10(here: Practice) -> None:
    one = here.appointment(starts_at=IN_TWO_DAYS)
    run(IN_TWO_DAYS - timedelta(hours=1))
    with within(here.organization):
        row = Notification.objects.get(login=here.mom, channel=Channel.TEXT)
        Notification.objects.filter(pk=row.pk).update(
            state=State.UNDELIVERED, reason="phone_out_of_reach", reason_detail="30003"
        )
    assert "out of reach" in told(here, one, here.mom, at=IN_TWO_DAYS)[-1]
    with within(here.organization):
        Notification.objects.filter(pk=row.pk).update(state=State.DELIVERED, reason="", reason_detail="")
    assert "Reminder texted and delivered" in told(here, one, here.mom, at=IN_TWO_DAYS)[-1]


def test_where_nobody_signs_in_it_says_so_L1(here: Practice) -> None:
    alone = make_client(here.organization, "Otis")
    link(here.therapist, alone)
    one = here.appointment(client=alone)
    page = signed_in(here.therapist).get(f"/appointments/{one.pk}/").content.decode()
    assert "Nobody signs in for Otis, so nobody is told." in page


def test_a_cancelled_appointment_that_nobody_knew_of_tells_nobody(here: Practice) -> None:
    one = here.appointment(starts_at=IN_TWO_DAYS)
    with within(here.organization):
        one.set_status(Appointment.Status.CANCELLED)
    assert told(here, one, here.mom) == ["Nothing was sent, and nothing will be: it is not Scheduled."]


def test_a_large_family_with_a_full_year_costs_no_more_queries(here: Practice) -> None:
    first = here.appointment(starts_at=IN_TWO_DAYS)
    browser = signed_in(here.therapist)
    few = len(queries_of(browser, f"/appointments/{first.pk}/"))
    for number in range(20):
        relative = make_login(here.organization, f"Aunt {number}")
        link(relative, here.child)
        here.appointment(starts_at=IN_TWO_DAYS + timedelta(weeks=number + 1))
    assert len(queries_of(browser, f"/appointments/{first.pk}/")) == few
    with within(here.organization):
        assert len(story_of(first, reader=here.owner, now=NOW)) == 22


def test_no_link_leads_where_the_reader_is_refused_S3(here: Practice) -> None:
    """A schedule admin sees every appointment, and so why dad is not texted; but dad's login is not theirs to open."""
    admin = make_login(here.organization, "Sid Schedule", Role.STAFF, is_schedule_admin=True)
    one = here.appointment(starts_at=IN_TWO_DAYS)
    choose(here.dad, Channel.TEXT)
    with within(here.organization):
        Login.objects.filter(pk=here.dad.pk).update(phone="22065550144")
    pages = {
        login: signed_in(login).get(f"/appointments/{one.pk}/").content.decode() for login in (admin, here.therapist)
    }
    assert all("Not texted: the phone number has 11 digits" in page for page in pages.values())
    assert [
        re.search(rf'href="/logins/{here.dad.pk}/[^"]*">Mend this', page) is not None for page in pages.values()
    ] == [False, True]
    assert [f'href="/clients/{here.child.pk}/"' in page for page in pages.values()] == [False, True]
