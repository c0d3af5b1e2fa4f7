"""Account mail: never lost, never twice, never kept longer than it must be, by the real email backends."""

import re
import smtplib
from datetime import timedelta

import pytest
import redis
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from accounts.invitations import invite
from accounts.letters import Written
from accounts.models import Login, Role
from accounts.tenancy import within
from notifications import letters
from notifications.channels import Permanent
from notifications.letters import BACKOFF_LONGEST, BATCH, TRY_FOR, deliver_letters, post
from notifications.models import Letter, Notification, OutboxLetter
from notifications.tasks import deliver, sweep
from tests.conftest import Practice
from tests.standins.mail_api import Answer, MailApiStandin, refused_recipient
from tests.standins.smtp import DropAfterData, RefuseConnection, RefuseData, RefuseRecipient, SmtpStandin

pytestmark = pytest.mark.django_db

TO = "grandma@mail.example"
LINK = "https://blink.example/account/activate/secret/"


def write(to: str = TO, **fields: str) -> Letter:
    words = {"subject": "Your invitation", "body": f"Come in: {LINK}\n", "html": f'<a href="{LINK}">Come in</a>'}
    post(Written(to=to, **{**words, **fields}))
    return Letter.objects.latest("pk")


def again(letter: Letter) -> Letter:
    return Letter.objects.get(pk=letter.pk)


def later(seconds: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(seconds=seconds))


@pytest.fixture
def providers(settings: Settings, smtp: SmtpStandin) -> SmtpStandin:
    """A real mail server, in place of the outbox."""
    settings.DELIVERY = "providers"
    return smtp


def test_a_letter_arrives_whole_and_its_words_are_forgotten(providers: SmtpStandin) -> None:
    letter = write(sender_name="Harbor Kids Therapy", reply_to="desk@harbor.example")
    assert deliver_letters() == 1
    (email,) = providers.emails
    message = email.message
    assert message["To"] == TO
    assert message["From"] == "Harbor Kids Therapy <reminders@blink.example>"
    assert message["Reply-To"] == "desk@harbor.example"
    assert message["Message-ID"] == letter.message_id
    assert LINK in str(message.get_body(("plain",)))
    assert LINK in str(message.get_body(("html",)))
    letter = again(letter)
    assert letter.sent_at is not None
    assert (letter.subject, letter.body, letter.html) == ("", "", "")
    assert deliver_letters() == 0


def test_a_letter_of_no_practice_is_from_blink(providers: SmtpStandin) -> None:
    write()
    deliver_letters()
    assert providers.emails[0].message["From"] == "Blink <reminders@blink.example>"


def test_a_letter_that_cannot_leave_now_leaves_later(providers: SmtpStandin) -> None:
    providers.on(RefuseConnection(), times=1)
    letter = write()
    deliver_letters()
    assert not providers.emails
    letter = again(letter)
    assert (letter.error, letter.sent_at, letter.given_up_at) == ("421", None, None)
    assert LINK in letter.body
    assert deliver_letters() == 0  # not before its time
    with later(30):
        assert deliver_letters() == 1
    assert len(providers.emails) == 1
    assert again(letter).error == ""


def test_an_answer_that_was_lost_is_asked_for_with_the_same_message_id(providers: SmtpStandin) -> None:
    """A mailbox shows both as one (E5)."""
    providers.on(DropAfterData(), times=1)
    letter = write()
    deliver_letters()
    with later(30):
        deliver_letters()
    assert {email.message_id for email in providers.emails} == {letter.message_id}
    assert again(letter).sent_at is not None


def test_a_mailbox_that_is_not_there_is_given_up_at_once(providers: SmtpStandin) -> None:
    providers.on(RefuseRecipient(550), to=TO)
    letter = write()
    other = write("grandpa@mail.example")
    deliver_letters()
    letter = again(letter)
    assert letter.given_up_at is not None
    assert (letter.error, letter.body, letter.html) == ("550", "", "")
    assert again(other).sent_at is not None  # one bad address stops nobody else's


