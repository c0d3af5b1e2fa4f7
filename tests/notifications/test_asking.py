"""Where no status callback comes, Twilio is asked what became of a text (T9, T10)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from pytest_django import Settings

from accounts.features import Channel
from accounts.tenancy import everywhere
from notifications.asking import ask
from notifications.delivery import deliver_batch
from notifications.models import Hold, Notification, State
from tests.conftest import Practice, choose
from tests.notifications.conftest import make_notification
from tests.notifications.test_delivery import due_text, now
from tests.standins.twilio import Drop, Refuse, TwilioStandin, server_error

pytestmark = pytest.mark.django_db

START = datetime(2026, 6, 1, 15, 0, tzinfo=UTC)
MINUTE, HOUR = 60, 3600


@pytest.fixture(autouse=True)
def clock(settings: Settings) -> Iterator[time_machine.Traveller]:
    settings.DELIVERY = "providers"
    with time_machine.travel(START, tick=True) as coordinates:
        yield coordinates


@pytest.fixture
def sent(clock: time_machine.Traveller, practice: Practice, twilio: TwilioStandin) -> Notification:
    """A text that Twilio has accepted."""
    choose(practice.mom, Channel.EMAIL, on=False)
    choose(practice.mom, Channel.TEXT)
    row = due_text(practice)
    deliver_batch()
    assert now(row).state == State.SENT
    return row


def become(twilio: TwilioStandin, status: str, code: int | None = None) -> None:
    """What became of the only text at Twilio, of which no callback comes."""
    twilio.callback(twilio.messages[-1].sid, status, error_code=code)


@pytest.mark.parametrize(
    ("status", "code", "state"),
    [
        ("delivered", None, State.DELIVERED),
        ("undelivered", 30006, State.UNDELIVERED),
        ("failed", 30007, State.FAILED),
        ("undelivered", 30003, State.PENDING),
    ],
)
def test_what_became_of_a_text_is_asked_after_a_quarter_of_an_hour_T10(
    sent: Notification, twilio: TwilioStandin, clock: time_machine.Traveller, status: str, code: int, state: State
) -> None:
    become(twilio, status, code)
    clock.shift(14 * MINUTE)
    assert ask() == 0
    clock.shift(2 * MINUTE)
    assert ask() == 1
    assert now(sent).state == state
    assert ask() == 0


def test_it_is_asked_again_ever_more_rarely_and_never_after_a_day(
    sent: Notification, twilio: TwilioStandin, clock: time_machine.Traveller
) -> None:
    asked = []
    for minute in range(0, 30 * 60, 5):
        if ask():
            asked.append(minute)
        clock.shift(5 * MINUTE)
    for minute, expected in zip(asked, (15, 60, 6 * 60, 24 * 60), strict=True):
        assert expected <= minute <= expected + 10
    become(twilio, "delivered")
    clock.shift(30 * 24 * HOUR)
    assert ask() == 0


def test_a_text_that_a_callback_settled_is_not_asked_about(
    sent: Notification, twilio: TwilioStandin, clock: time_machine.Traveller
) -> None:
    with everywhere("the test"):
        Notification.objects.filter(pk=sent.pk).update(state=State.DELIVERED)
    clock.shift(HOUR)
    assert ask() == 0


@pytest.mark.parametrize("behaviour", [server_error(500), server_error(503), Refuse(20003, 401), Drop()], ids=repr)
def test_a_question_that_is_not_answered_is_asked_later_and_changes_nothing(
    sent: Notification, twilio: TwilioStandin, clock: time_machine.Traveller, behaviour: Refuse | Drop
) -> None:
    become(twilio, "delivered")
    twilio.on(behaviour, at="fetch", times=1)
    clock.shift(16 * MINUTE)
    assert (ask(), now(sent).state) == (0, State.SENT)
    clock.shift(6 * MINUTE)
    assert (ask(), now(sent).state) == (1, State.DELIVERED)
    assert not Hold.objects.exists()


def test_texts_of_which_there_never_is_an_answer_keep_no_other_waiting_and_end_T10(
    sent: Notification, practice: Practice, twilio: TwilioStandin, clock: time_machine.Traveller
) -> None:
    """Such as a few that were sent by another account, before the settings were changed."""
    become(twilio, "delivered")
    odd = [f"SM{number:032x}" for number in range(8)]
    for sid in odd:
        make_notification(
            practice.mom, Channel.TEXT, state=State.SENT, sent_at=START, provider_id=sid, next_attempt_at=START
        )
    respond, asked = twilio.respond, []

    def no_answer(method: str, target: str, form: dict[str, str], login: str | None) -> object:
        if any(sid in target for sid in odd):
            asked.append(target)
            return respond("GET", target, form, "nobody:nothing")  # 401
        return respond(method, target, form, login)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(twilio, "respond", no_answer)
        for _minute in range(60):
            ask()
            clock.shift(MINUTE)
        assert now(sent).state == State.DELIVERED
        clock.shift(24 * HOUR)
        asked.clear()
        for _minute in range(30):
            ask()
            clock.shift(10 * MINUTE)
        assert len(asked) <= len(odd)


@pytest.mark.parametrize("provider_id", ["SM" + "f" * 32, "outbox-7", ""])
def test_a_text_that_twilio_does_not_know_is_asked_about_once(
    practice: Practice, twilio: TwilioStandin, clock: time_machine.Traveller, provider_id: str
) -> None:
    row = make_notification(
        practice.mom, Channel.TEXT, state=State.SENT, sent_at=START, provider_id=provider_id, next_attempt_at=START
    )
    assert (ask(), ask(), now(row).state) == (1, 0, State.SENT)


def test_one_that_is_sent_and_not_refused_for_long_ends_a_hold(
    sent: Notification, twilio: TwilioStandin, clock: time_machine.Traveller
) -> None:
    Hold.objects.create(
        channel=Channel.TEXT, code="30034", since=START - timedelta(hours=1), next_try_at=START, tries=1
    )
    clock.shift(16 * MINUTE)
    assert ask() == 1
    assert not Hold.objects.in_force().exists()
