"""The demo: it is valid, it is alive within a minute at any hour, and nothing in it is made up afterwards."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client as Browser
from pytest_django import DjangoDbBlocker

from accounts.features import Channel, Feature
from accounts.models import Client, FeatureToggle, Login, Organization, Preference, Role, TextStop, User
from accounts.tenancy import everywhere
from blink import demo
from blink.demo import story
from blink.demo.loading import load
from blink.demo.sign_ins import sign_ins
from messaging.models import Message
from notifications.delivery import deliver_batch
from notifications.models import Notification, OutboxMessage, State
from scheduling.models import Appointment
from scheduling.scan import scan

NOW = datetime(2026, 11, 24, 18, 20, 40, tzinfo=UTC)  # a Tuesday: 10:20 in Seattle, 18:20 in Bristol

pytestmark = pytest.mark.django_db


def let_go_out() -> None:
    """What the scan and the workers do, until nothing is due."""
    scan()
    while deliver_batch():
        pass


@pytest.fixture(scope="module", autouse=True)
def demo_in_the_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Loaded once for this module; what a test does to it is rolled back with the test."""
    with django_db_blocker.unblock():
        with time_machine.travel(NOW, tick=False):
            assert load()
        try:
            yield
        finally:
            call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def loaded(clock: time_machine.Traveller) -> Iterator[None]:
    """A test that sees all of the demo."""
    with everywhere("tests of the whole demo"):
        yield


@pytest.fixture
def begun(loaded: None) -> None:
    """The first minute is over."""
    let_go_out()


def texts() -> dict[str, str]:
    """The reminders that went out by text, by the number they went to."""
    reminders = OutboxMessage.objects.filter(channel=Channel.TEXT, notification__kind="appointment.reminder")
    return dict(reminders.values_list("recipient", "body"))


def emails_to(address: str) -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(channel=Channel.EMAIL, recipient=address).order_by("pk"))


def outcome(name: str, channel: Channel) -> str:
    """What became of the one reminder to this login by this channel, as staff read it."""
    return Notification.objects.get(login__name=name, channel=channel, kind="appointment.reminder").words


# --- what it consists of


def test_everybody_and_everything_in_it_passes_its_own_checks(loaded: None) -> None:
    for model in (User, Organization, FeatureToggle, Login, Client, Preference):
        rows = list(model._default_manager.all())
        assert rows, model
        for row in rows:
            row.full_clean()
    for appointment in Appointment.objects.all():
        # The relations and constraints of the past ones are the database's own to hold.
        appointment.clean_fields(exclude={"organization", "client", "staff"})
        if appointment.is_scheduled:
            appointment.full_clean()


def test_nobody_in_it_can_exist(loaded: None) -> None:
    """RFC 2606 for addresses; 555-01xx, and Ofcom's numbers for drama, for phones."""
    addresses = [
        *User.objects.values_list("email", flat=True),
        *Organization.objects.values_list("reply_to", flat=True),
    ]
    assert [address for address in addresses if not address.endswith(".example")] == []
    numbers = [*Login.objects.values_list("phone", flat=True), *Organization.objects.values_list("phone", flat=True)]
    invented = re.compile(r"|[2-9]\d\d55501\d\d\d?|07700900\d{3}|\+441174960\d{3}")
    assert [number for number in numbers if not invented.fullmatch(number)] == []


def test_three_practices_in_three_countries(loaded: None) -> None:
    assert set(Organization.objects.values_list("country", flat=True)) == {"US", "CA", "GB"}
    assert Organization.objects.get(country="CA").region == "QC"
    assert Login.objects.filter(organization__country="CA", role=Role.STAFF, language="fr").count() == 3


def test_one_practice_has_invoices_off(loaded: None) -> None:
    off = FeatureToggle.objects.filter(on_since__isnull=True)
    assert [(toggle.organization.slug, toggle.feature) for toggle in off] == [("willowmere", Feature.INVOICES)]


def test_each_permission_is_had_by_somebody_alone(loaded: None) -> None:
    permissions = set(Login.objects.staff().values_list("is_organization_admin", "is_user_admin", "is_schedule_admin"))
    assert {(True, True, False), (False, True, False), (False, False, True), (False, False, False)} <= permissions


