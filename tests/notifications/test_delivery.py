"""From the schedule to the provider and back: nothing lost, no text doubled, whatever the provider or a worker does.

The real channels talk to stand-ins. Time is moved; what takes real time is only a provider that hangs.
"""

import logging
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.features import Channel
from accounts.models import Preference, TextStop
from accounts.tenancy import everywhere, within
from notifications import answers, delivery, reasons
from notifications.answers import MOST_LOST_ANSWERS
from notifications.channels import UNTIL_MENDED
from notifications.channels.text import TextConnection
from notifications.claiming import LEASE
from notifications.delivery import deliver_batch
from notifications.models import Notification, State
from scheduling.models import Appointment, Mention
from scheduling.scan import scan
from tests.conftest import Practice, choose
from tests.notifications.conftest import PUBLIC_URL, TIMEOUT
from tests.standins.mail_api import Answer, MailApiStandin, refused_recipient
from tests.standins.smtp import (
    DropAfterData,
    HangAfterData,
    RefuseConnection,
    RefuseData,
    RefuseRecipient,
    SmtpStandin,
)
from tests.standins.twilio import Drop, Hang, Refuse, TwilioStandin, server_error, too_many_requests

pytestmark = pytest.mark.django_db

START = datetime(2026, 6, 1, 15, 0, tzinfo=UTC)
A_LEASE = LEASE.total_seconds() + 1
SLOW = 5.0  # seconds that a busy machine may take over an attempt


@pytest.fixture(autouse=True)
def clock(settings: Settings) -> Iterator[time_machine.Traveller]:
    """Entered before the cast, so that they are all there by then. It ticks: sockets need that."""
    settings.DELIVERY = "providers"
    with time_machine.travel(START, tick=True) as coordinates:
        yield coordinates


@pytest.fixture
def family(clock: time_machine.Traveller, practice: Practice) -> Practice:
    """Mom by text, dad by email, so that a test can look at one row."""
    choose(practice.mom, Channel.EMAIL, on=False)
    choose(practice.mom, Channel.TEXT)
    return practice


def due_text(family: Practice) -> Notification:
    """Mom's reminder of an appointment in 55 minutes, due for five. For an email it is too late."""
    appointment = family.appointment(timedelta(minutes=55))
    scan()
    with everywhere("the test looks"):
        return Notification.objects.get(channel=Channel.TEXT, login=family.mom, subject_id=appointment.pk)


def due_email(family: Practice) -> Notification:
    """Dad's reminder of an appointment in 23 hours, due for one."""
    appointment = family.appointment(timedelta(hours=23))
    scan()
    with everywhere("the test looks"):
        return Notification.objects.get(channel=Channel.EMAIL, login=family.dad, subject_id=appointment.pk)


def texts() -> list[Notification]:
    """The rows of texts, but for those of whoever wants none."""
    with everywhere("the test looks"):
        return list(Notification.objects.filter(channel=Channel.TEXT).exclude(state=State.SKIPPED).order_by("pk"))


def now(row: Notification) -> Notification:
    with everywhere("the test looks"):
        return Notification.objects.get(pk=row.pk)


def run() -> None:
    """A worker does all there is to do."""
    while deliver_batch():
        pass


def die(*_: object, **__: object) -> None:
    raise SystemExit("the worker is killed")


def wait_of(row: Notification) -> float:
    """Seconds from the last attempt until the next."""
    assert row.attempted_at is not None
    return (row.next_attempt_at - row.attempted_at).total_seconds()


def run_until_it_dies() -> None:
    with pytest.raises(SystemExit):
        run()


def is_told(row: Notification) -> bool:
    """Whether scheduling holds that the login was told (R5, R7 rest on it)."""
    with everywhere("the test looks"):
        return Mention.objects.filter(notification=row).exists()


# All goes well.


