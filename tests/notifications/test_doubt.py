"""Doubts and how they end: what a lost answer, a late worker, a broken template or a sleeping machine may not cost.

Each test looks at what mom's phone and dad's mailbox hold in the end, and at the record. A mailbox shows one email
for each Message-ID, as it first came.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
import time_machine
from django.utils import timezone, translation
from icalendar import Calendar
from pytest_django import Settings

from accounts.features import Channel, Feature
from accounts.models import EmailStop, EmailStopEvent
from accounts.tenancy import everywhere, within
from blink.celery import app
from notifications import answers, delivery, reasons, reconciling, tasks, waking
from notifications.answers import MOST_LOST_ANSWERS
from notifications.channels import UNTIL_MENDED
from notifications.channels.text import TextConnection
from notifications.claiming import BATCH
from notifications.forecast import forecast
from notifications.models import Notification, State
from notifications.reports import note
from scheduling.lines import Line
from scheduling.models import Appointment, Mention
from scheduling.scan import scan
from tests.conftest import Practice
from tests.notifications.test_bounces import tell
from tests.notifications.test_delivery import (
    A_LEASE,
    clock,
    die,
    due_email,
    due_text,
    family,
    is_told,
    now,
    run,
    run_until_it_dies,
    texts,
)
from tests.standins.mail_api import Answer, MailApiStandin
from tests.standins.smtp import DropAfterData, Email, RefuseConnection, RefuseData, SmtpStandin
from tests.standins.twilio import Drop, Hang, TwilioStandin, server_error

__all__ = ["clock", "family"]  # fixtures

pytestmark = pytest.mark.django_db

Clock = time_machine.Traveller
SID = "SM" + "a" * 32


def appointment_of(row: Notification) -> Appointment:
    with everywhere("the test looks"):
        return Appointment.objects.get(pk=row.subject_id)


def move(appointment: Appointment, by: timedelta) -> None:
    with within(appointment.organization_id):
        appointment.move(appointment.starts_at + by)


def set_status(appointment: Appointment, status: Appointment.Status) -> None:
    with within(appointment.organization_id):
        appointment.set_status(status)


def rows(kind: str, channel: Channel) -> list[Notification]:
    """The rows of a kind and channel, oldest first, but for those of whoever wants none."""
    with everywhere("the test looks"):
        found = Notification.objects.filter(kind=kind, channel=channel).exclude(reason=reasons.PREFERENCE_OFF.code)
        return list(found.order_by("pk"))


def corrections(channel: Channel) -> list[Notification]:
    return rows("appointment.changed", channel)


def hour(appointment: Appointment) -> str:
    """The time of day as people read it, such as "7:00 AM PDT"; every appointment here has its own."""
    with translation.override("en"), within(appointment.organization_id):
        return Line(appointment).time


def words_of(email: Email) -> str:
    body = email.message.get_body(("plain",))
    assert body is not None
    return f"{email.message['Subject']}\n{body.get_content()}"


def mailbox(smtp: SmtpStandin) -> list[str]:
    """What dad sees: one email for each Message-ID, as it first came."""
    seen: dict[str, str] = {}
    for email in smtp.emails:
        seen.setdefault(email.message_id, words_of(email))
    return list(seen.values())


def reminders_of(appointment: Appointment, smtp: SmtpStandin) -> int:
    """In how many reminders in the mailbox the appointment is listed, at its present time."""
    return sum("Reminder" in words.splitlines()[0] and hour(appointment) in words for words in mailbox(smtp))


def wait_for_the_next_try(row: Notification, clock: Clock) -> None:
    clock.move_to(now(row).next_attempt_at + timedelta(seconds=1))
    run()


def keep_trying(row: Notification, clock: Clock, until: timedelta) -> None:
    """Every attempt that falls within so much time from now, and then the time passes."""
    end = timezone.now() + until
    run()
    while now(row).state in (State.PENDING, State.SENDING) and now(row).next_attempt_at < end:
        wait_for_the_next_try(row, clock)
    if timezone.now() < end:
        clock.move_to(end)


# A provider that fails for hours loses nothing that is still useful (R8).


@pytest.mark.parametrize(("status", "hours"), [(503, 5), (500, 6)])
def test_an_http_provider_that_answers_5xx_for_hours_loses_no_email_R8(
    family: Practice, mail_api: MailApiStandin, clock: Clock, status: int, hours: int
) -> None:
    """A 503 was surely not accepted; a 500 may have been, and these end only after most of a working day."""
    row = due_email(family)
    mail_api.answers.extend([Answer(status)] * 1000)
    keep_trying(row, clock, timedelta(hours=hours))
    assert (now(row).state, now(row).in_doubt) == (State.PENDING, status == 500)
    assert mail_api.emails == []
    mail_api.answers.clear()
    wait_for_the_next_try(row, clock)
    assert len(mail_api.emails) == 1
    assert (now(row).state, now(row).in_doubt) == (State.SENT, False)
    assert timezone.now() < row.useful_until


@pytest.mark.parametrize("refusal", [RefuseConnection(), RefuseData(451)])
def test_one_lost_answer_followed_by_hours_of_refusals_loses_no_email_R8(
    family: Practice, smtp: SmtpStandin, clock: Clock, refusal: RefuseConnection | RefuseData
) -> None:
    row = due_email(family)
    smtp.on(DropAfterData(accepted=False), times=1)
    run()
    smtp.clear()
    smtp.on(refusal)
    keep_trying(row, clock, timedelta(hours=4))
    assert (now(row).state, now(row).in_doubt, now(row).lost_answers) == (State.PENDING, True, 1)
    assert now(row).attempts > MOST_LOST_ANSWERS
    smtp.clear()
    wait_for_the_next_try(row, clock)
    (words,) = mailbox(smtp)
    assert hour(appointment_of(row)) in words
    assert (now(row).state, now(row).in_doubt) == (State.SENT, False)


# An agenda that ends in doubt silences nothing (R5), and what it may have told is corrected (R7).


def test_an_agenda_that_fails_in_doubt_leaves_the_others_their_own_email_R5(
    family: Practice, smtp: SmtpStandin, clock: Clock
) -> None:
    row = due_email(family)
    other = family.appointment(timedelta(hours=40))
    begun = timezone.now()
    smtp.on(DropAfterData(accepted=False))
    keep_trying(row, clock, timedelta(hours=12))
    kept = now(row)
    assert (kept.state, kept.reason, kept.in_doubt) == (State.FAILED, reasons.GAVE_UP.code, True)
    assert kept.lost_answers == MOST_LOST_ANSWERS
    smtp.clear()
    clock.move_to(begun + timedelta(hours=16, minutes=5))
    scan()
    run()
    assert reminders_of(other, smtp) == 1
    assert [each.state for each in rows("appointment.reminder", Channel.EMAIL)] == [State.FAILED, State.SENT]
    clock.shift(600)
    scan()
    run()
    assert len(mailbox(smtp)) == 1


def test_what_an_agenda_that_failed_in_doubt_may_have_told_is_corrected_R7(
    family: Practice, smtp: SmtpStandin, clock: Clock
) -> None:
    row = due_email(family)
    other = family.appointment(timedelta(hours=40))
    begun = timezone.now()
    smtp.on(DropAfterData(accepted=True))
    keep_trying(row, clock, timedelta(hours=12))
    assert now(row).state == State.FAILED
    assert reminders_of(other, smtp) == 1, "it did arrive, and nobody knows"
    smtp.clear()
    move(other, timedelta(hours=3))
    run()
    (moved,) = mailbox(smtp)
    assert "Appointment moved" in moved
    assert hour(other) in moved
    clock.move_to(begun + timedelta(hours=19, minutes=5))
    scan()
    run()
    assert reminders_of(other, smtp) == 1, "the reminder of the new time, at its time"
    set_status(appointment_of(row), Appointment.Status.CANCELLED)
    run()
    assert "Appointment cancelled" in mailbox(smtp)[-1]


@pytest.mark.parametrize("status", [Appointment.Status.ATTENDED, Appointment.Status.CANCELLED])
def test_an_agenda_that_is_skipped_in_doubt_leaves_the_others_their_own_email_R5(
    family: Practice, smtp: SmtpStandin, clock: Clock, status: Appointment.Status
) -> None:
    """Its worker died before the mail server was called, and then its first appointment was no longer Scheduled."""
    row = due_email(family)
    other = family.appointment(timedelta(hours=30))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(delivery, "_send", die)
        run_until_it_dies()
    first = appointment_of(row)
    set_status(first, status)
    clock.shift(A_LEASE)
    run()
    assert (now(row).state, now(row).reason, now(row).in_doubt) == (State.SKIPPED, "appointment_not_scheduled", True)
    cancelled = [words for words in mailbox(smtp) if "Appointment cancelled" in words]
    assert len(cancelled) == (1 if first.is_called_off else 0), "they may have been reminded, so they are told (R7)"
    clock.shift(6 * 3600)
    scan()
    run()
    assert reminders_of(other, smtp) == 1
    move(other, timedelta(hours=3))
    run()
    assert hour(other) in mailbox(smtp)[-1]
    assert "Appointment moved" in mailbox(smtp)[-1]


# An agenda that came back silences nothing either.


@pytest.mark.parametrize(("why", "told"), [("timed_out", 1), ("bounced", 0)])
def test_an_agenda_that_came_back_for_good_leaves_the_others_their_own_email_R5_E4(
    family: Practice, smtp: SmtpStandin, clock: Clock, why: str, told: int
) -> None:
    """A mailbox that was full for an hour gets it; an address that does not exist is not said to have been told."""
    row = due_email(family)
    other = family.appointment(timedelta(hours=40))
    begun = timezone.now()
    while now(row).state != State.UNDELIVERED:
        run()
        tell(now(row), "bounced", why, message_id=now(row).provider_id)
        clock.shift(3600)
    smtp.clear()
    clock.move_to(begun + timedelta(hours=16, minutes=5))
    scan()
    run()
    assert reminders_of(other, smtp) == told
    own = rows("appointment.reminder", Channel.EMAIL)[-1]
    assert (own.subject_id, own.reason) == (other.pk, "" if told else reasons.EMAIL_BOUNCED.code)


def test_what_came_back_for_good_is_corrected_as_long_as_it_may_have_been_read_R7(
    family: Practice, smtp: SmtpStandin, clock: Clock
) -> None:
    row = due_email(family)
    while now(row).state != State.UNDELIVERED:
        run()
        tell(now(row), "bounced", "timed_out", message_id=now(row).provider_id)
        clock.shift(3600)
    smtp.clear()
    set_status(appointment_of(row), Appointment.Status.CANCELLED)
    run()
    assert ["Appointment cancelled" in words for words in mailbox(smtp)] == [True]


@pytest.mark.parametrize("order", [("bounced", "delivered"), ("delivered", "bounced")], ids="-".join)
def test_an_agenda_that_arrived_after_all_is_all_that_is_told_in_whatever_order_it_is_said_R5(
    family: Practice, smtp: SmtpStandin, clock: Clock, order: tuple[str, ...]
) -> None:
    row = due_email(family)
    other = family.appointment(timedelta(hours=40))
    run()
    for event in order:
        tell(now(row), event, "unsubscribed" if event == "bounced" else None, message_id=now(row).provider_id)
    EmailStop.objects.resume(now(row).sent_to, EmailStopEvent.How.OWNER)
    clock.shift(16 * 3600 + 300)
    scan()
    run()
    assert now(row).state == State.DELIVERED
    assert reminders_of(other, smtp) == 1
    assert len(mailbox(smtp)) == 1


# A worker that is late.


def test_a_late_worker_leaves_the_row_and_what_was_told_as_they_are_R7(
    family: Practice, twilio: TwilioStandin, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frozen with a 503 in its hands, past its lease; another one sent the text meanwhile."""
    row = due_text(family)
    twilio.on(server_error(503), times=1)
    record = answers.record
    frozen: list[Any] = []
    with monkeypatch.context() as patched:
        patched.setattr(delivery, "record", frozen.append)
        run()
    clock.shift(A_LEASE)
    run()
    assert (now(row).state, len(twilio.messages)) == (State.SENT, 1)
    assert sum(len(deliveries) for deliveries in frozen) >= 1
    with everywhere("the worker thaws"):
        for deliveries in frozen:
            record(deliveries)
    kept = now(row)
    assert (kept.state, kept.provider_id, kept.in_doubt) == (State.SENT, twilio.messages[0].sid, False)
    assert kept.attempts == 2
    assert is_told(row)
    set_status(appointment_of(row), Appointment.Status.CANCELLED)
    run()
    assert [text.body for text in twilio.messages if "is cancelled" in text.body] == [twilio.messages[-1].body]
    assert len(twilio.messages) == 2


