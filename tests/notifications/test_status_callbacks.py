"""Status callbacks: only Twilio's, forward only, in whatever order and how often they come (T7, T10)."""

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.features import Channel
from accounts.models import TextStop
from accounts.tenancy import everywhere
from notifications import reasons
from notifications.channels.text import open_connection
from notifications.kinds import kind_of
from notifications.models import Notification, State
from tests.conftest import Practice
from tests.notifications.conftest import PUBLIC_URL, make_notification, make_text
from tests.standins.twilio import Callback, TwilioStandin

pytestmark = pytest.mark.django_db

SID, OTHER_SID = "SM" + "a" * 32, "SM" + "b" * 32
FORM = "application/x-www-form-urlencoded; charset=UTF-8"


@pytest.fixture
def row(practice: Practice, twilio: TwilioStandin) -> Notification:
    """A text whose answer has not come yet."""
    return make_notification(
        practice.mom, Channel.TEXT, state=State.SENDING, in_doubt=True, attempts=1, sent_to="2065550143"
    )


def path_of(row: Notification | int) -> str:
    return f"/webhooks/twilio/status/{row if isinstance(row, int) else row.pk}"


def post(callback: Callback, **headers: str) -> int:
    """The HTTP status of our answer; the Host header that arrives here is not the public one."""
    response = Client(enforce_csrf_checks=True).generic(
        "POST",
        callback.url.removeprefix(PUBLIC_URL),
        urlencode(callback.fields),
        content_type=FORM,
        headers={"X-Twilio-Signature": callback.signature, **headers},
    )
    return response.status_code


def report(twilio: TwilioStandin, row: Notification | int, status: str, sid: str = SID, **fields: str) -> int:
    """A signed callback; the HTTP status of our answer."""
    fields = {"MessageSid": sid, "MessageStatus": status, "To": "+12065550143", **fields}
    return post(twilio.signed(PUBLIC_URL + path_of(row), fields))


def now(row: Notification) -> Notification:
    with everywhere("the test looks"):
        return Notification.objects.get(pk=row.pk)


def change(row: Notification, **fields: Any) -> None:
    with everywhere("the test sets the scene"):
        Notification.objects.filter(pk=row.pk).update(**fields)


@pytest.mark.parametrize("status", ["accepted", "queued", "sending", "sent"])
def test_a_callback_before_the_answer_settles_the_doubt_T10(
    twilio: TwilioStandin, row: Notification, status: str
) -> None:
    assert report(twilio, row, status) == 204
    kept = now(row)
    assert (kept.state, kept.in_doubt, kept.provider_id) == (State.SENT, False, SID)
    assert kept.sent_at is not None
    assert abs(kept.sent_at - timezone.now()) < timedelta(minutes=1)


STORIES = [
    (("queued", "sent", "delivered"), State.DELIVERED, "", ""),
    (("queued", "sent", "undelivered"), State.UNDELIVERED, reasons.NUMBER_TAKES_NO_TEXTS.code, "30006"),
    (("queued", "sent", "failed"), State.FAILED, reasons.NUMBER_TAKES_NO_TEXTS.code, "30006"),
    (("sent", "undelivered", "delivered"), State.DELIVERED, "", ""),
    (("failed", "undelivered", "sent"), State.UNDELIVERED, reasons.NUMBER_TAKES_NO_TEXTS.code, "30006"),
]
ORDERS = [(order, *end) for statuses, *end in STORIES for order in permutations(statuses)]