def test_a_reminder_reaches_mom_by_text_and_dad_by_email(
    family: Practice, twilio: TwilioStandin, smtp: SmtpStandin
) -> None:
    row = due_text(family)
    due_email(family)
    run()
    (text,) = twilio.messages
    assert text.to == "+12065550143"
    assert "STOP" in text.body
    assert text.validity_period <= 45 * 60
    assert {email.recipients for email in smtp.emails} == {("daniel.rivera@harbor-kids-therapy.example",)}
    kept = now(row)
    assert (kept.state, kept.provider_id, kept.segments, kept.in_doubt) == (State.SENT, text.sid, 1, False)
    run()
    assert len(twilio.messages) == 1


# The provider refuses, once and for good.


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        (Refuse(21211), reasons.NUMBER_NOT_IN_USE),
        (Refuse(21614), reasons.NUMBER_TAKES_NO_TEXTS),
        (Refuse(30007), reasons.FILTERED),
        (Refuse(99999), reasons.REFUSED),
    ],
)
def test_a_text_refused_for_good_is_never_tried_again_T8(
    family: Practice, twilio: TwilioStandin, clock: time_machine.Traveller, refusal: Refuse, reason: reasons.Reason
) -> None:
    row = due_text(family)
    twilio.on(refusal, times=1)
    for _ in range(5):
        run()
        clock.shift(600)
    kept = now(row)
    assert (kept.state, kept.reason, kept.reason_detail) == (State.FAILED, reason.code, str(refusal.code))
    assert twilio.messages == ()
    assert not is_told(row)


def test_a_stop_that_twilio_knows_halts_every_text_to_the_number_T8(
    family: Practice, other_practice: Practice, twilio: TwilioStandin
) -> None:
    with within(other_practice.organization):
        other_practice.mom.phone = family.mom.phone
        other_practice.mom.save()
    choose(other_practice.mom, Channel.TEXT)
    first = due_text(family)
    twilio.on(Refuse(21610), times=1)
    run()
    assert now(first).words == "Not texted: this number replied STOP; only UNSTOP from that phone resumes texts"
    assert TextStop.objects.in_force().filter(phone="2065550143").exists()
    second = due_text(other_practice)
    run()
    assert (now(second).state, now(second).reason) == (State.SKIPPED, reasons.REPLIED_STOP.code)
    assert twilio.messages == ()


@pytest.mark.parametrize("refusal", [RefuseRecipient(550), RefuseData(550, "5.1.1 No such mailbox")])
def test_an_email_refused_for_good_is_never_tried_again(
    family: Practice,
    smtp: SmtpStandin,
    clock: time_machine.Traveller,
    refusal: RefuseRecipient | RefuseData,
) -> None:
    row = due_email(family)
    smtp.on(refusal, times=1)
    for _ in range(3):
        run()
        clock.shift(3600)
    kept = now(row)
    assert (kept.state, kept.reason, kept.reason_detail) == (State.FAILED, reasons.REFUSED.code, str(refusal.code))
    assert smtp.emails == ()


@pytest.mark.parametrize("refusal", [RefuseRecipient(550, "5.7.1 Relaying denied"), RefuseData(554)])
def test_an_email_refused_because_of_our_settings_goes_out_once_they_are_mended(
    family: Practice,
    smtp: SmtpStandin,
    clock: time_machine.Traveller,
    refusal: RefuseRecipient | RefuseData,
) -> None:
    row = due_email(family)
    smtp.on(refusal, times=2)
    for _ in range(3):
        run()
        clock.shift(3600)
    assert now(row).state == State.SENT
    assert len(smtp.emails) == 1


def test_a_recipient_whom_the_provider_refuses_is_not_tried_again(
    family: Practice, mail_api: MailApiStandin, clock: time_machine.Traveller
) -> None:
    row = due_email(family)
    mail_api.answers.append(refused_recipient())
    run()
    clock.shift(3600)
    run()
    assert now(row).reason == reasons.REFUSED.code
    assert mail_api.emails == []


# The provider cannot, now.


