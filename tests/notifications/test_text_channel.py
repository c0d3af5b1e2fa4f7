"""Texts by the real Twilio SDK (T8, T9), and what each way of failing means."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from accounts.models import TextStop
from notifications import reasons
from notifications.channels import UNTIL_MENDED, ChannelError, Lost, Misconfigured, OnceMore, Permanent, Transient
from notifications.channels.http import LONGEST_WAIT, seconds_of
from notifications.channels.text import open_connection, open_lookup
from notifications.rendering import Rendered
from tests.conftest import Practice
from tests.notifications.conftest import PUBLIC_URL, TIMEOUT, make_text
from tests.standins.twilio import Drop, Hang, Refuse, TwilioStandin, server_error, too_many_requests

pytestmark = pytest.mark.django_db

NUMBER = "2065550143"


@pytest.fixture
def text(practice: Practice) -> Rendered:
    return make_text(practice.mom)


def send(*messages: Rendered) -> list[str]:
    with open_connection() as connection:
        return [connection.send(message) for message in messages]


def failure(message: Rendered) -> ChannelError:
    with pytest.raises(ChannelError) as raised:
        send(message)
    assert raised.value.__context__ is None, "the SDK's exception, and what is in it, came along"
    return raised.value


def test_a_text_is_handed_over(twilio: TwilioStandin, text: Rendered) -> None:
    (sid,) = send(text)
    (accepted,) = twilio.messages
    assert accepted.sid == sid
    assert (accepted.to, accepted.from_, accepted.body) == ("+12065550143", "+12065550100", text.body)
    assert accepted.status_callback == f"{PUBLIC_URL}/webhooks/twilio/status/{text.notification.pk}"
    assert accepted.fields.keys() == {"To", "From", "Body", "StatusCallback", "ValidityPeriod"}


@pytest.mark.parametrize(
    ("recipient", "count"), [("206555014", "9"), ("442079460958", "12"), ("16045550199", "11"), ("", "0")]
)
def test_a_number_that_is_not_ten_digits_is_never_dialled_T2(
    twilio: TwilioStandin, practice: Practice, recipient: str, count: str
) -> None:
    assert failure(make_text(practice.mom, recipient=recipient)) == Permanent(count, reasons.PHONE_NOT_TEN_DIGITS)
    assert twilio.messages == ()


def test_a_messaging_service_sends_in_place_of_a_number(
    twilio: TwilioStandin, text: Rendered, settings: Settings
) -> None:
    settings.TWILIO_FROM = "MG" + "ab" * 16
    send(text)
    (accepted,) = twilio.messages
    assert (accepted.from_, accepted.messaging_service_sid) == (None, "MG" + "ab" * 16)


@pytest.mark.parametrize(
    ("useful_for", "validity"),
    [
        (timedelta(minutes=50), 3000),
        (timedelta(seconds=1.9), 1),
        (timedelta(seconds=0.2), 1),
        (timedelta(seconds=-5), 1),
        (timedelta(hours=10), 36_000),
        (timedelta(hours=24), 36_000),
    ],
)
def test_a_queued_text_dies_before_it_stops_being_useful_T9(
    twilio: TwilioStandin, practice: Practice, useful_for: timedelta, validity: int
) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        send(make_text(practice.mom, useful_until=timezone.now() + useful_for))
    assert twilio.messages[0].validity_period == validity


def test_one_session_serves_a_batch(twilio: TwilioStandin, practice: Practice) -> None:
    with open_connection() as connection:
        first = connection.send(make_text(practice.mom))
        twilio.on(Refuse(21614), times=1)
        with pytest.raises(Permanent):
            connection.send(make_text(practice.mom))
        twilio.on(Drop(), times=1)
        with pytest.raises(Lost):
            connection.send(make_text(practice.mom))
        second = connection.send(make_text(practice.dad))
    assert [message.sid for message in twilio.messages] == [first, second]


def test_a_refusal_because_of_a_stop_is_kept_as_one_T8(twilio: TwilioStandin, text: Rendered) -> None:
    twilio.on(Refuse(21610))
    assert failure(text) == Permanent("21610", reasons.REPLIED_STOP)
    assert TextStop.objects.in_force().filter(phone=NUMBER).exists()


CODES = [
    (Refuse(21211), Permanent("21211", reasons.NUMBER_NOT_IN_USE)),
    (Refuse(21614), Permanent("21614", reasons.NUMBER_TAKES_NO_TEXTS)),
    (Refuse(21635), Permanent("21635", reasons.NUMBER_TAKES_NO_TEXTS)),
    (Refuse(30004), Permanent("30004", reasons.PHONE_BLOCKS_TEXTS)),
    (Refuse(30005), Permanent("30005", reasons.NUMBER_NOT_IN_USE)),
    (Refuse(30006), Permanent("30006", reasons.NUMBER_TAKES_NO_TEXTS)),
    (Refuse(30007), Permanent("30007", reasons.FILTERED)),
    (Refuse(21602), Permanent("21602")),
    (Refuse(99999), Permanent("99999")),
    (too_many_requests(17), Transient("20429", 17.0)),
    (too_many_requests(None), Transient("20429")),
    (Refuse(14107, 429, retry_after=3), Transient("14107", 3.0)),
    (server_error(503), Transient("20503")),
    (Refuse(21611), Transient("21611")),
    (Refuse(30001), Transient("30001")),
    (Refuse(20003, 401), Misconfigured("20003")),
    (Refuse(20403, 403), Misconfigured("20403")),
    (Refuse(21408), Misconfigured("21408", "US")),
    (Refuse(21606), Misconfigured("21606")),
    (Refuse(30034, retry_after=900), Misconfigured("30034")),
    (Refuse(30003), OnceMore("30003", reasons.PHONE_OUT_OF_REACH)),
    (Refuse(404, 404), Transient("404", UNTIL_MENDED)),
    (Refuse(21701), Misconfigured("21701")),
    (server_error(500), Lost("20500")),
    (Refuse(502, 502), Lost("502")),
    (Hang(TIMEOUT * 4, accepted=True), Lost("ReadTimeout")),
    (Drop(accepted=True), Lost("ConnectionError")),
    (Drop(accepted=False), Lost("ConnectionError")),
]


@pytest.mark.parametrize(("behaviour", "expected"), CODES, ids=lambda value: repr(value)[:50])
def test_each_failure_is_sorted(
    twilio: TwilioStandin, text: Rendered, behaviour: Refuse | Hang | Drop, expected: ChannelError
) -> None:
    twilio.on(behaviour, times=1)
    assert failure(text) == expected
    assert not TextStop.objects.exists()
    twilio.clear()
    send(text)
    assert len(twilio.messages) == 1


def test_a_wrong_token_is_ours_to_mend(twilio: TwilioStandin, text: Rendered, settings: Settings) -> None:
    settings.TWILIO_AUTH_TOKEN = "wrong"
    assert failure(text) == Misconfigured("20003")


def test_a_provider_that_is_not_there_took_nothing(twilio: TwilioStandin, text: Rendered) -> None:
    twilio.__exit__()
    assert failure(text) == Transient("ConnectionError")
    twilio.__enter__()


def test_the_environments_edge_does_not_lead_elsewhere(
    twilio: TwilioStandin, text: Rendered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    send(text)
    assert len(twilio.messages) == 1


# Asking what was accepted.


def test_the_lookup_finds_what_was_accepted_since(twilio: TwilioStandin, practice: Practice) -> None:
    long_before = timezone.now() - timedelta(hours=3)
    with time_machine.travel(long_before, tick=False):
        (old,) = send(make_text(practice.mom))
    since = timezone.now().replace(microsecond=0)
    (new,) = send(make_text(practice.mom))
    (failed,) = send(make_text(practice.mom))
    twilio.callback(failed, "undelivered", error_code=30003)
    send(make_text(practice.dad, recipient="2065550144"))
    with open_lookup() as lookup:
        assert set(lookup.accepted(NUMBER, since)) == {new, failed}
        assert old in lookup.accepted(NUMBER, long_before - timedelta(seconds=1))
        assert lookup.accepted("2065550199", since) == []


def test_the_lookup_finds_a_text_still_in_the_queue(
    settings: Settings, twilio: TwilioStandin, practice: Practice
) -> None:
    """It has no moment of sending, by which alone Twilio filters."""
    with TwilioStandin(sends_at_once=False) as slow:
        settings.TWILIO_API_URL = slow.url
        since = timezone.now().replace(microsecond=0)
        (sid,) = send(make_text(practice.mom))
        with open_lookup() as lookup:
            assert lookup.accepted(NUMBER, since) == [sid]


@pytest.mark.parametrize(
    "behaviour",
    [server_error(500), server_error(503), too_many_requests(), Refuse(20003, 401), Drop(), Hang(TIMEOUT * 4)],
    ids=lambda value: repr(value)[:50],
)
def test_a_lookup_that_fails_says_so(twilio: TwilioStandin, behaviour: Refuse | Hang | Drop) -> None:
    twilio.on(behaviour, at="list")
    with open_lookup() as lookup, pytest.raises(ChannelError) as raised:
        lookup.accepted(NUMBER, timezone.now())
    assert raised.value.__context__ is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Mon, 01 Jun 2026 15:00:30 GMT", 30.0),
        ("Mon, 01 Jun 2026 15:00:30 -0000", 30.0),
        ("Mon, 01 Jun 2026 14:00:00 GMT", 0.0),
        ("Mon, 01 Jun 2099 14:00:00 GMT", LONGEST_WAIT),
        ("9" * 400, LONGEST_WAIT),
        ("-5", None),
        ("soon", None),
        ("inf", None),
        ("7.5", None),
        ("²", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read(header: str | None, seconds: float | None) -> None:
    with time_machine.travel("2026-06-01 15:00:00+00:00", tick=False):
        assert seconds_of(header) == seconds
