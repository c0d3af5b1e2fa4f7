"""A STOP and an UNSTOP that overtook each other: the one that was written later counts (T7)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from accounts.models import TextStop, TextStopEvent, User
from notifications import crossing
from notifications.crossing import settle_crossings
from notifications.models import InboundText
from notifications.tasks import settle_order
from tests.conftest import Practice
from tests.notifications.conftest import PUBLIC_URL
from tests.notifications.test_inbound import MOM, answer_to, stopped
from tests.standins.twilio import Callback, Drop, TwilioStandin, server_error

pytestmark = pytest.mark.django_db

ADDRESS = f"{PUBLIC_URL}/webhooks/twilio/inbound"
T0 = datetime(2026, 5, 4, 12, tzinfo=timezone.get_default_timezone())
Write = Callable[..., Callback]


@pytest.fixture
def write(twilio: TwilioStandin, practice: Practice, settings: Settings) -> Write:
    """Mom writes something at so many seconds past noon; it is on its way."""
    settings.DELIVERY = "providers"

    def send(body: str, at: float, **told: Any) -> Callback:
        return twilio.inbound(body, to=ADDRESS, written_at=T0 + timedelta(seconds=at), **told)

    return send


def arrive(callback: Callback, at: float) -> None:
    with time_machine.travel(T0 + timedelta(seconds=at), tick=False):
        answer_to(callback)


def settle(at: float) -> int:
    with time_machine.travel(T0 + timedelta(seconds=at), tick=False):
        return settle_crossings()


STORIES = [
    (("STOP", "UNSTOP"), False),
    (("UNSTOP", "STOP"), True),
    (("please stop texting me", "START"), False),
    (("STOP", "UNSTOP", "STOP"), True),
    (("STOP", "UNSTOP", "leave me alone", "START"), False),
]
ORDERS = [(said, ends_stopped, order) for said, ends_stopped in STORIES for order in permutations(range(len(said)))]


@pytest.mark.parametrize(("said", "ends_stopped", "order"), ORDERS)
def test_in_whatever_order_they_arrive_the_last_written_counts_T7(
    write: Write, said: tuple[str, ...], ends_stopped: bool, order: tuple[int, ...]
) -> None:
    written = [write(body, at) for at, body in enumerate(said)]
    for at, which in enumerate(order):
        arrive(written[which], 60 + at)
        arrive(written[which], 60 + at)  # each twice
    for _ in range(2):
        settle(100)
        assert stopped() is ends_stopped
    assert settle(130) == 0  # all is known


def test_until_it_is_asked_each_takes_effect_as_it_arrives_T7(write: Write) -> None:
    stop, unstop = write("STOP", 0), write("UNSTOP", 5)
    arrive(unstop, 6)
    assert not stopped()
    arrive(stop, 7)
    assert stopped()
    settle(60)
    assert not stopped()
    late = InboundText.objects.get(body="STOP")
    assert (late.received_at, late.written_at) == (T0 + timedelta(seconds=7), T0)


def test_of_the_same_second_the_stop_counts_T6(write: Write) -> None:
    stop, unstop = write("STOP", 0), write("UNSTOP", 0)
    arrive(stop, 1)
    arrive(unstop, 2)
    settle(60)
    assert stopped()


@pytest.mark.parametrize("trouble", [server_error(), server_error(503), Drop()], ids=["500", "503", "dropped"])
def test_where_twilio_cannot_be_asked_a_stop_counts_until_it_can_T6(
    write: Write, twilio: TwilioStandin, trouble: Any
) -> None:
    stop, unstop = write("STOP", 0), write("UNSTOP", 5)
    arrive(stop, 6)
    arrive(unstop, 7)
    assert not stopped()
    twilio.on(trouble, at="fetch")
    settle(60)
    assert stopped()
    twilio._script.clear()
    settle(120)
    assert not stopped()


def test_a_worker_that_dies_between_the_answer_and_the_effect_costs_a_minute_T6_T7(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, unstop = write("STOP", 5), write("UNSTOP", 0)
    arrive(stop, 6)
    arrive(unstop, 7)

    def die(*_: object) -> None:
        raise SystemExit("the worker is killed")

    with monkeypatch.context() as patched:
        patched.setattr(crossing, "obey", die)
        with pytest.raises(SystemExit):
            settle(60)
    assert not stopped()
    settle(120)
    assert stopped()


def test_after_an_hour_nobody_asks_any_more(write: Write, twilio: TwilioStandin) -> None:
    stop, unstop = write("STOP", 0), write("UNSTOP", 5)
    arrive(stop, 6)
    arrive(unstop, 7)
    twilio.on(server_error(), at="fetch")
    assert [settle(60 * minute) for minute in (1, 30, 59, 61, 90)] == [1, 1, 1, 0, 0]
    assert stopped()


def test_those_that_are_far_apart_are_never_asked_about(write: Write, twilio: TwilioStandin) -> None:
    stop, unstop, other = write("STOP", 0), write("UNSTOP", 700), write("see you", 701)
    twilio.on(server_error(), at="fetch")  # would stop
    arrive(stop, 1)
    arrive(unstop, 701)
    arrive(other, 702)
    assert settle(760) == 0
    assert not stopped()


def test_another_number_is_another_matter(write: Write) -> None:
    arrive(write("STOP", 0), 1)
    arrive(write("UNSTOP", 0, sender="+12065550144"), 2)
    assert settle(60) == 0
    assert stopped()


def test_an_older_text_does_not_overrule_what_the_carrier_said_since_T8(write: Write) -> None:
    unstop, stop = write("UNSTOP", 10), write("STOP", 0)
    arrive(stop, 11)
    arrive(unstop, 12)
    TextStop.objects.stop(MOM, how=TextStopEvent.How.REFUSED, at=T0 + timedelta(seconds=30))
    settle(60)
    assert stopped()


def test_nor_what_an_admin_did_since_because_the_person_asked_T6(write: Write) -> None:
    stop, unstop = write("STOP", 10), write("UNSTOP", 0)
    arrive(unstop, 11)
    arrive(stop, 12)
    admin = User.objects.create_superuser("pat@blink.example")
    at = T0 + timedelta(seconds=30)
    TextStop.objects.resume(MOM, how=TextStopEvent.How.ADMIN, by=admin, why="She called.", at=at)
    settle(60)
    assert not stopped()


def test_what_was_put_right_is_on_record_with_its_words_T6(write: Write) -> None:
    stop, unstop = write("STOP", 5), write("UNSTOP", 0)
    arrive(stop, 6)
    arrive(unstop, 7)
    settle(60)
    events = TextStopEvent.objects.order_by("pk").values_list("stopped", "said", "at")
    assert list(events) == [
        (True, "STOP", T0 + timedelta(seconds=6)),
        (False, "UNSTOP", T0 + timedelta(seconds=7)),
        (True, "STOP", T0 + timedelta(seconds=5)),
    ]


def test_in_the_demo_the_order_of_arrival_is_the_order(write: Write, settings: Settings) -> None:
    settings.DELIVERY = "outbox"
    arrive(write("STOP", 5), 6)
    arrive(write("UNSTOP", 0), 7)
    assert settle(60) == 1
    assert not stopped()


def test_the_clock_asks_for_it(write: Write) -> None:
    now = timezone.now()
    for body, ago in (("UNSTOP", 1), ("STOP", 60)):
        answer_to(write(body, (now - T0).total_seconds() - ago))
    assert stopped()
    settle_order()
    assert not stopped()
