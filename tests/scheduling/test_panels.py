"""What scheduling shows on pages of others: today at home, and the appointments of a client."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from accounts.models import Client, Login, Role
from accounts.tenancy import within
from scheduling import panels
from scheduling.models import Appointment
from tests.conftest import Practice, link, make_client, make_login, make_practice
from tests.pages import same_queries, signed_in

NOW = datetime(2031, 1, 15, 18, 0, tzinfo=UTC)  # ten in the morning in Seattle


@pytest.fixture
def here(db: None) -> Any:
    with time_machine.travel(NOW, tick=False):
        practice = make_practice()
        with within(practice.organization):
            Login.objects.filter(pk=practice.owner.pk).update(is_schedule_admin=True)
        yield practice


def home(login: Login) -> str:
    return signed_in(login).get("/").content.decode()


def client_page(login: Login, client: Client) -> str:
    return signed_in(login).get(f"/clients/{client.pk}/").content.decode()


def test_today_shows_ones_own_and_to_a_schedule_admin_everybodys_S3(here: Practice) -> None:
    colleague = make_login(here.organization, "Cora Colleague", Role.STAFF)
    zelda = make_client(here.organization, "Zelda")
    link(colleague, zelda)
    here.appointment(starts_at=NOW + timedelta(hours=2))
    with within(here.organization):
        Appointment.objects.create(
            organization=here.organization, client=zelda, staff=colleague, starts_at=NOW + timedelta(hours=3)
        )
    seen = {login.name: ("Mia Rivera" in home(login), "Zelda" in home(login)) for login in (here.therapist, colleague)}
    assert seen == {"Theo Therapist": (True, False), "Cora Colleague": (False, True)}
    page = home(here.owner)
    assert "Mia Rivera" in page
    assert "Zelda" in page
    assert "2 appointments" in page


def test_today_is_the_day_of_the_practice_not_of_utc_R4(here: Practice) -> None:
    late = datetime(2031, 1, 16, 7, 30, tzinfo=UTC)  # half past eleven at night in Seattle, the 16th in UTC
    here.appointment(starts_at=late, location="Tonight")
    here.appointment(starts_at=late + timedelta(hours=1), location="Tomorrow")
    page = home(here.therapist)
    assert "Tonight" in page
    assert "Tomorrow" not in page


def test_late_in_a_full_day_what_is_to_come_is_shown_first(here: Practice) -> None:
    for number in range(panels.SHOWN):
        here.appointment(starts_at=NOW - timedelta(minutes=90 + number), location="Over")
    here.appointment(starts_at=NOW + timedelta(hours=1), location="Still to come")
    page = home(here.therapist)
    assert "Still to come" in page
    assert "Over" not in page
    assert "All of today" in page


def test_an_empty_day_says_what_to_do_W2(here: Practice) -> None:
    assert "Nothing today" in home(here.therapist)
    assert "No appointments ahead" in home(here.mom)


def test_a_clients_page_shows_what_is_coming_and_was_and_leads_to_booking(here: Practice) -> None:
    panel = client_page(here.therapist, here.child)
    assert "No appointments yet" in panel
    assert f"/appointments/new/?client={here.child.pk}&amp;next=/clients/{here.child.pk}/" in panel
    here.appointment(starts_at=NOW + timedelta(days=1), location="Room 2")
    gone = here.appointment(starts_at=NOW - timedelta(days=1))
    with within(here.organization):
        gone.set_status(Appointment.Status.NO_SHOW)
        here.child.discharge()
    panel = client_page(here.therapist, here.child)
    assert panel.index("Room 2") < panel.index("No-show")
    assert "/appointments/new/" not in panel  # nobody books for whoever is discharged


def test_a_clients_page_costs_the_same_with_many_appointments(here: Practice) -> None:
    def add(number: int) -> None:
        here.appointment(starts_at=NOW + timedelta(days=1 + number))
        here.appointment(starts_at=NOW - timedelta(days=1 + number))

    same_queries(signed_in(here.therapist), f"/clients/{here.child.pk}/", add, rows=20)