@pytest.mark.parametrize("busy", [server_error(503), Refuse(21611), Refuse(30001), too_many_requests(None)])
def test_a_text_turned_away_goes_later(
    family: Practice, twilio: TwilioStandin, clock: time_machine.Traveller, busy: Refuse
) -> None:
    row = due_text(family)
    twilio.on(busy, times=1)
    run()
    waiting = now(row)
    assert (waiting.state, waiting.in_doubt) == (State.PENDING, False)
    assert 12 <= wait_of(waiting) <= 18 + SLOW
    assert not is_told(row)
    clock.shift(19)
    run()
    assert len(twilio.messages) == 1
    assert now(row).state == State.SENT
    assert is_told(row)


def test_retry_after_is_honoured(family: Practice, twilio: TwilioStandin, clock: time_machine.Traveller) -> None:
    row = due_text(family)
    twilio.on(too_many_requests(retry_after=240), times=1)
    run()
    clock.shift(230)
    run()
    assert now(row).state == State.PENDING
    clock.shift(15)
    run()
    assert now(row).state == State.SENT
    assert len(twilio.messages) == 1


def test_a_wrong_token_does_not_burn_the_queue(
    family: Practice, twilio: TwilioStandin, settings: Settings, clock: time_machine.Traveller
) -> None:
    row = due_text(family)
    token, settings.TWILIO_AUTH_TOKEN = settings.TWILIO_AUTH_TOKEN, "wrong"
    for _ in range(4):
        run()
        clock.shift(UNTIL_MENDED + 1)
    assert now(row).state == State.PENDING
    settings.TWILIO_AUTH_TOKEN = token
    run()
    assert now(row).state == State.SENT


def test_retries_back_off_with_jitter_until_it_is_no_longer_useful(
    family: Practice, twilio: TwilioStandin, clock: time_machine.Traveller
) -> None:
    row = due_text(family)
    twilio.on(server_error(503))
    waits = []
    for _ in range(100):
        run()
        kept = now(row)
        if kept.state != State.PENDING:
            break
        waits.append(wait_of(kept))
        assert kept.next_attempt_at <= kept.useful_until
        clock.shift(waits[-1] + 0.1)
    assert (kept.state, kept.reason, kept.reason_detail) == (State.FAILED, reasons.GAVE_UP.code, "20503")
    assert len(waits) >= 7
    for longer, wait in zip([15, 30, 60, 120, 240], waits, strict=False):
        assert 0.8 * longer <= wait <= 1.2 * longer + SLOW
    assert any(abs(wait / longer - 1) > 0.01 for longer, wait in zip([60, 120, 240], waits[2:], strict=False)), (
        "no jitter"
    )
    # The last try is shortly before the end, not a whole backoff before it.
    assert (kept.useful_until - timezone.now()).total_seconds() < 60
    assert not is_told(row)


def test_an_outage_of_a_day_loses_no_email(family: Practice, smtp: SmtpStandin, clock: time_machine.Traveller) -> None:
    """What was certainly not accepted is tried for as long as it is useful, however often."""
    row = due_email(family)
    smtp.on(RefuseConnection())
    for _ in range(18):
        run()
        clock.shift(3600)
    assert now(row).state == State.PENDING
    smtp.clear()
    smtp.on(DropAfterData(accepted=False), times=2)  # it comes back with a stutter
    for _ in range(4):
        run()
        clock.shift(721)
    assert len(smtp.emails) == 1
    assert now(row).state == State.SENT


@pytest.mark.parametrize("code", [450, 421])
def test_an_email_deferred_goes_later(
    family: Practice, smtp: SmtpStandin, clock: time_machine.Traveller, code: int
) -> None:
    row = due_email(family)
    smtp.on(RefuseRecipient(code), times=1)
    run()
    assert (now(row).state, now(row).in_doubt) == (State.PENDING, False)
    clock.shift(19)
    run()
    assert len(smtp.emails) == 1


