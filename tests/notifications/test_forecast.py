"""The forecast and the record agree, because the same rules make both (L3)."""

import json
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.features import Channel, Feature
from accounts.models import FeatureToggle, Role, TextStop
from accounts.tenancy import everywhere, within
from notifications.forecast import forecast
from notifications.models import Notification, State
from scheduling.models import Appointment
from scheduling.scan import scan
from tests.conftest import Practice, choose, link, make_client, make_login, make_organization
from tests.notifications.foretelling import Line, foretold, let_time_pass, recorded

NOW = datetime(2031, 3, 3, 9, 0, tzinfo=UTC)
HOURS = 48


def foretold_now(practice_id: int) -> Counter[Line]:
    return foretold(practice_id, now=NOW, hours=HOURS)


def a_lively_practice(seed: int, appointments: int) -> int:
    """Families, staff and appointments of every sort, made up from a seed; returns the organization's id."""
    chance = random.Random(seed)
    organization = make_organization(f"Practice {seed}", country=chance.choice(["US", "CA", "GB"]), region="")
    staff = make_login(organization, "Theo", Role.STAFF)
    clients = [make_client(organization, f"Client {number}") for number in range(12)]
    for number in range(10):
        phone = chance.choice(["2065550143", "", "12065550143555", "8765550143", f"20655501{number:02}"])
        login = make_login(organization, f"Login {number}", phone=phone)
        link(login, *chance.sample(clients, chance.randint(1, 3)))
        if chance.random() < 0.6:
            choose(login, Channel.TEXT)
        if chance.random() < 0.2:
            choose(login, Channel.EMAIL, on=False)
        if chance.random() < 0.1:
            with within(organization):
                login.deactivate()
    TextStop.objects.stop("2065550105")
    with within(organization):
        clients[0].discharge()
        for _ in range(appointments):
            Appointment.objects.create(
                organization=organization,
                client=chance.choice(clients),
                staff=staff,
                starts_at=NOW + timedelta(minutes=15 * chance.randint(1, 4 * 74)),
                on_schedule_since=NOW - timedelta(minutes=chance.choice([1, 60 * 5, 60 * 30, 60 * 24 * 9])),
                status=chance.choice([*["scheduled"] * 6, "cancelled", "attended"]),
            )
    return organization.pk


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(3))
def test_the_record_is_what_was_foretold_for_hundreds_of_appointments_L3(seed: int) -> None:
    with time_machine.travel(NOW, tick=False):
        organization = a_lively_practice(seed, appointments=150)
        expected = foretold_now(organization)
    assert sum(expected.values()) > 150
    assert len({reason for *_, reason in expected}) > 4  # sent ones, and reasons of many kinds

    let_time_pass(NOW, HOURS)
    assert recorded(organization) == expected


@pytest.mark.django_db
def test_an_agenda_is_foretold_as_one_email_L3_R5(practice: Practice) -> None:
    with time_machine.travel(NOW, tick=False):
        first = practice.appointment(timedelta(hours=30), on_schedule_since=NOW)
        second = practice.appointment(timedelta(hours=31), on_schedule_since=NOW)
        emails = {line: n for line, n in foretold_now(practice.organization.pk).items() if line[2] == Channel.EMAIL}
    expected = {}
    for login in (practice.mom, practice.dad):
        expected[first.pk, login.pk, "email", ""] = 1
        expected[second.pk, login.pk, "email", "already_listed"] = 1
    assert emails == expected


@pytest.mark.django_db
def test_the_forecast_writes_nothing_and_asks_the_same_for_1_and_50_L3(practice: Practice) -> None:
    queries = []
    for more in (1, 49):
        for number in range(more):
            practice.appointment(timedelta(hours=30, minutes=5 * number))
        with (
            within(practice.organization),
            CaptureQueriesContext(
                connection,
            ) as captured,
        ):
            forecast(practice.organization, now=NOW)
        queries.append(len(captured))
        assert not [query for query in captured if not query["sql"].lstrip().upper().startswith("SELECT")]
    assert queries[0] == queries[1]


@pytest.mark.django_db
def test_what_waits_for_another_attempt_is_in_the_forecast_L3(practice: Practice) -> None:
    with time_machine.travel(NOW, tick=False):
        practice.appointment(timedelta(hours=24))
        scan()
        assert {line[2] for line in foretold_now(practice.organization.pk)} == {"email", "text"}
    with everywhere("the test looks"):
        assert set(Notification.objects.values_list("state", flat=True)) == {State.PENDING}


@pytest.mark.django_db
def test_the_command_speaks_to_people_L3(practice: Practice) -> None:
    practice.appointment(timedelta(hours=30))
    with within(practice.organization):
        FeatureToggle.objects.all().turn(Feature.MESSAGES, on=False)
    written = StringIO()
    call_command("forecast", stdout=written)
    said = written.getvalue()
    assert "Harbor Kids Therapy: 2 to be sent and 2 not, in the next 48 hours (times in America/Los_Angeles)" in said
    assert "Not texted: this login has it turned off" in said
    assert "will be sent" in said
    assert "Maria Rivera" in said


@pytest.mark.django_db
def test_the_command_speaks_to_programs_about_one_practice_L3_S1(practice: Practice, other_practice: Practice) -> None:
    practice.appointment(timedelta(hours=30))
    other_practice.appointment(timedelta(hours=30))
    written = StringIO()
    call_command("forecast", "--json", "--organization", practice.organization.slug, stdout=written)
    (told,) = json.loads(written.getvalue())["organizations"]
    assert told["organization"] == practice.organization.slug
    assert {line["login"] for line in told["notifications"]} == {practice.mom.pk, practice.dad.pk}
    assert {line["reason"] for line in told["notifications"]} == {"", "preference_off"}


@pytest.mark.django_db
def test_the_command_names_a_practice_that_it_does_not_know() -> None:
    with pytest.raises(CommandError, match="No organization is called 'nowhere'"):
        call_command("forecast", "--organization", "nowhere")
