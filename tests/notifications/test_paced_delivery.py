"""How sending keeps the rate: little is claimed, nobody waits for long, and a STOP meanwhile still counts."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import pytest
import redis
from pytest_django import Settings

from accounts.features import Channel
from accounts.letters import Written
from accounts.models import TextStop
from accounts.tenancy import everywhere
from notifications import pacing, reasons, tasks, waking
from notifications.delivery import deliver_batch, deliver_some
from notifications.letters import deliver_letters, deliver_some_letters, post
from notifications.models import Letter, Notification, State
from notifications.pacing import SLACK, Turns, next_turns
from notifications.senders import by_email, senders
from scheduling.scan import scan
from tests.conftest import Practice, choose, link, make_login
from tests.standins.smtp import SmtpStandin
from tests.standins.twilio import TwilioStandin

pytestmark = pytest.mark.django_db

_ours = count(2065550000)


@pytest.fixture(autouse=True)
def providers(settings: Settings, twilio: TwilioStandin, smtp: SmtpStandin, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-ins, a number of ours that no other test has used, and nothing that others left to wait for."""
    settings.DELIVERY = "providers"
    settings.TWILIO_FROM = f"+1{next(_ours)}"
    settings.REDIS_URL = ""
    monkeypatch.setattr(pacing, "_pacer", pacing.Pacer())


@pytest.fixture
def broker(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as client:
        client.delete("notices")
        yield client
        client.delete("notices")


def due_texts(practice: Practice, number: int) -> None:
    """So many, each to somebody else, about one appointment."""
    for each in range(number):
        parent = make_login(practice.organization, f"Parent {each}", phone=str(2065550200 + each))
        link(parent, practice.child)
        choose(parent, Channel.TEXT)
    practice.appointment(timedelta(minutes=50))
    scan()


def texts() -> list[Notification]:
    with everywhere("the test looks"):
        rows = Notification.objects.filter(channel=Channel.TEXT, login__name__startswith="Parent")
        return list(rows.select_related("login").order_by("useful_until", "pk"))


def test_only_what_leaves_within_a_second_is_claimed(
    practice: Practice, twilio: TwilioStandin, settings: Settings
) -> None:
    settings.TEXT_RATE = 3.0
    due_texts(practice, 7)
    deliver_batch()
    assert [row.state for row in texts()] == [State.SENT] * 3 + [State.PENDING] * 4
    assert [(row.attempts, row.attempted_at) for row in texts()[3:]] == [(0, None)] * 4
    assert len(twilio.messages) == 3


def test_who_wants_no_texts_takes_no_slot(practice: Practice, twilio: TwilioStandin, settings: Settings) -> None:
    settings.TEXT_RATE = 0.5
    due_texts(practice, 5)
    with everywhere("they changed their minds"):
        for row in texts()[:4]:
            TextStop.objects.stop(row.login.phone)
    begun = time.monotonic()
    deliver_batch()
    assert time.monotonic() - begun < 1
    assert [row.state for row in texts()] == [State.SKIPPED] * 4 + [State.SENT]


def test_a_stop_while_the_text_waits_for_its_slot_still_counts_T6(
    practice: Practice, twilio: TwilioStandin, monkeypatch: pytest.MonkeyPatch
) -> None:
    due_texts(practice, 2)
    wait, phones = Turns.wait, [row.login.phone for row in texts()]

    def stopped_meanwhile(self: Turns, number: int, until: float) -> bool:
        TextStop.objects.stop(phones[1])
        return wait(self, number, until)

    monkeypatch.setattr(Turns, "wait", stopped_meanwhile)
    deliver_batch()
    assert [text.to for text in twilio.messages] == [f"+1{phones[0]}"]
    held = texts()[1]
    assert (held.state, held.attempts, held.in_doubt) == (State.PENDING, 0, False)
    deliver_batch()
    assert (texts()[1].state, texts()[1].reason) == (State.SKIPPED, reasons.REPLIED_STOP.code)
    assert len(twilio.messages) == 1


def test_emails_go_on_while_a_number_has_no_slot(
    practice: Practice, twilio: TwilioStandin, smtp: SmtpStandin, settings: Settings
) -> None:
    settings.TEXT_RATE = 1.0
    due_texts(practice, 2)
    practice.appointment(timedelta(hours=23))
    scan()
    next_turns(senders()[0], 60)  # what other workers have: a minute's worth
    begun = time.monotonic()
    while (done := deliver_some()).taken:
        pass
    took = time.monotonic() - begun
    assert took < 30, "it waited for the slot"
    assert done.wait is not None
    assert 25 < done.wait < 60
    assert len(smtp.emails) > 1
    assert twilio.messages == ()


def test_a_shift_sleeps_for_no_slot_after_its_end_and_somebody_else_goes_on(
    practice: Practice,
    twilio: TwilioStandin,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    broker: redis.Redis,
) -> None:
    settings.TEXT_RATE = 0.5
    due_texts(practice, 3)
    monkeypatch.setattr(tasks, "SHIFT", 0.7)
    begun = time.monotonic()
    tasks.deliver()
    assert 0.7 <= time.monotonic() - begun < 1.7
    assert len(twilio.messages) == 1
    assert Counter((row.state, row.attempts) for row in texts()) == {(State.SENT, 1): 1, (State.PENDING, 0): 2}
    assert waking._waker.flush(10)
    assert broker.llen("notices") >= 1


def test_what_was_claimed_for_slots_that_moved_is_handed_back_at_the_end(
    practice: Practice, twilio: TwilioStandin, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Texts of two segments take more slots than their claim had counted on."""
    settings.TEXT_RATE = 4.0
    practice.organization.name = "Центр"  # so that the text is in UCS-2: 70 characters a segment
    practice.organization.save()
    due_texts(practice, 4)
    begun = time.monotonic()
    deliver_some(begun + 0.9)
    assert time.monotonic() - begun < 1.4
    assert {row.segments for row in texts() if row.state == State.SENT} == {2}
    assert Counter((row.state, row.attempts, row.in_doubt) for row in texts()) == {
        (State.SENT, 1, False): 2,
        (State.PENDING, 0, False): 2,
    }


def test_account_mail_takes_the_next_slots_and_keeps_the_rate(smtp: SmtpStandin, settings: Settings) -> None:
    settings.EMAIL_RATE = 20.0
    for each in range(30):
        post(Written(to=f"{each}@mail.example", subject="Your invitation", body="Come in", html="<p>Come in</p>"))
    begun = time.monotonic()
    assert [deliver_letters(), deliver_letters(), deliver_letters()] == [20, 10, 0]
    assert time.monotonic() - begun >= 29 / 20 - SLACK
    assert len(smtp.emails) == 30


def test_account_mail_waits_for_no_slot_after_the_end_of_the_shift(smtp: SmtpStandin, settings: Settings) -> None:
    settings.EMAIL_RATE = 1.0
    next_turns(by_email(), 5)
    post(Written(to="grandma@mail.example", subject="Your invitation", body="Come in", html="<p>Come in</p>"))
    begun = time.monotonic()
    done = deliver_some_letters(begun + 1)
    assert time.monotonic() - begun < 1
    assert done.taken == 0
    assert done.wait is not None
    assert Letter.objects.get().attempts == 0
    assert smtp.emails == ()