# Several texts to one number are in doubt at once: a family with two children.


def asked_by(twilio: TwilioStandin) -> dict[str, int]:
    """Which notification each text of the stand-in is of, by its SID."""
    return {text.sid: int(str(text.status_callback).rpartition("/")[2]) for text in twilio.messages}


def test_texts_of_one_number_that_nobody_answered_for_find_their_own_R9_T10(
    family: Practice, twilio: TwilioStandin, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        due_text(family)
    with monkeypatch.context() as patched:
        patched.setattr(delivery, "record", lambda _deliveries: None)  # the worker is gone before it has
        delivery.deliver_batch()
    assert {row.state for row in texts()} == {State.SENDING}
    clock.shift(A_LEASE)
    run()
    assert {row.provider_id: row.pk for row in texts()} == asked_by(twilio)
    assert len(twilio.messages) == 5


def test_a_lookup_does_not_take_a_text_that_another_worker_just_sent_R9(
    family: Practice, twilio: TwilioStandin, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two children, the first one's text was never accepted; while it is looked up the second one's leaves."""
    first = due_text(family)
    twilio.on(Drop(accepted=False), times=1)
    run()
    clock.shift(A_LEASE)
    with everywhere("the test lets the other one be claimed before it"):
        Notification.objects.filter(pk=first.pk).update(next_attempt_at=timezone.now() + timedelta(seconds=600))
    second = due_text(family)
    send = TextConnection.send

    def looked_up_before_it_is_recorded(self: TextConnection, message: Any) -> str:
        sid = send(self, message)
        with monkeypatch.context() as patched:
            patched.setattr(TextConnection, "send", send)
            with everywhere("its lease runs out just now"):
                Notification.objects.filter(pk=first.pk).update(next_attempt_at=timezone.now())
            delivery.deliver_batch()
        return sid

    with monkeypatch.context() as patched:
        patched.setattr(TextConnection, "send", looked_up_before_it_is_recorded)
        delivery.deliver_batch()
    assert (now(first).state, now(second).state) == (State.SENDING, State.SENT)
    clock.shift(A_LEASE)
    run()
    run()
    assert {row.provider_id: row.pk for row in texts()} == asked_by(twilio)
    assert [row.state for row in texts()] == [State.SENT, State.SENT]
    assert len(twilio.messages) == 2


def test_lookups_at_a_provider_that_hangs_keep_the_rest_waiting_for_a_moment_only_R8(
    family: Practice, twilio: TwilioStandin, smtp: SmtpStandin, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        due_text(family)
    with monkeypatch.context() as patched:
        patched.setattr(delivery, "record", lambda _deliveries: None)
        delivery.deliver_batch()
    clock.shift(A_LEASE)
    monkeypatch.setattr(reconciling, "PATIENCE", 0.5)
    twilio.on(Hang(30), at="list")
    asked: list[str] = []
    accepted = TextConnection.accepted

    def counted(self: TextConnection, number: str, since: Any) -> list[str]:
        asked.append(number)
        return accepted(self, number, since)

    monkeypatch.setattr(TextConnection, "accepted", counted)
    run()
    assert len(asked) == 1
    twilio._script.clear()
    clock.shift(61)
    run()
    assert [row.state for row in texts()] == [State.SENT] * 4
    assert len(twilio.messages) == 4


# A retry in doubt says what the first attempt said (E5).


def test_a_retry_of_an_agenda_in_doubt_lists_what_it_listed_and_the_rest_is_told_apart_R5_R7_E5(
    family: Practice, smtp: SmtpStandin, clock: Clock
) -> None:
    row = due_email(family)
    moved = family.appointment(timedelta(hours=30))
    stays = family.appointment(timedelta(hours=32))
    smtp.on(DropAfterData(accepted=True), times=1)
    run()
    before = hour(moved)
    move(moved, timedelta(hours=3))
    new = family.appointment(timedelta(hours=28), booked=timedelta(0))
    clock.shift(30)
    run()
    agendas = [words_of(email) for email in smtp.emails if email.message_id == row.message_id]
    assert len(agendas) == 2
    listed = [[each for each in (before, hour(moved), hour(stays), hour(new)) if each in words] for words in agendas]
    assert listed == [[before, hour(stays)], [hour(stays)]]
    told = [words for words in mailbox(smtp) if "Appointment moved" in words]
    assert len(told) == 1
    assert hour(moved) in told[0]
    for _ in range(4):
        clock.shift(3 * 3600)
        scan()
        run()
    assert [reminders_of(each, smtp) for each in (stays, moved, new)] == [1, 1, 1]
    with everywhere("the test looks"):
        states = Notification.objects.filter(channel=Channel.EMAIL, login=family.dad).values_list("state", flat=True)
        assert set(states) <= {State.SENT, State.SKIPPED}
        assert list(
            Mention.objects.reminders().filter(notification=row).order_by("starts_at").values_list("appointment")
        ) == [(row.subject_id,), (moved.pk,), (stays.pk,)]


def test_a_correction_in_doubt_is_not_sent_again_with_other_words_and_the_newer_one_goes_R7_E5(
    family: Practice, smtp: SmtpStandin, clock: Clock
) -> None:
    row = due_email(family)
    run()
    appointment = appointment_of(row)
    smtp.on(DropAfterData(accepted=True), times=1)
    move(appointment, timedelta(hours=2))
    run()
    first_words = hour(appointment)
    move(appointment, timedelta(hours=2))
    clock.shift(30)
    run()
    run()
    overtaken, newer = corrections(Channel.EMAIL)
    assert (now(overtaken).state, now(overtaken).reason) == (State.SKIPPED, "appointment_changed_again")
    assert now(newer).state == State.SENT
    first, second = [words for words in mailbox(smtp) if "Appointment moved" in words]
    assert first_words in first
    assert hour(appointment) not in first
    assert hour(appointment) in second
    assert [email.message_id for email in smtp.emails].count(overtaken.message_id) == 1


# The machine sleeps.


def test_a_machine_suspended_within_a_batch_doubles_no_text_R9(
    family: Practice, twilio: TwilioStandin, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock on the wall goes on, the monotonic one does not. Another machine takes over what it left."""
    for _ in range(3):
        due_text(family)
    send = TextConnection.send
    sends: list[str] = []

    def suspended_after_the_first(self: TextConnection, message: Any) -> str:
        sends.append(send(self, message))
        if len(sends) == 1:
            clock.shift(240)
            run()
        return sends[-1]

    monkeypatch.setattr(TextConnection, "send", suspended_after_the_first)
    run()
    run()
    assert len(twilio.messages) == 3
    assert [row.state for row in texts()] == [State.SENT] * 3
    assert {row.provider_id for row in texts()} == {text.sid for text in twilio.messages}


def test_a_machine_suspended_within_a_batch_hands_the_rest_back_R8(
    family: Practice, twilio: TwilioStandin, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody took over: what it had not begun is as if never claimed, and goes with the next claim."""
    for _ in range(3):
        due_text(family)
    send = TextConnection.send

    def suspended(self: TextConnection, message: Any) -> str:
        sid = send(self, message)
        clock.shift(240)
        return sid

    with monkeypatch.context() as patched:
        patched.setattr(TextConnection, "send", suspended)
        delivery.deliver_batch()
    assert [(row.state, row.attempts, row.in_doubt) for row in texts()] == [
        (State.SENT, 1, False),
        (State.PENDING, 0, False),
        (State.PENDING, 0, False),
    ]
    assert len(twilio.messages) == 1
    run()
    assert [row.state for row in texts()] == [State.SENT] * 3
    assert len(twilio.messages) == 3


# A kind that nobody here knows.


@pytest.fixture
def broker(redis_url: str) -> Iterator[redis.Redis]:
    """This run's Redis, with nothing in its queues before and after."""
    with redis.Redis.from_url(redis_url) as client:
        client.delete("notices", "clock")
        yield client
        client.delete("notices", "clock")


def fill_ledger(practice: Practice, count: int, **fields: Any) -> list[Notification]:
    """So many rows for dad by email, due for an hour, about an appointment that is gone."""
    fields = {
        "organization": practice.organization,
        "login": practice.dad,
        "feature": Feature.APPOINTMENTS,
        "kind": "appointment.reminder",
        "channel": Channel.EMAIL,
        "subject_id": 0,
        "due_at": timezone.now() - timedelta(hours=1),
        "useful_until": timezone.now() + timedelta(hours=9),
        "next_attempt_at": timezone.now() - timedelta(hours=1),
        **fields,
    }
    with everywhere("a ledger with due rows"):
        return Notification.objects.bulk_create(Notification(key=f"row:{number}", **fields) for number in range(count))


def test_a_row_of_an_unknown_kind_holds_up_nobody(
    family: Practice, twilio: TwilioStandin, smtp: SmtpStandin, broker: redis.Redis
) -> None:
    """Such as one that a newer release wrote during a rollout: first in the queue, first in dad's lane."""
    (strange,) = fill_ledger(family, 1, kind="greeting.sent", feature=Feature.HOMEWORK, lane="agenda")
    tasks.sweep()
    assert broker.llen("notices") == 0, "nobody is woken for what nobody here can do"
    text, email = due_text(family), due_email(family)
    with within(family.organization):
        foreseen = forecast(family.organization, now=timezone.now())
    assert {text.pk, email.pk} <= {line.row.pk for line in foreseen}
    assert strange.pk not in {line.row.pk for line in foreseen}
    run()
    assert (len(twilio.messages), len(smtp.emails)) == (1, 1)
    assert (now(text).state, now(email).state) == (State.SENT, State.SENT)
    assert (now(strange).state, now(strange).attempts) == (State.PENDING, 0), "left to who knows it"


# A template that fails.


@pytest.fixture
def mend_the_reminder(settings: Settings, tmp_path: Path) -> Callable[[], None]:
    """The reminder's subject and text are broken, as after a bad deploy, until this is called."""
    directory = tmp_path / "scheduling" / "reminder"
    directory.mkdir(parents=True)
    for name in ("subject.txt", "text.txt"):
        (directory / name).write_text("{% load what_is_not_there %}")
    whole = settings.TEMPLATES
    broken = deepcopy(whole)
    broken[0]["DIRS"] = [tmp_path, *broken[0]["DIRS"]]
    settings.TEMPLATES = broken

    def mend() -> None:
        settings.TEMPLATES = whole

    return mend


def test_a_notice_whose_template_fails_is_sent_once_it_is_mended_R8(
    family: Practice,
    twilio: TwilioStandin,
    smtp: SmtpStandin,
    clock: Clock,
    mend_the_reminder: Callable[[], None],
) -> None:
    text, email = due_text(family), due_email(family)
    for _ in range(3):
        run()
        clock.shift(UNTIL_MENDED + 5)
    for row in (text, email):
        assert (now(row).state, now(row).in_doubt, is_told(row)) == (State.PENDING, False, False)
        assert now(row).attempts == 3
    mend_the_reminder()
    run()
    assert (now(text).state, now(email).state) == (State.SENT, State.SENT)
    assert (len(twilio.messages), len(mailbox(smtp))) == (1, 1)


def test_a_notice_whose_template_is_never_mended_ends_when_its_time_is_up_L1(
    family: Practice, twilio: TwilioStandin, clock: Clock, mend_the_reminder: Callable[[], None]
) -> None:
    row = due_text(family)
    keep_trying(row, clock, timedelta(minutes=35))
    assert now(row).state == State.PENDING
    run()
    while now(row).state == State.PENDING:
        wait_for_the_next_try(row, clock)
    kept = now(row)
    assert (kept.state, kept.reason, kept.in_doubt) == (State.FAILED, reasons.NOT_WRITABLE.code, False)
    assert kept.words == "Not texted: its words could not be put together; the platform admin was told"
    assert timedelta(0) <= kept.useful_until - timezone.now() <= timedelta(seconds=UNTIL_MENDED)
    assert twilio.messages == ()
    assert not is_told(row)


# Refused, and delivered all the same.


def told_by_text(family: Practice, twilio: TwilioStandin) -> Appointment:
    """Mom was reminded of an appointment in 55 minutes; the text is out of the way."""
    row = due_text(family)
    run()
    assert len(twilio.messages) == 1
    twilio.clear()
    return appointment_of(row)


def refused_and_delivered(row: Notification) -> None:
    """Twilio's callback says that a text arrived which it had refused with 503."""
    with everywhere("the webhook serves every organization"):
        assert note(row.pk, State.DELIVERED, sid=SID, error_code=None)


@pytest.mark.parametrize("change", ["moved", "cancelled"])
def test_a_text_refused_but_delivered_is_corrected_when_the_appointment_changes_R7(
    family: Practice, twilio: TwilioStandin, clock: Clock, change: str
) -> None:
    row = due_text(family)
    twilio.on(server_error(503), times=1)
    run()
    assert not is_told(row)
    refused_and_delivered(row)
    assert is_told(row)
    clock.shift(60)
    run()
    assert now(row).state == State.DELIVERED
    assert list(twilio.messages) == [], "it is not sent again, and nothing is to be corrected yet"
    appointment = appointment_of(row)
    if change == "moved":
        move(appointment, timedelta(hours=1))
    else:
        set_status(appointment, Appointment.Status.CANCELLED)
    run()
    (text,) = twilio.messages
    assert ("has moved to" if change == "moved" else "is cancelled") in text.body
    assert hour(appointment) in text.body


@pytest.mark.parametrize("change", ["moved", "cancelled"])
def test_a_text_refused_but_delivered_is_corrected_when_the_appointment_had_changed_before_R7(
    family: Practice, twilio: TwilioStandin, clock: Clock, change: str
) -> None:
    """The appointment changes while nobody seems to have been told; then the callback comes."""
    row = due_text(family)
    twilio.on(server_error(503), times=1)
    run()
    appointment = appointment_of(row)
    if change == "moved":
        move(appointment, timedelta(hours=1))
    else:
        set_status(appointment, Appointment.Status.CANCELLED)
    clock.shift(60)
    run()
    assert now(row).state == State.SKIPPED
    assert list(twilio.messages) == []
    refused_and_delivered(row)
    run()
    (text,) = twilio.messages
    assert ("has moved to" if change == "moved" else "is cancelled") in text.body
    assert hour(appointment) in text.body
    assert now(row).state == State.DELIVERED


def test_a_correction_refused_but_delivered_is_set_right_when_the_appointment_changes_back_R7(
    family: Practice, twilio: TwilioStandin
) -> None:
    appointment = told_by_text(family, twilio)
    twilio.on(server_error(503), times=1)
    move(appointment, timedelta(hours=1))
    run()
    (row,) = corrections(Channel.TEXT)
    refused_and_delivered(row)
    run()
    assert list(twilio.messages) == []
    move(appointment, -timedelta(hours=1))
    run()
    (text,) = twilio.messages
    assert "has moved to" in text.body
    assert hour(appointment) in text.body


@pytest.mark.parametrize("change", ["moved", "cancelled"])
def test_a_correction_refused_but_delivered_after_a_change_back_is_set_right_R7(
    family: Practice, twilio: TwilioStandin, clock: Clock, change: str
) -> None:
    """By then nothing seemed to need correcting."""
    appointment = told_by_text(family, twilio)
    twilio.on(server_error(503), times=1)
    if change == "moved":
        move(appointment, timedelta(hours=1))
        run()
        move(appointment, -timedelta(hours=1))
    else:
        set_status(appointment, Appointment.Status.CANCELLED)
        run()
        set_status(appointment, Appointment.Status.SCHEDULED)
    clock.shift(60)
    run()
    (row,) = corrections(Channel.TEXT)
    assert row.reason == "nothing_to_correct"
    assert list(twilio.messages) == []
    refused_and_delivered(row)
    run()
    (text,) = twilio.messages
    assert "is on again" in text.body
    assert hour(appointment) in text.body


def test_a_text_confirmed_after_its_correction_left_is_not_the_last_that_was_told_R7(
    family: Practice, twilio: TwilioStandin, clock: Clock
) -> None:
    row = due_text(family)
    twilio.on(Drop(accepted=True), times=1)
    twilio.on(server_error(500), at="list")
    run()
    while now(row).state == State.SENDING:
        wait_for_the_next_try(row, clock)
    assert (now(row).state, now(row).reason) == (State.FAILED, reasons.UNCONFIRMED.code)
    appointment = appointment_of(row)
    move(appointment, timedelta(hours=5))
    run()
    assert [hour(appointment) in text.body for text in twilio.messages] == [False, True]
    refused_and_delivered(row)
    run()
    before = len(twilio.messages)
    assert before == 2
    move(appointment, -timedelta(hours=5))
    run()
    (text,) = twilio.messages[before:]
    assert "has moved to" in text.body
    assert hour(appointment) in text.body


# A correction obeys the start as it is when it leaves (T9, R8).


def test_a_correction_dies_before_a_start_that_came_nearer_T9(
    family: Practice, twilio: TwilioStandin, clock: Clock
) -> None:
    appointment = told_by_text(family, twilio)
    move(appointment, timedelta(days=3))
    move(appointment, -timedelta(days=3, minutes=20))
    run()
    (text,) = twilio.messages
    assert "has moved to" in text.body
    assert hour(appointment) in text.body
    assert text.validity_period <= (appointment.starts_at - timezone.now()).total_seconds() + 5 <= 35 * 60 + 5
    assert [row.reason for row in corrections(Channel.TEXT)] == ["", "nothing_to_correct"]


def test_a_correction_of_what_was_moved_and_cancelled_dies_before_the_time_they_know_T9(
    family: Practice, twilio: TwilioStandin, clock: Clock
) -> None:
    appointment = told_by_text(family, twilio)
    known, known_hour = appointment.starts_at, hour(appointment)
    move(appointment, timedelta(days=3, hours=2))
    set_status(appointment, Appointment.Status.CANCELLED)
    run()
    (text,) = twilio.messages
    assert "is cancelled" in text.body
    assert known_hour in text.body
    assert text.validity_period <= (known - timezone.now()).total_seconds() + 5


@pytest.mark.parametrize("then", ["nearer", "cancelled"])
def test_a_correction_is_not_sent_once_the_start_is_past_R8(
    family: Practice, twilio: TwilioStandin, clock: Clock, then: str
) -> None:
    """A week's time on the row from the first move helps nobody: the record says too late."""
    appointment = told_by_text(family, twilio)
    twilio.on(server_error(503))
    move(appointment, timedelta(days=7))
    if then == "nearer":
        move(appointment, -timedelta(days=7, minutes=20))
    else:
        set_status(appointment, Appointment.Status.CANCELLED)
    run()
    clock.shift(57 * 60)
    twilio.clear()
    run()
    clock.shift(3600)
    run()
    assert twilio.messages == ()
    assert {row.state for row in corrections(Channel.TEXT)} <= {State.SKIPPED, State.FAILED}
    assert corrections(Channel.TEXT)[0].reason in (reasons.TOO_LATE.code, reasons.GAVE_UP.code)


def test_a_correction_is_tried_while_the_nearer_start_leaves_time_R8(
    family: Practice, twilio: TwilioStandin, clock: Clock
) -> None:
    """The waits between tries follow the start as it is, not the week that the row was written with."""
    appointment = told_by_text(family, twilio)
    move(appointment, timedelta(days=7))
    move(appointment, -timedelta(days=7, minutes=20))
    twilio.on(server_error(503))
    first = corrections(Channel.TEXT)[0]
    keep_trying(first, clock, appointment.starts_at - timezone.now() - timedelta(minutes=4))
    assert now(first).state == State.PENDING
    twilio.clear()
    wait_for_the_next_try(first, clock)
    (text,) = twilio.messages
    assert hour(appointment) in text.body
    assert timezone.now() < appointment.starts_at


def test_a_correction_is_not_taken_up_in_the_last_second_R8(
    family: Practice, twilio: TwilioStandin, clock: Clock
) -> None:
    """Moved and cancelled, within a second of the time they know: decided at once, not handed back and forth."""
    appointment = told_by_text(family, twilio)
    known = appointment.starts_at
    move(appointment, timedelta(days=3))
    set_status(appointment, Appointment.Status.CANCELLED)
    clock.move_to(known - timedelta(seconds=0.9), tick=False)
    delivery.deliver_batch()
    first = corrections(Channel.TEXT)[0]
    assert (first.state, first.reason) == (State.SKIPPED, reasons.TOO_LATE.code)
    assert twilio.messages == ()


# The reader's language.


def test_the_calendar_of_a_french_login_is_in_french_R10(family: Practice, smtp: SmtpStandin) -> None:
    with within(family.organization):
        family.dad.language = "fr"
        family.dad.save()
    due_email(family)
    run()
    (email,) = smtp.emails
    (part,) = [part for part in email.message.walk() if part.get_content_type() == "text/calendar"]
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    (event,) = Calendar.from_ical(payload).events
    assert str(event["SUMMARY"]).startswith("Rendez-vous")
    assert str(event["DESCRIPTION"]) == "Avec Theo Therapist"


# Shifts and queues.


def test_a_delivery_ends_its_shift_and_wakes_another(
    family: Practice, broker: redis.Redis, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    fill_ledger(family, 2 * BATCH + 1)
    settings.DELIVERY = "outbox"  # which nothing limits
    monkeypatch.setattr(tasks, "SHIFT", -1.0)
    for left, woken in [(BATCH + 1, 1), (1, 2), (0, 3)]:
        tasks.deliver()
        assert waking._waker.flush(10)
        with everywhere("the test looks"):
            assert Notification.objects.unfinished().count() == left
        assert broker.llen("notices") == woken
    tasks.deliver()
    assert waking._waker.flush(10)
    assert broker.llen("notices") == 3, "with nothing left nobody is woken"


def test_scans_and_sweeps_do_not_queue_behind_deliveries(broker: redis.Redis) -> None:
    waking.wake()
    assert waking._waker.flush(10)
    for entry in app.conf.beat_schedule.values():
        app.send_task(entry["task"], **entry.get("options", {}))
    assert broker.llen("notices") == 1
    assert broker.llen("clock") == len(app.conf.beat_schedule) == 4