def test_one_person_has_logins_in_two_practices(loaded: None) -> None:
    elio = User.objects.get(email="elio.iversen@mail.example")
    assert {login.organization.country.code for login in elio.logins.all()} == {"US", "CA"}


def test_the_past_went_in_different_ways_and_all_of_it_is_over(loaded: None) -> None:
    past = Appointment.objects.filter(starts_at__lt=NOW)
    assert set(past.values_list("status", flat=True)) == set(Appointment.Status.values) - {"scheduled"}
    assert past.count() > 100


def test_there_is_something_on_every_working_day_ahead(loaded: None) -> None:
    for organization in Organization.objects.all():
        local_days = {
            appointment.starts_at.astimezone(organization.zone).date()
            for appointment in Appointment.objects.scheduled().filter(organization=organization)
        }
        today = NOW.astimezone(organization.zone).date()
        ahead = [today + timedelta(days=days) for days in range(3, 16)]
        assert {day for day in ahead if day.weekday() < 5} <= local_days, organization.slug


def test_the_platform_admin_can_sign_in_with_the_password_we_tell(loaded: None, client: Browser) -> None:
    assert demo.ADMIN_EMAIL in {one.email for one in sign_ins()}
    assert client.login(username=demo.ADMIN_EMAIL, password=demo.PASSWORD)
    assert client.get("/admin/").status_code == 200


def test_a_changed_password_is_not_told(loaded: None) -> None:
    admin = User.objects.get(email=demo.ADMIN_EMAIL)
    admin.set_password("something else")
    admin.save()
    assert demo.ADMIN_EMAIL not in {one.email for one in sign_ins()}


# --- its first minute


def test_the_dad_of_two_gets_one_email_about_both_R5(begun: None) -> None:
    (agenda,) = emails_to("marcus.bellweather@mail.example")
    assert "Ada" in agenda.body
    assert "Theo" in agenda.body
    assert agenda.calendar.count("BEGIN:VEVENT") == 2


def test_mom_and_dad_are_both_reminded_R3(begun: None) -> None:
    for address in ("hanna.lindqvist@mail.example", "tomas.lindqvist@mail.example"):
        assert "Ruby" in emails_to(address)[0].body


def test_texts_go_out_and_end_with_the_way_out_T4(begun: None) -> None:
    assert set(texts()) == {"2065550131", "2065550142", "5145550111"}
    assert all("STOP" in body[-40:] for body in texts().values())


@pytest.mark.parametrize(
    ("name", "channel", "words"),
    [
        ("Leela Ashdown", Channel.TEXT, "Not texted: texts are only sent by practices in the U.S. and Canada"),
        ("Gareth Lovelace", Channel.TEXT, "Not texted: texts are only sent by practices in the U.S. and Canada"),
        ("Priya Raghavan", Channel.TEXT, "Not texted: the phone number has 11 digits"),
        (
            "Sylvain Gagnon",
            Channel.TEXT,
            "Not texted: this number replied STOP; only UNSTOP from that phone resumes texts",
        ),
        ("Victor Lindqvist", Channel.EMAIL, "Not emailed: this login is deactivated"),
        ("Delia Marchbanks", Channel.EMAIL, "Not emailed: the client is discharged"),
        (
            "Jonah Whitcombe",
            Channel.EMAIL,
            "Not emailed: it was put on the schedule less than 24 hours ahead",
        ),
    ],
)
def test_the_record_says_in_words_why_not_L1(begun: None, name: str, channel: Channel, words: str) -> None:
    assert outcome(name, channel) == words


def test_a_stop_is_on_record(loaded: None) -> None:
    assert [str(stop) for stop in TextStop.objects.in_force()] == ["(514) 555-0112"]


# --- and the minutes, hours and days after it


def test_more_goes_out_in_the_next_minutes(begun: None, clock: time_machine.Traveller) -> None:
    before = OutboxMessage.objects.count()
    for _minute in range(8):
        clock.shift(timedelta(minutes=1))
        let_go_out()
    assert outcome("Marcia Dufresne", Channel.TEXT) == "Not texted: the phone number is not a U.S. or Canadian number"
    assert outcome("Arthur Pemberley", Channel.EMAIL) == "Not emailed: this login has it turned off"
    assert "2065550161" in texts()
    assert "PST" not in emails_to("maren.tolliver@mail.example")[0].body  # R4: she lives in New York
    assert {message.organization.slug for message in emails_to("elio.iversen@mail.example")} == {
        "cedar-finch",
        "vieux-tilleul",
    }
    assert OutboxMessage.objects.count() >= before + 5


