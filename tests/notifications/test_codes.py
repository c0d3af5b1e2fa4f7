"""Each code of the table, as Twilio answers or reports it: attempts, the end, and the words that staff see (T8, R8)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.features import Channel
from accounts.models import PhoneFault, TextStop
from accounts.tenancy import everywhere
from notifications import reasons
from notifications.channels.twilio_errors import CODES, Outcome, page_about
from notifications.delivery import deliver_batch
from notifications.models import EarlierAttempt, Hold, Notification, State
from scheduling.models import Mention
from scheduling.scan import scan
from tests.conftest import Practice, choose
from tests.notifications.conftest import PUBLIC_URL
from tests.standins.twilio import Callback, Refuse, TwilioStandin

pytestmark = pytest.mark.django_db

START = datetime(2026, 6, 1, 15, 0, tzinfo=UTC)
REPORTED = ("30001", "30002", "30003", "30004", "30005", "30006", "30007", "30008", "30032", "30034", "30036")
NUMBER = "2065550143"


@pytest.fixture
def clock(settings: Settings) -> Iterator[time_machine.Traveller]:
    settings.DELIVERY = "providers"
    with time_machine.travel(START, tick=True) as coordinates:
        yield coordinates


@pytest.fixture
def family(clock: time_machine.Traveller, practice: Practice) -> Practice:
    choose(practice.mom, Channel.EMAIL, on=False)
    choose(practice.dad, Channel.EMAIL, on=False)
    choose(practice.mom, Channel.TEXT)
    return practice


def due_text(family: Practice) -> Notification:
    """Mom's reminder of an appointment in 55 minutes, due for five."""
    appointment = family.appointment(timedelta(minutes=55))
    scan()
    with everywhere("the test looks"):
        return Notification.objects.get(channel=Channel.TEXT, login=family.mom, subject_id=appointment.pk)


def now(row: Notification) -> Notification:
    with everywhere("the test looks"):
        return Notification.objects.get(pk=row.pk)


def run() -> None:
    while deliver_batch():
        pass


def an_hour(row: Notification, clock: time_machine.Traveller, outcome: Outcome) -> Iterator[None]:
    """Each moment of an hour at which there is something to do; while texts are held, every ten minutes."""
    while timezone.now() < START + timedelta(hours=1):
        yield
        next_try = (now(row).next_attempt_at - timezone.now()).total_seconds()
        if outcome is Outcome.MISCONFIGURED:
            clock.shift(600)
        else:
            clock.shift(next_try + 0.1 if 0 < next_try < 600 else 600)


def post(callback: Callback) -> int:
    response = Client().generic(
        "POST",
        callback.url.removeprefix(PUBLIC_URL),
        urlencode(callback.fields),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": callback.signature},
    )
    return response.status_code


