"""Which of our numbers texts whom: always the same one, and the database agrees (P6)."""

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from pytest_django import Settings

from accounts import phones
from accounts.features import Channel
from accounts.models import Login, TextStop
from accounts.tenancy import everywhere
from notifications.channels.text import open_connection
from notifications.models import Notification
from notifications.reachability import our_number, reach_of
from notifications.senders import place_in_sql, place_of, sender_for, senders
from tests.conftest import Practice, make_login
from tests.notifications.conftest import make_notification, make_text
from tests.standins.twilio import TwilioStandin

OURS = ["+12065550100", "+16045550100", "+15145550100"]

numbers = st.from_regex(r"[2-9][0-9]{9}", fullmatch=True)


@pytest.fixture
def three(settings: Settings) -> None:
    settings.DELIVERY, settings.TWILIO_FROM = "providers", ",".join(OURS)


@given(phone=numbers)
def test_a_number_is_always_texted_from_the_same_one_of_ours(phone: str) -> None:
    assert place_of(phone, 3) == place_of(str(phone), 3) == (48 + int(phone[-1]) + 10 * (48 + int(phone[-2]))) % 3


@pytest.mark.parametrize("many", [2, 3, 5, 7, 10, 20])
def test_our_numbers_share_the_people_evenly(many: int) -> None:
    shares = [0] * many
    for last_two in range(100):
        shares[place_of(f"20655501{last_two:02}", many)] += 1
    assert max(shares) - min(shares) <= 2, shares


def place_by_database(login: Login, phone: str, many: int) -> int:
    with everywhere("the test looks"):
        Login.objects.filter(pk=login.pk).update(phone=phone)
        (place,) = Login.objects.values_list(place_in_sql("phone", many)).get(pk=login.pk)
    return int(place)


@pytest.mark.django_db
@hypothesis(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    phone=st.one_of(numbers, st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=64)),
    many=st.integers(2, 30),
)
@example(phone="", many=3)
@example(phone="7", many=3)
@example(phone="📱", many=7)
@example(phone="ask 👵🏽", many=10)
@example(phone="604-555-HELP", many=4)
def test_the_database_agrees_whatever_is_stored(practice: Practice, phone: str, many: int) -> None:
    """PostgreSQL here; SQLite in `tests/services/test_sqlite.py`."""
    assert place_by_database(practice.mom, phone, many) == place_of(phones.normalize(phone), many)


@pytest.mark.django_db
def test_the_rows_of_all_senders_are_all_rows_each_once(three: None, practice: Practice) -> None:
    """Also of those who have no number, or one that cannot be texted: somebody must say why."""
    for each, phone in enumerate(["2065550107", "2065550118", "2065550129", "", "7", "604-555-HELP", "+442079460958"]):
        make_notification(make_login(practice.organization, f"Parent {each}", phone=phone), Channel.TEXT)
    make_notification(practice.dad, Channel.EMAIL)
    with everywhere("the test looks"):
        rows = Notification.objects.order_by("pk")
        of_each = [set(sender.of_its_own(rows).values_list("pk", flat=True)) for sender in senders()]
        assert sorted(pk for own in of_each for pk in own) == list(rows.values_list("pk", flat=True))
    assert [sender.name for sender in senders()] == [*OURS, "email"]
    assert len([own for own in of_each if own]) > 2


@pytest.mark.django_db
def test_unstop_goes_to_the_number_that_the_texts_came_from_P6_T6(
    twilio: TwilioStandin, three: None, practice: Practice
) -> None:
    shown = set()
    for each in range(10):
        phone = f"206555010{each}"
        parent = make_login(practice.organization, f"Parent {each}", phone=phone)
        with open_connection() as connection:
            connection.send(make_text(parent, recipient=phone))
        TextStop.objects.stop(phone)
        came_from = phones.for_display(twilio.messages[-1].from_ or "")
        by_text = next(reach for reach in reach_of(parent) if reach.channel == Channel.TEXT)
        assert by_text.whole_truth(to_you=True).endswith(f"text UNSTOP from your phone to {came_from}.")
        shown.add(came_from)
    assert shown == {"(206) 555-0100", "(604) 555-0100", "(514) 555-0100"}


@pytest.mark.parametrize("service", ["MG" + "ab" * 16, ""])
def test_one_sender_texts_everybody(settings: Settings, service: str) -> None:
    """A messaging service chooses from its own numbers, which nobody is told."""
    settings.DELIVERY, settings.TWILIO_FROM = "providers", service
    assert sender_for("2065550143") == sender_for("") == service
    assert our_number("2065550143") == ""
    assert len(senders()) == 2