def test_an_email_provider_that_asks_to_wait_is_obeyed(
    family: Practice, mail_api: MailApiStandin, clock: time_machine.Traveller
) -> None:
    row = due_email(family)
    mail_api.answers.append(Answer(429, "{}", {"Retry-After": "100"}))
    run()
    clock.shift(90)
    run()
    assert mail_api.emails == []
    clock.shift(15)
    run()
    assert len(mail_api.emails) == 1
    assert now(row).provider_id


# The answer never comes.


LOST_AFTER = [Drop(accepted=True), Hang(TIMEOUT * 4, accepted=True)]
LOST_BEFORE = [Drop(accepted=False), server_error(500)]


@pytest.mark.parametrize("behaviour", LOST_AFTER, ids=repr)
def test_a_text_lost_after_its_acceptance_is_found_and_not_sent_again_R9(
    family: Practice, twilio: TwilioStandin, clock: time_machine.Traveller, behaviour: Drop | Hang
) -> None:
    row = due_text(family)
    twilio.on(behaviour, times=1)
    run()
    assert (now(row).state, now(row).in_doubt) == (State.SENDING, True)
    clock.shift(60)
    run()
    assert now(row).state == State.SENDING, "not looked up before a callback had time to come"
    clock.shift(A_LEASE)
    run()
    kept = now(row)
    (text,) = twilio.messages
    assert (kept.state, kept.provider_id, kept.in_doubt) == (State.SENT, text.sid, False)
    clock.shift(A_LEASE)
    run()
    assert len(twilio.messages) == 1


def test_a_text_that_is_accepted_only_after_we_hung_up_is_found(
    family: Practice, twilio: TwilioStandin, clock: time_machine.Traveller
) -> None:
    row = due_text(family)
    twilio.on(Hang(TIMEOUT * 2), times=1)
    run()
    twilio.wait_for(1)
    clock.shift(A_LEASE)
    run()
    assert now(row).state == State.SENT
    assert len(twilio.messages) == 1


def test_a_text_still_in_twilios_queue_is_found(
    family: Practice, twilio: TwilioStandin, settings: Settings, clock: time_machine.Traveller
) -> None:
    with TwilioStandin(sends_at_once=False) as slow:
        settings.TWILIO_API_URL = slow.url
        row = due_text(family)
        slow.on(Drop(accepted=True), times=1)
        run()
        clock.shift(A_LEASE)
        run()
        assert now(row).state == State.SENT
        assert len(slow.messages) == 1


@pytest.mark.parametrize("behaviour", LOST_BEFORE, ids=repr)
def test_a_text_lost_before_its_acceptance_is_sent_once_after_the_lease(
    family: Practice, twilio: TwilioStandin, clock: time_machine.Traveller, behaviour: Drop | Refuse
) -> None:
    row = due_text(family)
    twilio.on(behaviour, times=1)
    run()
    assert now(row).state == State.SENDING
    clock.shift(A_LEASE)
    run()
    run()
    (text,) = twilio.messages
    assert (now(row).state, now(row).provider_id, now(row).attempts) == (State.SENT, text.sid, 2)


def test_a_lookup_that_fails_is_repeated_and_nothing_is_sent_meanwhile(
    family: Practice, twilio: TwilioStandin, clock: time_machine.Traveller
) -> None:
    row = due_text(family)
    twilio.on(Drop(accepted=True), times=1)
    twilio.on(server_error(500), at="list", times=2)
    run()
    for _ in range(3):
        clock.shift(A_LEASE)
        run()
    assert now(row).state == State.SENT
    assert len(twilio.messages) == 1


def test_a_text_that_nobody_can_confirm_ends_as_unconfirmed(
    family: Practice, twilio: TwilioStandin, clock: time_machine.Traveller
) -> None:
    row = due_text(family)
    twilio.on(Drop(accepted=True), times=1)
    twilio.on(server_error(500), at="list")
    for _ in range(20):
        run()
        clock.shift(A_LEASE)
    assert (now(row).state, now(row).reason) == (State.FAILED, reasons.UNCONFIRMED.code)
    assert len(twilio.messages) == 1