def attempts_at(twilio: TwilioStandin, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that the stand-in is asked to create from now on, whatever it answers."""
    asked: list[str] = []
    respond = twilio.respond

    def counted(method: str, target: str, form: dict[str, str], login: str | None) -> object:
        if method == "POST":
            asked.append(form.get("To", ""))
        return respond(method, target, form, login)

    monkeypatch.setattr(twilio, "respond", counted)
    return asked


# How often the provider is asked for one text while it always answers so (for an hour, of which the text is useful for
# 55 minutes), the end, and its words.
TOO_LATE = "Not texted: it was too late by the time it could be sent"
EXPECTED: dict[Outcome, tuple[int | None, State]] = {
    Outcome.STOPPED: (1, State.FAILED),
    Outcome.NUMBER: (1, State.FAILED),
    Outcome.CONTENT: (1, State.FAILED),
    Outcome.ONCE_MORE: (2, State.FAILED),
    Outcome.LATER: (None, State.FAILED),  # often
    Outcome.MISCONFIGURED: (None, State.SKIPPED),  # each time that it may be tried, as the only text there is
}


@pytest.mark.parametrize("code", [code for code in CODES if CODES[code].outcome is not Outcome.UNKNOWN])
def test_each_code_as_the_answer_to_the_creation_T8_R8(
    family: Practice,
    twilio: TwilioStandin,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
) -> None:
    row, meaning = due_text(family), CODES[code]
    asked = attempts_at(twilio, monkeypatch)
    twilio.on(Refuse(code, {20003: 401, 20404: 404, 20429: 429, 20503: 503}.get(code, 400)))
    for _turn in an_hour(row, clock, meaning.outcome):
        run()
    kept = now(row)
    print(f"\n{code} answered | {meaning.outcome.name} | {len(asked)} attempts | {kept.state} | {kept.words}")  # noqa: T201
    often, state = EXPECTED[meaning.outcome]
    assert kept.state == state
    assert len(asked) == kept.attempts
    assert len(asked) == often if often else 4 <= len(asked) <= 61
    assert kept.words == (
        TOO_LATE if state == State.SKIPPED else meaning.reason.words(Channel.TEXT, "" if code == 21610 else str(code))
    )
    assert twilio.messages == ()
    consequences(code)
    with everywhere("the test looks"):
        assert not Mention.objects.filter(notification=row).exists()


@pytest.mark.parametrize("code", [int(code) for code in REPORTED])
def test_each_code_that_comes_by_callback_T8_T10_R8(
    family: Practice, twilio: TwilioStandin, clock: time_machine.Traveller, code: int
) -> None:
    row, meaning = due_text(family), CODES[code]
    reported: set[str] = set()
    status = "failed" if code == 30036 else "undelivered"
    for _turn in an_hour(row, clock, meaning.outcome):
        run()
        for text in twilio.messages:
            if text.sid not in reported:
                reported.add(text.sid)
                assert twilio_says(twilio, text.sid, status, code) == (204, 204)
    kept = now(row)
    print(f"\n{code} reported | {meaning.outcome.name} | {len(reported)} attempts | {kept.state} | {kept.words}")  # noqa: T201
    once = {Outcome.NUMBER: 1, Outcome.CONTENT: 1, Outcome.ONCE_MORE: 2}.get(meaning.outcome)
    assert len(reported) == once if once else 4 <= len(reported) <= 61
    assert len(reported) == kept.attempts
    if meaning.outcome is Outcome.MISCONFIGURED:
        assert (kept.state, kept.words) == (State.SKIPPED, TOO_LATE)
    else:
        assert kept.state == (State.FAILED if status == "failed" else State.UNDELIVERED)
        assert kept.words == meaning.reason.words(Channel.TEXT, str(code))
    with everywhere("the test looks"):
        assert EarlierAttempt.objects.filter(notification=row).count() == len(reported) - (kept.state != State.SKIPPED)
    consequences(code)


def twilio_says(twilio: TwilioStandin, sid: str, status: str, code: int | None = None) -> tuple[int, ...]:
    """A report by callback, which comes twice."""
    callback = twilio.callback(sid, status, error_code=code)
    return post(callback), post(callback)


def consequences(code: int) -> None:
    """What a code leaves behind besides the row."""
    outcome = CODES[code].outcome
    assert TextStop.objects.in_force().filter(phone=NUMBER).exists() == (outcome is Outcome.STOPPED)
    assert PhoneFault.objects.in_force().filter(phone=NUMBER).exists() == (outcome is Outcome.NUMBER)
    held = [("text", "US" if code == 21408 else "", str(code))] if outcome is Outcome.MISCONFIGURED else []
    assert list(Hold.objects.values_list("channel", "country", "code")) == held


@pytest.mark.parametrize("code", [20500])
def test_an_unknown_outcome_is_looked_up_and_sent_once_R9(
    family: Practice, twilio: TwilioStandin, clock: time_machine.Traveller, code: int
) -> None:
    row = due_text(family)
    twilio.on(Refuse(code, 500), times=1)
    for _ in range(5):
        run()
        clock.shift(60)
    assert (now(row).state, len(twilio.messages)) == (State.SENT, 1)


def test_every_code_has_words_and_a_source() -> None:
    for code, meaning in CODES.items():
        assert page_about(str(code)).endswith(f"/{code}")
        assert meaning.reason.words(Channel.TEXT, str(code)).startswith("Not texted: ")
    assert page_about("12345") == ""


# What a fault of the number means for later texts.


@pytest.mark.parametrize("by_callback", [False, True])
def test_a_number_that_takes_no_texts_is_skipped_in_advance_with_the_same_words_P6_T8(
    family: Practice, twilio: TwilioStandin, by_callback: bool
) -> None:
    row = due_text(family)
    if not by_callback:
        twilio.on(Refuse(21614))
    run()
    if by_callback:
        assert twilio_says(twilio, twilio.messages[0].sid, "undelivered", 30006) == (204, 204)
    words = now(row).words
    assert words.startswith("Not texted: the number is a landline or cannot take texts")
    sent = len(twilio.messages)
    later = due_text(family)
    run()
    assert (now(later).state, now(later).words) == (State.SKIPPED, words)
    assert len(twilio.messages) == sent


# The second try.


@pytest.fixture
def retried(family: Practice, twilio: TwilioStandin) -> Notification:
    """A text whose phone was out of reach, and that waits for its second try."""
    row = due_text(family)
    run()
    assert twilio_says(twilio, twilio.messages[0].sid, "undelivered", 30003) == (204, 204)
    assert (now(row).state, now(row).provider_id, now(row).sent_at) == (State.PENDING, "", None)
    return row


def test_a_stop_before_the_second_try_halts_it_T6(
    retried: Notification, twilio: TwilioStandin, clock: time_machine.Traveller
) -> None:
    TextStop.objects.stop(NUMBER)
    clock.shift(601)
    run()
    assert (now(retried).state, now(retried).reason) == (State.SKIPPED, reasons.REPLIED_STOP.code)
    assert len(twilio.messages) == 1


def test_a_late_arrival_of_the_first_cancels_the_second_try_T10(
    retried: Notification, twilio: TwilioStandin, clock: time_machine.Traveller
) -> None:
    assert twilio_says(twilio, twilio.messages[0].sid, "delivered") == (204, 204)
    clock.shift(601)
    run()
    assert (now(retried).state, len(twilio.messages)) == (State.DELIVERED, 1)
    with everywhere("the test looks"):
        assert Mention.objects.filter(notification=retried).exists()  # it is corrected if the appointment moves


def test_a_late_arrival_of_the_first_counts_after_the_second_was_sent_T10(
    retried: Notification, twilio: TwilioStandin, clock: time_machine.Traveller
) -> None:
    first = twilio.messages[0].sid
    clock.shift(601)
    run()
    second = twilio.messages[1].sid
    assert (now(retried).state, now(retried).provider_id) == (State.SENT, second)
    assert twilio_says(twilio, first, "undelivered", 30003) == (204, 204)
    assert now(retried).state == State.SENT
    assert twilio_says(twilio, first, "delivered") == (204, 204)
    assert twilio_says(twilio, second, "undelivered", 30003) == (204, 204)
    assert (now(retried).state, len(twilio.messages)) == (State.DELIVERED, 2)


def test_an_arrival_counts_even_after_the_retry_was_left_unsent_T10(
    retried: Notification, twilio: TwilioStandin, clock: time_machine.Traveller
) -> None:
    clock.shift(3600)
    run()
    assert now(retried).state == State.SKIPPED
    assert twilio_says(twilio, twilio.messages[0].sid, "delivered") == (204, 204)
    assert (now(retried).state, now(retried).reason) == (State.DELIVERED, "")


def test_there_is_no_second_try_once_it_is_of_no_use_R8(
    family: Practice, twilio: TwilioStandin, clock: time_machine.Traveller
) -> None:
    row = due_text(family)
    run()
    clock.shift((now(row).useful_until - START).total_seconds() - 20)
    assert twilio_says(twilio, twilio.messages[0].sid, "undelivered", 30003) == (204, 204)
    assert now(row).words == "Not texted: the phone was switched off or out of reach (code 30003)"