def test_what_may_be_our_own_fault_is_tried_for_a_day_and_then_given_up(providers: SmtpStandin) -> None:
    providers.on(RefuseData(554, "5.7.1 We do not relay"))
    letter = write()
    started = timezone.now()
    tries = 0
    now = started
    while again(letter).given_up_at is None:
        now = again(letter).next_attempt_at + timedelta(seconds=1)
        with time_machine.travel(now, tick=False):
            tries += deliver_letters()
    assert TRY_FOR - timedelta(seconds=2 * BACKOFF_LONGEST) < now - started < TRY_FOR + timedelta(minutes=1)
    assert 40 < tries < 80
    assert again(letter).body == ""


def test_the_wait_between_tries_grows(providers: SmtpStandin) -> None:
    providers.on(RefuseConnection())
    letter = write()
    waits = []
    for _try in range(4):
        now = again(letter).next_attempt_at + timedelta(seconds=1)
        with time_machine.travel(now, tick=False):
            deliver_letters()
        waits.append((again(letter).next_attempt_at - now).total_seconds())
    assert all(12 * 2**n <= wait <= 18 * 2**n for n, wait in enumerate(waits)), waits


def test_a_letter_whose_worker_died_goes_again_once_its_lease_ran_out(
    providers: SmtpStandin, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = write()

    class Killed(BaseException):
        """Nothing catches it, as nothing catches the end of a process."""

    def die(*args: object, **kwargs: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(letters, "_end", die)
        with pytest.raises(Killed):
            deliver_letters()
    assert deliver_letters() == 0  # somebody may still be at work
    with later(letters.LEASE.total_seconds() + 1):
        assert deliver_letters() == 1
    assert {email.message_id for email in providers.emails} == {letter.message_id}
    assert again(letter).sent_at is not None


def test_a_late_answer_does_not_overwrite_a_newer_attempt(providers: SmtpStandin) -> None:
    letter = write()
    (first,) = letters._claim(timezone.now(), BATCH)
    with later(letters.LEASE.total_seconds() + 1):
        (second,) = letters._claim(timezone.now(), BATCH)
        letters._note_error(first, Permanent("550"))
        assert again(letter).given_up_at is None
        letters._end(second, sent_at=timezone.now())
    assert again(letter).sent_at is not None


def test_a_provider_that_hangs_holds_up_one_letter_and_not_the_texts(
    providers: SmtpStandin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letters, "PATIENCE", 0.0)
    providers.on(RefuseConnection())
    kept = [write(f"{number}@mail.example") for number in range(3)]
    assert deliver_letters() == 3
    assert [again(letter).attempts for letter in kept] == [1, 0, 0]
    providers.clear()
    with later(30):
        deliver_letters()
    assert len(providers.emails) == 3


def test_letters_leave_by_any_provider_of_anymail(settings: Settings, mail_api: MailApiStandin) -> None:
    settings.DELIVERY = "providers"
    letter, refused = write(), write("gone@mail.example")
    mail_api.answers += [Answer(accepted=True), refused_recipient()]
    deliver_letters()
    assert [email["To"] for email in mail_api.emails] == [TO]
    assert again(letter).sent_at is not None
    assert again(refused).given_up_at is not None


def test_a_worker_sends_letters_when_it_is_woken(providers: SmtpStandin) -> None:
    write()
    deliver()
    assert len(providers.emails) == 1


def test_a_sweep_wakes_a_worker_for_letters_that_nobody_took(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.delete("notices")
        sweep()
        assert client.llen("notices") == 0
        write()
        sweep()
        assert client.llen("notices") == 1
        client.delete("notices")


def test_a_letter_goes_back_with_the_transaction_that_wrote_it(providers: SmtpStandin, practice: Practice) -> None:
    def change_of_mind() -> None:
        with transaction.atomic():
            invite(practice.organization, email=TO, name="Rosa", role=Role.CLIENT, by=practice.owner)
            raise IntegrityError

    with pytest.raises(IntegrityError):
        change_of_mind()
    assert not Letter.objects.exists()


def test_a_request_sends_nothing_itself(providers: SmtpStandin, practice: Practice) -> None:
    """What takes time, or fails, would tell who has an account (S5)."""
    providers.on(RefuseConnection())
    Browser().post("/account/password/reset/", {"email": practice.mom.user.email})
    assert Letter.objects.get().attempts == 0
    with pytest.raises(smtplib.SMTPConnectError):  # the server is really down
        smtplib.SMTP(providers.host, providers.port)


def test_many_letters_take_one_claim(providers: SmtpStandin) -> None:
    for number in range(BATCH + 1):
        write(f"{number}@mail.example")
    assert [deliver_letters(), deliver_letters(), deliver_letters()] == [BATCH, 1, 0]
    assert len(providers.emails) == BATCH + 1


def test_the_database_forgets_the_words_of_what_is_over() -> None:
    letter = write()
    with pytest.raises(IntegrityError), transaction.atomic():
        Letter.objects.filter(pk=letter.pk).update(sent_at=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        Letter.objects.filter(pk=letter.pk).update(
            sent_at=timezone.now(), given_up_at=timezone.now(), subject="", body="", html=""
        )


def test_letters_are_no_notices(practice: Practice) -> None:
    """They belong to no feature: preferences, rules and the record know nothing of them."""
    invite(practice.organization, email=TO, name="Rosa", role=Role.CLIENT, by=practice.owner)
    with within(practice.organization):
        assert not Notification.objects.exists()


# --- the outbox of the demo


def seen(address: str) -> str:
    answer = Browser().get(address)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


@pytest.fixture
def invited(practice: Practice) -> Login:
    login = invite(practice.organization, email=TO, name="Rosa Rivera", role=Role.CLIENT, by=practice.owner)
    deliver_letters()
    return login


def test_the_outbox_shows_letters_in_their_readers_mailbox(invited: Login) -> None:
    letter = OutboxLetter.objects.get()
    everybody = seen("/outbox/")
    assert "Rosa Rivera Harbor Kids Therapy 0 texts 1 email" in everybody
    assert "Your invitation to Harbor Kids Therapy" in everybody
    assert "Your invitation to Harbor Kids Therapy" in seen(f"/outbox/people/{invited.pk}/")
    page = seen(f"/outbox/letters/{letter.pk}/")
    assert "From Harbor Kids Therapy &lt;reminders@blink.example&gt;" in page
    assert f"To {TO}" in page
    assert "Back to Rosa Rivera, Harbor Kids Therapy" in page
    assert "/account/activate/" in seen(f"/outbox/letters/{letter.pk}/?form=text")
    html = Browser().get(f"/outbox/letters/{letter.pk}/html")
    assert html.content.decode() == letter.html
    assert "sandbox" in html.headers["Content-Security-Policy"]


def test_a_letter_to_nobody_is_there_as_well(db: None) -> None:
    Browser().post("/account/password/reset/", {"email": "nobody@nowhere.example"})
    deliver_letters()
    assert "nobody@nowhere.example" in seen("/outbox/")
    assert "All people" in seen(f"/outbox/letters/{OutboxLetter.objects.get().pk}/")


def test_a_letter_is_in_the_outbox_once(invited: Login) -> None:
    Letter.objects.update(sent_at=None, next_attempt_at=timezone.now(), subject="Again", body="Again", html="Again")
    deliver_letters()
    assert OutboxLetter.objects.count() == 1


@pytest.mark.parametrize("setting", [{"DELIVERY": "providers"}, {"PRODUCTION": True}])
def test_where_letters_really_leave_there_is_none_to_see(
    invited: Login, settings: Settings, setting: dict[str, object]
) -> None:
    letter = OutboxLetter.objects.get()
    for name, value in setting.items():
        setattr(settings, name, value)
    for address in (f"/outbox/letters/{letter.pk}/", f"/outbox/letters/{letter.pk}/html"):
        assert Browser().get(address).status_code == 404