def test_nothing_is_ever_recorded_as_too_late_while_it_runs(begun: None, clock: time_machine.Traveller) -> None:
    for _half_hour in range(2 * 50):
        clock.shift(timedelta(minutes=30))
        let_go_out()
    late = Notification.objects.filter(reason="too_late")
    assert [row.words for row in late] == []
    assert Notification.objects.filter(state__in=(State.PENDING, State.SENDING, State.FAILED)).count() == 0
    day_two = OutboxMessage.objects.filter(sent_at__gt=NOW + timedelta(hours=24))
    assert set(day_two.values_list("channel", flat=True)) == {Channel.EMAIL, Channel.TEXT}


# --- the story


def test_the_story_moves_one_and_cancels_one_after_they_were_reminded_R7(
    begun: None, clock: time_machine.Traveller
) -> None:
    assert story.go_on()
    assert Appointment.objects.exclude(sequence=0).filter(starts_at__gt=NOW).count() == 0

    clock.shift(timedelta(minutes=1))
    assert story.go_on()
    let_go_out()
    assert "moved to" in emails_to("tomas.lindqvist@mail.example")[-1].subject
    assert "SEQUENCE:1" in emails_to("hanna.lindqvist@mail.example")[-1].calendar

    clock.shift(timedelta(minutes=1))
    story.go_on()
    let_go_out()
    assert story.go_on() is False
    assert OutboxMessage.objects.filter(recipient="5145550111").count() == 2
    assert OutboxMessage.objects.filter(recipient="5145550112").count() == 0
    # A new reminder comes for the new time, which is still more than a day ahead.
    clock.shift(timedelta(hours=2))
    let_go_out()
    assert len(emails_to("tomas.lindqvist@mail.example")) == 3


def test_the_story_waits_for_the_reminders(loaded: None, clock: time_machine.Traveller) -> None:
    clock.shift(timedelta(minutes=30))
    assert story.go_on()
    assert Appointment.objects.get(uid=story.MOVED).sequence == 0


def test_the_story_leaves_alone_what_somebody_else_changed(begun: None, clock: time_machine.Traveller) -> None:
    theirs = NOW + timedelta(days=3)
    Appointment.objects.get(uid=story.MOVED).move(theirs)
    Appointment.objects.get(uid=story.CANCELLED).set_status(Appointment.Status.NO_SHOW)
    clock.shift(timedelta(minutes=10))
    assert story.go_on() is False
    assert Appointment.objects.get(uid=story.MOVED).starts_at == theirs.replace(second=0)


# --- where it is loaded


def test_it_is_loaded_once(loaded: None) -> None:
    people = User.objects.count()
    assert load() is False
    assert User.objects.count() == people


# --- its conversations


def test_a_family_and_staff_write_now_and_the_others_are_told_within_the_first_minute_N1(begun: None) -> None:
    for address in ("bram@cedarfinch.example", "etienne@vieuxtilleul.example", "rhys@willowmere.example"):
        assert ["/messages/" in email.body for email in emails_to(address)].count(True) == 1
    subjects = [email.subject for email in emails_to("callum.ashdown@post.example")]
    assert "New message for you at Willowmere Counselling" in subjects
    told = Notification.objects.filter(kind="message.sent")
    assert {row.words for row in told.filter(login__name="Rosalind Bellweather")} == {
        "Not emailed: this login has it turned off",
        "Not texted: this login has it turned off",
    }
    assert (
        told.get(login__name="Leela Ashdown", channel=Channel.TEXT).words
        == "Not texted: texts are only sent by practices in the U.S. and Canada"
    )


def test_of_what_was_said_before_nothing_is_on_record_and_some_is_unread_O5(loaded: None) -> None:
    assert Message.objects.filter(sent_at__lt=NOW - timedelta(hours=1)).count() > 10
    assert not Notification.objects.filter(kind="message.sent", due_at__lt=NOW - timedelta(hours=1)).exists()
    assert Message.objects.unread_by(Login.objects.get(name="Marisol Quintero")).count() == 2