def test_a_status_callback_settles_the_doubt_before_the_lease_does(
    family: Practice, twilio: TwilioStandin, clock: time_machine.Traveller
) -> None:
    row = due_text(family)
    twilio.on(Drop(accepted=True), times=1)
    run()
    (text,) = twilio.messages
    assert call_back(twilio, text.sid, "delivered") == 204
    twilio.on(server_error(500), at="list")
    clock.shift(A_LEASE)
    run()
    assert (now(row).state, now(row).provider_id) == (State.DELIVERED, text.sid)


def call_back(twilio: TwilioStandin, sid: str, status: str) -> int:
    callback = twilio.callback(sid, status)
    return (
        Client()
        .generic(
            "POST",
            callback.url.removeprefix(PUBLIC_URL),
            urlencode(callback.fields),
            content_type="application/x-www-form-urlencoded",
            headers={"X-Twilio-Signature": callback.signature},
        )
        .status_code
    )


def test_a_callback_that_is_quicker_than_the_answer_stands_T10(
    family: Practice, twilio: TwilioStandin, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = due_text(family)
    record = answers.record

    def after_the_callback(deliveries: Any) -> None:
        for text in twilio.messages:
            call_back(twilio, text.sid, "delivered")
        record(deliveries)

    monkeypatch.setattr(delivery, "record", after_the_callback)
    run()
    kept = now(row)
    assert (kept.state, kept.provider_id, kept.in_doubt) == (State.DELIVERED, twilio.messages[0].sid, False)
    assert kept.segments == 1


@pytest.mark.parametrize(
    "behaviour", [DropAfterData(accepted=True), HangAfterData(TIMEOUT * 4), DropAfterData(accepted=False)], ids=repr
)
def test_an_email_lost_after_data_goes_again_with_the_same_message_id_E5(
    family: Practice,
    smtp: SmtpStandin,
    clock: time_machine.Traveller,
    behaviour: DropAfterData | HangAfterData,
) -> None:
    row = due_email(family)
    smtp.on(behaviour, times=1)
    run()
    assert (now(row).state, now(row).in_doubt) == (State.PENDING, True)
    assert is_told(row)
    clock.shift(19)
    run()
    assert now(row).state == State.SENT
    assert {email.message_id for email in smtp.emails} == {row.message_id}
    assert len(smtp.emails) == (1 if behaviour == DropAfterData(accepted=False) else 2)


def test_an_email_whose_answers_are_all_lost_ends(
    family: Practice, smtp: SmtpStandin, clock: time_machine.Traveller
) -> None:
    row = due_email(family)
    smtp.on(DropAfterData(accepted=True))
    for _ in range(MOST_LOST_ANSWERS + 3):
        run()
        clock.move_to(now(row).next_attempt_at + timedelta(seconds=1))
    assert (now(row).state, now(row).reason, now(row).in_doubt) == (State.FAILED, reasons.GAVE_UP.code, True)
    assert len(smtp.emails) == MOST_LOST_ANSWERS
    assert {email.message_id for email in smtp.emails} == {row.message_id}


# The worker dies.


def test_a_worker_that_dies_after_the_acceptance_doubles_no_text_R9(
    family: Practice, twilio: TwilioStandin, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = due_text(family)
    with monkeypatch.context() as patched:
        patched.setattr(delivery, "record", die)
        run_until_it_dies()
    assert len(twilio.messages) == 1
    assert (now(row).state, now(row).in_doubt) == (State.SENDING, True)
    run()
    assert len(twilio.messages) == 1, "its rows are nobody's until the lease runs out"
    clock.shift(A_LEASE)
    run()
    assert (now(row).state, now(row).provider_id) == (State.SENT, twilio.messages[0].sid)
    assert len(twilio.messages) == 1


def test_a_worker_that_dies_within_a_batch_loses_nothing_and_doubles_no_text_R9(
    family: Practice, twilio: TwilioStandin, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both parents and two appointments: two texts were accepted, two were not even begun."""
    choose(family.dad, Channel.TEXT)
    choose(family.dad, Channel.EMAIL, on=False)
    due_text(family)
    due_text(family)
    send = TextConnection.send
    sent: list[str] = []

    def two_and_then_die(self: TextConnection, message: Any) -> str:
        if len(sent) == 2:
            die()
        sent.append(send(self, message))
        return sent[-1]

    with monkeypatch.context() as patched:
        patched.setattr(TextConnection, "send", two_and_then_die)
        patched.setattr(delivery, "record", die)
        run_until_it_dies()
    assert len(twilio.messages) == 2
    clock.shift(A_LEASE)
    run()
    rows = texts()
    assert [row.state for row in rows] == [State.SENT] * 4
    assert {row.provider_id for row in rows} == {text.sid for text in twilio.messages}
    assert Counter(text.to for text in twilio.messages) == {"+12065550143": 2, "+12065550144": 2}


def test_a_worker_that_dies_before_the_provider_is_called_loses_nothing(
    family: Practice, twilio: TwilioStandin, smtp: SmtpStandin, clock: time_machine.Traveller
) -> None:
    text = due_text(family)
    email = due_email(family)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(delivery, "_send", die)
        run_until_it_dies()
    for _ in range(2):
        clock.shift(A_LEASE)
        run()
    assert (now(text).state, now(email).state) == (State.SENT, State.SENT)
    assert len(twilio.messages) == 1


def test_a_worker_that_dies_after_an_email_sends_it_again_with_the_same_message_id_E5(
    family: Practice, smtp: SmtpStandin, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = due_email(family)
    with monkeypatch.context() as patched:
        patched.setattr(delivery, "record", die)
        run_until_it_dies()
    clock.shift(A_LEASE)
    run()
    assert now(row).state == State.SENT
    assert [email.message_id for email in smtp.emails] == [row.message_id] * 2


def test_an_email_that_kills_its_worker_each_time_ends(
    family: Practice, smtp: SmtpStandin, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = due_email(family)
    with monkeypatch.context() as patched:
        patched.setattr(delivery, "record", die)
        for _ in range(MOST_LOST_ANSWERS):
            run_until_it_dies()
            clock.shift(A_LEASE)
        run()
    assert (now(row).state, now(row).reason) == (State.FAILED, reasons.UNCONFIRMED.code)
    assert len(smtp.emails) == MOST_LOST_ANSWERS


def test_an_unforeseen_error_keeps_the_answers_before_it(
    family: Practice, twilio: TwilioStandin, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(family.dad, Channel.TEXT)
    due_text(family)
    send = TextConnection.send

    def broken(self: TextConnection, message: Any) -> str:
        if twilio.messages:
            raise RuntimeError("a bug")
        return send(self, message)

    monkeypatch.setattr(TextConnection, "send", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        run()
    assert Counter(row.state for row in texts()) == {State.SENT: 1, State.SENDING: 1}


def test_an_answer_after_the_lease_does_not_undo_what_another_worker_did(
    family: Practice, twilio: TwilioStandin, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker is frozen with an answer in its hands (503: try again); meanwhile another one sends the text."""
    row = due_text(family)
    twilio.on(server_error(503), times=1)
    record = answers.record
    frozen: list[Any] = []
    with monkeypatch.context() as patched:
        patched.setattr(delivery, "record", frozen.append)
        run()
    clock.shift(A_LEASE)
    with monkeypatch.context() as patched:
        patched.setattr(delivery, "record", die)  # the other one looks it up, sends it, and is at it still
        run_until_it_dies()
    for deliveries in frozen:
        with everywhere("the worker thaws"):
            record(deliveries)
    assert now(row).state == State.SENDING, "the other worker's attempt stands"
    clock.shift(A_LEASE)
    run()
    assert now(row).state == State.SENT
    assert len(twilio.messages) == 1


# Time runs out.


def slowly(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Each look at the monotonic clock finds so many seconds gone."""
    passed = [0.0]

    def monotonic() -> float:
        passed[0] += seconds
        return passed[0]

    monkeypatch.setattr(delivery, "time", SimpleNamespace(monotonic=monotonic))


def test_what_a_batch_has_not_begun_in_time_is_handed_back(
    family: Practice, twilio: TwilioStandin, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        due_text(family)
    with monkeypatch.context() as patched:
        slowly(patched, delivery.SEND_FOR / 2.5)
        deliver_batch()
    rows = texts()
    assert [row.state for row in rows] == [State.SENT, State.SENT, State.PENDING, State.PENDING]
    assert [(row.attempts, row.in_doubt) for row in rows[2:]] == [(0, False)] * 2
    assert not is_told(rows[3])
    run()
    assert len(twilio.messages) == 4
    assert is_told(rows[3])


def test_a_provider_that_does_not_answer_makes_the_rest_of_the_batch_wait(
    family: Practice,
    twilio: TwilioStandin,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
) -> None:
    settings.TWILIO_TIMEOUT = 0.05
    monkeypatch.setattr(delivery, "PATIENCE", 0.08)
    for _ in range(6):
        due_text(family)
    twilio.on(Hang(5), times=2)
    deliver_batch()
    assert Counter(row.state for row in texts()) == {State.SENDING: 2, State.PENDING: 4}
    assert twilio.messages == ()
    run()
    assert Counter(row.state for row in texts()) == {State.SENDING: 2, State.PENDING: 4}, "for a moment"
    clock.shift(19)
    run()
    assert len(twilio.messages) == 4


def test_texts_do_not_wait_for_a_mail_server_that_hangs(
    family: Practice, twilio: TwilioStandin, smtp: SmtpStandin, settings: Settings
) -> None:
    due_text(family)
    due_email(family)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        settings.EMAIL_PORT = mute.getsockname()[1]
        run()
    assert len(twilio.messages) == 1
    assert smtp.emails == ()


def test_a_broken_channel_does_not_keep_the_other_from_its_turn(
    family: Practice, twilio: TwilioStandin, smtp: SmtpStandin, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = due_text(family)
    due_email(family)
    with everywhere("an email ahead in its lane would be the first to have its turn"):
        Notification.objects.filter(channel=Channel.EMAIL, subject_id=text.subject_id).delete()

    def broken(*_: object) -> str:
        raise RuntimeError("a bug")

    monkeypatch.setattr("notifications.channels.text.TextConnection.send", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        run()
    assert len(smtp.emails) == 1


def test_what_became_too_late_within_a_batch_is_not_sent_R8(
    family: Practice, twilio: TwilioStandin, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = due_text(family)
    render = delivery._send

    def late(*args: Any) -> None:
        clock.shift(46 * 60)
        render(*args)

    with monkeypatch.context() as patched:
        patched.setattr(delivery, "_send", late)
        deliver_batch()
    run()
    assert (now(row).state, now(row).reason) == (State.SKIPPED, reasons.TOO_LATE.code)
    assert twilio.messages == ()
    assert not is_told(row)


def test_a_preference_turned_off_between_two_attempts_stops_it_R1(
    family: Practice, twilio: TwilioStandin, clock: time_machine.Traveller
) -> None:
    row = due_text(family)
    twilio.on(server_error(503), times=1)
    run()
    with within(family.organization):
        Preference.objects.get(login=family.mom, feature="appointments").choose(
            Channel.TEXT, on=False, by=family.mom.user
        )
    clock.shift(30)
    run()
    assert (now(row).state, now(row).reason) == (State.SKIPPED, reasons.PREFERENCE_OFF.code)
    assert twilio.messages == ()


def test_a_lost_text_whose_appointment_is_cancelled_meanwhile_is_not_sent(
    family: Practice, twilio: TwilioStandin, clock: time_machine.Traveller
) -> None:
    row = due_text(family)
    twilio.on(Drop(accepted=False), times=1)
    run()
    with within(family.organization):
        Appointment.objects.get(pk=row.subject_id).set_status(Appointment.Status.CANCELLED)
    for _ in range(2):
        clock.shift(A_LEASE)
        run()
    assert now(row).state == State.SKIPPED
    assert twilio.messages == (), "neither the reminder nor word of a cancellation of what nobody was told"


# What is said about it.


def everything_that_fails(
    family: Practice, twilio: TwilioStandin, smtp: SmtpStandin, clock: time_machine.Traveller
) -> None:
    """Each way of failing, once, by text and by email."""
    behaviours: list[Callable[[], None]] = [
        *[
            lambda refusal=refusal: twilio.on(refusal, times=1)
            for refusal in (
                Refuse(21610),
                Refuse(21614, message="'To' number is not a valid mobile number: +12065550143"),
                Refuse(20003, 401),
                too_many_requests(),
                server_error(500),
                server_error(503),
                Drop(accepted=True),
                Drop(),
                Hang(TIMEOUT * 3),
            )
        ],
        *[
            lambda refusal=refusal: smtp.on(refusal, times=1)
            for refusal in (
                RefuseConnection(),
                RefuseRecipient(550, "5.1.1 No mailbox daniel.rivera@harbor-kids-therapy.example"),
                RefuseRecipient(450),
                RefuseData(554, "5.6.0 daniel.rivera@harbor-kids-therapy.example refused: Mia"),
                DropAfterData(accepted=True),
                HangAfterData(TIMEOUT * 3),
            )
        ],
    ]
    for behave in behaviours:
        behave()
        due_text(family)
        due_email(family)
        run()
        with everywhere("the next one starts afresh"):
            TextStop.objects.all().delete()
        twilio.on(server_error(500), at="list", times=1)
        clock.shift(A_LEASE)
        run()
        for text in twilio.messages[-1:]:
            call_back(twilio, text.sid, "undelivered")


def test_no_log_and_no_record_says_anything_personal_S1(
    family: Practice,
    twilio: TwilioStandin,
    smtp: SmtpStandin,
    clock: time_machine.Traveller,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Every logger that speaks, at the level DEBUG, through everything that fails."""
    said = StringIO()
    handler = logging.StreamHandler(said)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s %(args)s"))
    handler.addFilter(lambda record: not record.name.startswith(("mail.", "asyncio")))  # the stand-in's own
    root = logging.getLogger()
    level = root.level
    silent = [logging.getLogger(name) for name in ("twilio", "twilio.http_client", "anymail")]
    for logger in (root, *silent):
        logger.addHandler(handler)
    root.setLevel(logging.DEBUG)
    logging.getLogger("notifications").debug("the ear is open")
    try:
        everything_that_fails(family, twilio, smtp, clock)
    finally:
        root.setLevel(level)
        for logger in (root, *silent):
            logger.removeHandler(handler)
    words = said.getvalue()
    out, err = capfd.readouterr()
    printed = "\n".join(line for line in (out + err).splitlines() if " mail." not in line)
    assert "the ear is open" in words
    assert "21614" in words
    assert len(smtp.emails) + len(twilio.messages) > 5
    personal = [
        "2065550143",
        "206-555-0144",
        "555-0143",
        "harbor-kids-therapy.example",
        "daniel.rivera",
        "Rivera",
        "Mia",
        "Maria",
        "Daniel",
        "Theo",
        "Harbor",
        "reminder,",
        "STOP",
        "Appointment reminder:",
        twilio.auth_token,
    ]
    assert [each for each in personal if each in words or each in printed] == []
    with everywhere("the test looks"):
        details = set(Notification.objects.values_list("reason_detail", flat=True))
    assert {"550", "21610"} <= details
    assert all(detail.isalnum() or detail in ("", "–") for detail in details), details