@pytest.mark.parametrize(("order", "state", "reason", "detail"), ORDERS, ids=lambda value: str(value))
@pytest.mark.parametrize("times", [1, 2])
def test_any_order_and_any_repeats_end_the_same_T10(
    twilio: TwilioStandin, row: Notification, order: tuple[str, ...], state: State, reason: str, detail: str, times: int
) -> None:
    for status in order * times:
        codes = {"ErrorCode": "30006"} if status in ("undelivered", "failed") else {}
        assert report(twilio, row, status, **codes) == 204
    kept = now(row)
    assert (kept.state, kept.reason, kept.reason_detail, kept.provider_id) == (state, reason, detail, SID)
    assert not kept.in_doubt


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        ("undelivered", "30004", "Not texted: the phone, or its phone company, blocks these texts (code 30004)"),
        ("undelivered", "30006", "Not texted: the number is a landline or cannot take texts (code 30006)"),
        ("undelivered", "30007", "Not texted: the phone company took it for spam (code 30007)"),
        ("failed", "30036", "Not texted: it waited at the provider until it was too late (code 30036)"),
        ("failed", "12345", "Not texted: the provider could not send it (code 12345)"),
        ("undelivered", "12345", "Not texted: the phone company did not deliver it (code 12345)"),
        ("undelivered", "", "Not texted: the phone company did not deliver it (code –)"),
    ],
)
def test_what_went_wrong_is_in_words_L1(
    twilio: TwilioStandin, row: Notification, status: str, code: str, words: str
) -> None:
    assert report(twilio, row, status, **({"ErrorCode": code} if code else {})) == 204
    assert now(row).words == words


def test_a_stop_that_comes_as_a_report_is_kept_as_one_T8(twilio: TwilioStandin, row: Notification) -> None:
    assert report(twilio, row, "failed", ErrorCode="21610") == 204
    assert now(row).reason == reasons.REPLIED_STOP.code
    assert TextStop.objects.in_force().filter(phone="2065550143").exists()


def test_a_repeated_report_of_a_stop_does_not_undo_an_unstop_T6_T10(twilio: TwilioStandin, row: Notification) -> None:
    assert report(twilio, row, "failed", ErrorCode="21610") == 204
    assert TextStop.objects.resume("2065550143")
    assert report(twilio, row, "failed", ErrorCode="21610") == 204
    assert not TextStop.objects.in_force().exists()


GIVEN_UP = pytest.mark.parametrize(
    ("state", "reason"),
    [
        (State.PENDING, ""),
        (State.FAILED, reasons.UNCONFIRMED.code),
        (State.FAILED, reasons.GAVE_UP.code),
        (State.SKIPPED, reasons.TOO_LATE.code),
    ],
)


@pytest.mark.parametrize("status", ["sent", "delivered"])
@GIVEN_UP
def test_twilio_is_right_where_we_had_given_it_up(
    twilio: TwilioStandin, row: Notification, state: State, reason: str, status: str
) -> None:
    """It was looked up too early, or Twilio answered neither us nor the lookup: the text went out all the same."""
    change(row, state=state, reason=reason, in_doubt=False)
    assert report(twilio, row, status) == 204
    kept = now(row)
    assert kept.state == (State.SENT if status == "sent" else State.DELIVERED)
    assert kept.reason == ""


@pytest.fixture
def sent_after_all(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str, str]]:
    """What the row's kind was told: id, state and the provider's id, as the row had them then."""
    told: list[tuple[int, str, str]] = []

    def note_again(notification: Notification) -> None:
        kept = Notification.objects.get(pk=notification.pk)  # needs `everywhere`
        assert (kept.state, kept.provider_id) == (notification.state, notification.provider_id)
        assert transaction.get_connection().in_atomic_block
        told.append((kept.pk, kept.state, kept.provider_id))

    monkeypatch.setattr(kind_of("appointment.reminder"), "sent_after_all", note_again)
    return told


@pytest.mark.parametrize("status", ["sent", "delivered"])
@GIVEN_UP
def test_a_kind_hears_that_what_was_taken_for_unsent_was_sent(
    twilio: TwilioStandin,
    row: Notification,
    sent_after_all: list[tuple[int, str, str]],
    state: State,
    reason: str,
    status: str,
) -> None:
    change(row, state=state, reason=reason, in_doubt=False)
    for _ in range(2):
        assert report(twilio, row, status) == 204
    assert sent_after_all == [(row.pk, State.SENT if status == "sent" else State.DELIVERED, SID)]


@pytest.mark.parametrize("statuses", [("sent", "delivered"), ("delivered",), ("undelivered", "delivered")])
def test_a_kind_is_not_told_again_of_what_was_being_sent(
    twilio: TwilioStandin, row: Notification, sent_after_all: list[tuple[int, str, str]], statuses: tuple[str, ...]
) -> None:
    for status in statuses:
        assert report(twilio, row, status) == 204
    assert sent_after_all == []


@pytest.mark.parametrize("status", ["failed", "undelivered"])
@GIVEN_UP
def test_a_kind_is_not_told_of_what_did_not_arrive(
    twilio: TwilioStandin,
    row: Notification,
    sent_after_all: list[tuple[int, str, str]],
    state: State,
    reason: str,
    status: str,
) -> None:
    change(row, state=state, reason=reason, in_doubt=False)
    assert report(twilio, row, status, ErrorCode="30003") == 204
    assert sent_after_all == []


def test_a_kind_that_fails_leaves_the_row_for_the_next_report(
    twilio: TwilioStandin, row: Notification, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both or neither: Twilio's later report tries again."""

    def fail(_notification: Notification) -> None:
        raise RuntimeError

    change(row, state=State.PENDING, in_doubt=False)
    with monkeypatch.context() as broken:
        broken.setattr(kind_of("appointment.reminder"), "sent_after_all", fail)
        with pytest.raises(RuntimeError):
            report(twilio, row, "sent")
    assert now(row).state == State.PENDING
    assert report(twilio, row, "delivered") == 204
    assert now(row).state == State.DELIVERED


def test_a_second_text_for_one_row_does_not_take_the_first_ones_place(
    twilio: TwilioStandin, row: Notification, caplog: pytest.LogCaptureFixture
) -> None:
    assert report(twilio, row, "sent") == 204
    assert report(twilio, row, "delivered", sid=OTHER_SID) == 204
    kept = now(row)
    assert (kept.state, kept.provider_id) == (State.DELIVERED, SID)
    assert f"Notification {row.pk} was accepted twice" in caplog.text


def test_a_status_nobody_knows_yet_changes_nothing(twilio: TwilioStandin, row: Notification) -> None:
    assert report(twilio, row, "beamed_up") == 204
    assert now(row).state == State.SENDING


def test_a_real_text_is_followed_to_the_end(twilio: TwilioStandin, practice: Practice) -> None:
    """The stand-in's own callbacks, with all the fields that Twilio sends."""
    message = make_text(practice.mom)
    with open_connection() as connection:
        sid = connection.send(message)
    for status, expected in (("sent", State.SENT), ("delivered", State.DELIVERED), ("sent", State.DELIVERED)):
        assert post(twilio.callback(sid, status)) == 204
        assert now(message.notification).state == expected


# Who else might call.


@pytest.mark.parametrize("pk", [0, 2**31, 2**63, 10**40])
def test_an_unknown_id_is_not_found_but_only_for_twilio(twilio: TwilioStandin, pk: int) -> None:
    assert report(twilio, pk, "sent") == 404
    assert Client().post(path_of(pk), {"MessageSid": SID, "MessageStatus": "sent"}).status_code == 403


def test_an_email_is_not_found(twilio: TwilioStandin, practice: Practice) -> None:
    assert report(twilio, make_notification(practice.mom, Channel.EMAIL), "sent") == 404


Tamper = Callable[[Callback, TwilioStandin], Callback]


def resigned(auth_token: str) -> Tamper:
    return lambda genuine, _twilio: TwilioStandin(auth_token=auth_token).signed(genuine.url, genuine.fields)


TAMPERED: dict[str, Tamper] = {
    "no signature": lambda genuine, _: Callback(genuine.url, genuine.fields, ""),
    "nonsense": lambda genuine, _: Callback(genuine.url, genuine.fields, "nonsense"),
    "not ASCII": lambda genuine, _: Callback(genuine.url, genuine.fields, "é" * 28),
    "very long": lambda genuine, _: Callback(genuine.url, genuine.fields, "x" * 5000),
    "another's token": resigned("another"),
    "no token": resigned(""),
    "another status": lambda genuine, _: Callback(
        genuine.url, {**genuine.fields, "MessageStatus": "failed"}, genuine.signature
    ),
    "one more field": lambda genuine, _: Callback(genuine.url, {**genuine.fields, "X": "1"}, genuine.signature),
    "another row": lambda genuine, _: Callback(f"{genuine.url}0", genuine.fields, genuine.signature),
    "a query": lambda genuine, _: Callback(f"{genuine.url}?a=b", genuine.fields, genuine.signature),
    "signed for another host": lambda genuine, twilio: Callback(
        genuine.url,
        genuine.fields,
        twilio.signed(genuine.url.replace("blink.example", "testserver"), genuine.fields).signature,
    ),
}


@pytest.mark.parametrize("tamper", TAMPERED.values(), ids=TAMPERED.keys())
def test_only_twilios_signature_counts(twilio: TwilioStandin, row: Notification, tamper: Tamper) -> None:
    genuine = twilio.signed(PUBLIC_URL + path_of(row), {"MessageSid": SID, "MessageStatus": "delivered"})
    assert post(tamper(genuine, twilio)) == 403
    assert now(row).state == State.SENDING
    assert post(genuine) == 204


def test_without_a_token_nobody_can_sign(twilio: TwilioStandin, row: Notification, settings: Settings) -> None:
    settings.TWILIO_AUTH_TOKEN = ""
    unkeyed = TwilioStandin(auth_token="").signed(
        PUBLIC_URL + path_of(row), {"MessageSid": SID, "MessageStatus": "delivered"}
    )
    assert post(unkeyed) == 403


def test_the_host_header_changes_nothing(twilio: TwilioStandin, row: Notification, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    genuine = twilio.signed(PUBLIC_URL + path_of(row), {"MessageSid": SID, "MessageStatus": "sent"})
    assert post(genuine, Host="evil.example") == 204
    signed_for_evil = twilio.signed(f"https://evil.example{path_of(row)}", genuine.fields)
    evil = Callback(genuine.url, genuine.fields, signed_for_evil.signature)
    assert post(evil, Host="evil.example") == 403


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"MessageStatus": "sent"},
        {"MessageSid": SID},
        {"MessageSid": SID, "MessageStatus": ""},
        {"MessageSid": "", "MessageStatus": "sent"},
        {"MessageSid": "SM1", "MessageStatus": "sent"},
        {"MessageSid": SID + "\n", "MessageStatus": "sent"},
        {"MessageSid": "SM" + "\0" * 32, "MessageStatus": "sent"},
        {"MessageSid": SID, "MessageStatus": "failed", "ErrorCode": "nonsense"},
        {"MessageSid": SID, "MessageStatus": "failed", "ErrorCode": "9" * 50},
        {"MessageSid": SID, "MessageStatus": "failed", "ErrorCode": "²"},
    ],
)
def test_odd_parameters_are_refused_though_signed(
    twilio: TwilioStandin, row: Notification, fields: dict[str, str]
) -> None:
    assert post(twilio.signed(PUBLIC_URL + path_of(row), fields)) == 403
    assert now(row).state == State.SENDING


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", FORM),
        (b"\xff\xfe%ff%00=%", FORM),
        (b"a=1&" * 2000, FORM),
        (b"x" * 3_000_000, FORM),
        (b'{"MessageSid": 1}', "application/json"),
        (b"--x", "multipart/form-data; boundary=x"),
        (b"--x", "multipart/form-data"),
        (b"a=1", "application/x-www-form-urlencoded; charset=utf-7"),
        (b"a=1", "application/x-www-form-urlencoded; charset=no-such"),
    ],
)
def test_whatever_is_sent_is_refused_and_never_an_error(
    twilio: TwilioStandin, row: Notification, body: bytes, content_type: str
) -> None:
    answer = Client(raise_request_exception=False).generic(
        "POST", path_of(row), body, content_type=content_type, headers={"X-Twilio-Signature": "x" * 28}
    )
    assert answer.status_code == 403


def test_only_posts_are_taken(twilio: TwilioStandin, row: Notification) -> None:
    assert Client().get(path_of(row)).status_code == 405
