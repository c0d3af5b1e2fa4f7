"""What reports of emails do: forward only, in any order, however often; and what was never ours stops nothing (E4)."""

from datetime import datetime, timedelta
from itertools import count, permutations
from typing import Any

import pytest
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason, tracking
from django.utils import timezone
from pytest_django import Settings

from accounts.features import Channel
from accounts.models import EmailStop, EmailStopEvent
from accounts.tenancy import everywhere
from notifications.bounces import LOOKED_FOR, PAUSES
from notifications.delivery import deliver_batch
from notifications.email_reports import SOFT, Effect, effect_of
from notifications.kinds import kind_of
from notifications.letters import deliver_letters
from notifications.models import EarlierAttempt, EmailEvent, Letter, Notification, State
from notifications.tasks import sweep
from tests.conftest import Practice
from tests.notifications.conftest import make_notification
from tests.standins.mail_api import MailApiStandin

pytestmark = pytest.mark.django_db

ESP = "Postmark"
_ids = count(1)


@pytest.fixture
def row(practice: Practice) -> Notification:
    """An email that the provider has taken, an hour before it is of no use any more."""
    now = timezone.now()
    return make_notification(
        practice.mom,
        Channel.EMAIL,
        state=State.SENT,
        attempts=1,
        attempted_at=now,
        sent_at=now,
        sent_to=practice.mom.user.email,
        provider_id="first",
    )


def tell(
    row: Notification,
    event_type: str,
    reject_reason: str | None = None,
    *,
    message_id: str | None = "first",
    at: datetime | None = None,
    event_id: str | None = None,
    **fields: Any,
) -> None:
    """A report by way of Anymail's signal, as its views send it."""
    fields = {
        "recipient": row.sent_to,
        "esp_event": {"Type": "SoftBounce"} if reject_reason == SOFT else {},
        "timestamp": at or timezone.now(),
        **fields,
    }
    event = AnymailTrackingEvent(
        event_type=event_type,
        reject_reason=RejectReason.BOUNCED if reject_reason == SOFT else reject_reason,
        message_id=message_id,
        event_id=event_id or f"event-{next(_ids)}",
        **fields,
    )
    tracking.send(sender=None, event=event, esp_name=ESP)


def now(row: Notification) -> Notification:
    with everywhere("the test looks"):
        return Notification.objects.get(pk=row.pk)


def change(row: Notification, **fields: Any) -> None:
    with everywhere("the test sets the scene"):
        Notification.objects.filter(pk=row.pk).update(**fields)


def stopped() -> dict[str, str]:
    return dict(EmailStop.objects.in_force().values_list("address", "because"))


# The table, row by row: what becomes of the record, in words, and of the address.

AGAIN, GONE = State.PENDING, "emails to this address come back"
LEFT = "this address unsubscribed from all emails"
SPAM = "an email to this address was marked as spam"
TABLE: list[tuple[str, str, State, str, str]] = [
    # event type, reject reason, state, why, the address's
    ("queued", "", State.SENT, "", ""),
    ("sent", "", State.SENT, "", ""),
    ("delivered", "", State.DELIVERED, "", ""),
    ("bounced", "", State.UNDELIVERED, GONE, "bounced"),
    ("bounced", "bounced", State.UNDELIVERED, GONE, "bounced"),
    ("bounced", "invalid", State.UNDELIVERED, GONE, "bounced"),
    ("bounced", SOFT, AGAIN, "", ""),
    ("bounced", "timed_out", AGAIN, "", ""),
    ("bounced", "blocked", AGAIN, "", ""),
    ("bounced", "spam", AGAIN, "", ""),
    ("bounced", "other", AGAIN, "", ""),
    ("bounced", "unsubscribed", State.UNDELIVERED, LEFT, "unsubscribed"),
    ("bounced", "of a newer Anymail", AGAIN, "", ""),
    ("rejected", "", AGAIN, "", ""),
    ("rejected", "bounced", State.UNDELIVERED, GONE, "bounced"),
    ("rejected", "invalid", State.UNDELIVERED, GONE, "bounced"),
    ("rejected", "timed_out", AGAIN, "", ""),
    ("rejected", "blocked", AGAIN, "", ""),
    ("rejected", "spam", State.UNDELIVERED, SPAM, "complained"),
    ("rejected", "unsubscribed", State.UNDELIVERED, LEFT, "unsubscribed"),
    ("rejected", "other", AGAIN, "", ""),
    ("failed", "", AGAIN, "", ""),
    ("failed", "other", AGAIN, "", ""),
    ("complained", "spam", State.DELIVERED, "", "complained"),
    ("unsubscribed", "", State.SENT, "", "unsubscribed"),
    ("subscribed", "", State.SENT, "", ""),
    ("deferred", "", State.SENT, "", ""),
    ("deferred", "bounced", State.SENT, "", ""),
    ("autoresponded", "other", State.SENT, "", ""),
    ("opened", "", State.SENT, "", ""),
    ("clicked", "", State.SENT, "", ""),
    ("inbound", "", State.SENT, "", ""),
    ("inbound_failed", "", State.SENT, "", ""),
    ("unknown", "", State.SENT, "", ""),
    ("beamed_up", "", State.SENT, "", ""),
]


@pytest.mark.parametrize(("event_type", "reject_reason", "state", "why", "because"), TABLE)
def test_each_report_has_its_effect_E4(
    row: Notification, event_type: str, reject_reason: str, state: State, why: str, because: str
) -> None:
    tell(row, event_type, reject_reason or None)
    kept = now(row)
    assert kept.state == state
    assert kept.words == (f"Not emailed: {why}" if why else str(State(state).label))
    assert stopped() == ({row.sent_to: because} if because else {})


def test_the_table_has_every_word_of_anymails() -> None:
    """A type or a reason of a newer Anymail fails here, until somebody decided what it does."""
    types = {value for name, value in vars(EventType).items() if name.isupper()}
    reasons = {value for name, value in vars(RejectReason).items() if name.isupper()}
    assert types == {event_type for event_type, *_ in TABLE} - {"beamed_up"}
    for event_type in ("bounced", "rejected"):
        assert reasons <= {reason for kind, reason, *_ in TABLE if kind == event_type}
    assert effect_of("beamed_up", "") == Effect()


# Any order, any number of times.

Story = tuple[tuple[str, str | None], ...]
STORIES: list[tuple[Story, State, str]] = [
    ((("sent", None), ("deferred", None), ("delivered", None)), State.DELIVERED, ""),
    ((("deferred", None), ("bounced", "bounced"), ("delivered", None)), State.DELIVERED, "bounced"),
    ((("bounced", SOFT), ("bounced", "bounced")), State.UNDELIVERED, "bounced"),
    ((("bounced", SOFT), ("delivered", None), ("complained", "spam")), State.DELIVERED, "complained"),
    ((("bounced", "bounced"), ("complained", "spam"), ("unsubscribed", None)), State.DELIVERED, "complained"),
    ((("bounced", SOFT), ("failed", None), ("rejected", "blocked")), State.PENDING, ""),
    ((("bounced", "bounced"), ("rejected", "bounced"), ("deferred", None)), State.UNDELIVERED, "bounced"),
]
ORDERS = [(order, state, because) for story, state, because in STORIES for order in permutations(story)]


@pytest.mark.parametrize(("order", "state", "because"), ORDERS, ids=str)
@pytest.mark.parametrize("times", ["once", "all again", "each twice"])
def test_any_order_and_any_repeats_end_the_same_E4(
    row: Notification, order: Story, state: State, because: str, times: str
) -> None:
    at = timezone.now()
    doubled = {"once": order, "all again": order * 2, "each twice": [one for one in order for _ in range(2)]}[times]
    for event_type, reason in doubled:
        tell(row, event_type, reason, at=at, event_id=f"{event_type}-{reason}")
    assert now(row).state == state
    assert stopped() == ({row.sent_to: because} if because else {})
    assert EmailEvent.objects.count() == len(
        {one for one in order if effect_of(one[0], one[1] or "") != Effect()} - {("sent", None)}
    )
    with everywhere("the test looks"):
        assert EarlierAttempt.objects.count() <= 1


@pytest.mark.parametrize("order", permutations(["unsubscribed", "subscribed"] * 2))
def test_the_later_of_leaving_and_coming_back_counts_in_whatever_order_E4(
    row: Notification, order: tuple[str, ...]
) -> None:
    moment = timezone.now() - timedelta(minutes=10)
    times = {"unsubscribed": moment, "subscribed": moment + timedelta(minutes=5)}
    for event_type in order:
        tell(row, event_type, at=times[event_type])
    assert stopped() == {}
    tell(row, "unsubscribed", at=moment + timedelta(minutes=6))
    tell(row, "subscribed", at=times["subscribed"])
    assert stopped() == {row.sent_to: "unsubscribed"}


def test_subscribing_lifts_neither_a_bounce_nor_a_complaint_E4(row: Notification) -> None:
    tell(row, "bounced", "bounced")
    tell(row, "subscribed")
    assert stopped() == {row.sent_to: "bounced"}


def test_old_news_does_not_undo_what_its_owner_asked_for_since_E4(practice: Practice, row: Notification) -> None:
    bounced_at = timezone.now() - timedelta(minutes=1)
    tell(row, "bounced", "bounced", at=bounced_at)
    assert EmailStop.objects.resume(row.sent_to, EmailStopEvent.How.OWNER, by=practice.mom.user)
    tell(row, "bounced", "bounced", at=bounced_at)
    assert stopped() == {}
    tell(row, "bounced", "bounced")
    assert stopped() == {row.sent_to: "bounced"}


def test_a_report_without_an_id_of_its_own_is_known_by_what_is_in_it(row: Notification) -> None:
    at = timezone.now()
    for _ in range(3):
        event = AnymailTrackingEvent(
            event_type="delivered", message_id="first", recipient=row.sent_to, timestamp=at, esp_event={}
        )
        tracking.send(sender=None, event=event, esp_name=ESP)
    assert EmailEvent.objects.count() == 1


# What was never ours.


@pytest.mark.parametrize(
    "fields",
    [
        {"recipient": "somebody@else.example"},
        {"message_id": "of another program at this provider"},
        {"recipient": ""},
        {"recipient": None},
        {"message_id": "<notification-1-0123456789abcdef@blink.example>"},
        {"message_id": None, "recipient": "somebody@else.example"},
    ],
)
@pytest.mark.parametrize("event_type", ["bounced", "complained", "unsubscribed"])
def test_a_report_of_what_we_never_sent_to_that_address_stops_nothing_E4(
    row: Notification, fields: dict[str, Any], event_type: str
) -> None:
    tell(row, event_type, **fields)
    sweep()
    assert now(row).state == State.SENT
    assert stopped() == {}


def test_leaving_at_the_provider_counts_for_an_address_that_we_wrote_to_E4(row: Notification) -> None:
    """By a button of the provider's own, of no email in particular."""
    tell(row, "unsubscribed", message_id=None)
    assert stopped() == {row.sent_to: "unsubscribed"}
    assert now(row).state == State.SENT


def test_an_address_is_the_same_however_it_is_written_E4(row: Notification) -> None:
    tell(row, "bounced", "bounced", recipient=row.sent_to.upper())
    assert stopped() == {row.sent_to: "bounced"}


# Reports that come before our own answer is recorded.


def test_a_report_that_came_too_early_is_settled_by_the_sweep_E4(row: Notification) -> None:
    change(row, state=State.SENDING, in_doubt=True, provider_id="")
    tell(row, "delivered")
    assert now(row).state == State.SENDING
    sweep()
    assert now(row).state == State.SENDING
    change(row, state=State.SENT, in_doubt=False, provider_id="first")
    sweep()
    assert now(row).state == State.DELIVERED
    assert not EmailEvent.objects.filter(settled_at=None).exists()


def test_reports_that_nobody_waits_for_are_looked_for_for_a_while_only(row: Notification) -> None:
    change(row, provider_id="")
    tell(row, "bounced", "bounced")
    EmailEvent.objects.update(received_at=timezone.now() - LOOKED_FOR - timedelta(minutes=1))
    change(row, provider_id="first")
    sweep()
    assert now(row).state == State.SENT


@pytest.mark.parametrize("state", [State.SENDING, State.PENDING])
def test_a_report_with_our_own_message_id_resolves_a_lost_answer_E5(row: Notification, state: State) -> None:
    """It is not sent again: the provider has it."""
    change(row, state=state, in_doubt=True, provider_id="")
    tell(row, "sent", message_id="the provider's", esp_event={"mail": {"headers": [{"value": row.message_id}]}})
    kept = now(row)
    assert (kept.state, kept.in_doubt, kept.provider_id) == (State.SENT, False, "the provider's")
    tell(row, "delivered", message_id="the provider's")
    assert now(row).state == State.DELIVERED


def test_a_kind_hears_that_what_was_taken_for_unsent_was_sent(
    row: Notification, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    kind = kind_of(row.kind)
    monkeypatch.setattr(kind, "sent_after_all", lambda notification: told.append(notification.pk))
    tell(row, "bounced", SOFT)
    for _ in range(2):
        tell(row, "delivered")
    assert told == [row.pk]


# Once more (E5).


def test_a_failure_that_may_pass_goes_twice_more_with_growing_pauses_and_ends_in_words_E5(row: Notification) -> None:
    change(row, useful_until=timezone.now() + timedelta(days=1))
    for number, pause in enumerate(PAUSES):
        tell(row, "bounced", SOFT, message_id=f"attempt {number}" if number else "first")
        kept = now(row)
        assert (kept.state, kept.provider_id, kept.message_id) == (State.PENDING, "", row.message_id)
        assert abs(kept.next_attempt_at - timezone.now() - pause) < timedelta(seconds=5)
        change(row, state=State.SENT, provider_id=f"attempt {number + 1}", attempted_at=timezone.now())
    tell(row, "bounced", SOFT, message_id="attempt 2")
    kept = now(row)
    assert kept.state == State.UNDELIVERED
    assert kept.words == "Not emailed: the mail server of this address did not take it in time (code soft)"
    assert PAUSES[0] < PAUSES[1]
    assert stopped() == {}


def test_what_is_soon_of_no_use_does_not_go_again(row: Notification) -> None:
    change(row, useful_until=timezone.now() + timedelta(seconds=90))
    tell(row, "bounced", "timed_out")
    kept = now(row)
    assert (kept.state, kept.reason_detail) == (State.UNDELIVERED, "timed_out")


def test_of_an_earlier_attempt_only_its_arrival_counts(row: Notification) -> None:
    tell(row, "bounced", SOFT)
    change(row, state=State.SENT, provider_id="second", attempted_at=timezone.now())
    tell(row, "bounced", SOFT)
    tell(row, "failed")
    assert now(row).state == State.SENT
    tell(row, "delivered")
    assert (now(row).state, now(row).provider_id) == (State.DELIVERED, "second")


def test_a_hard_bounce_of_an_earlier_attempt_still_says_what_the_address_is(row: Notification) -> None:
    tell(row, "bounced", SOFT)
    change(row, state=State.SENT, provider_id="second", attempted_at=timezone.now())
    tell(row, "bounced", "bounced")
    assert now(row).state == State.SENT
    assert stopped() == {row.sent_to: "bounced"}


def test_where_each_attempt_has_the_same_id_the_time_tells_them_apart_E5(row: Notification) -> None:
    """By SMTP, and at Mailgun: the id is our own Message-ID."""
    same = row.message_id
    change(row, provider_id=same, useful_until=timezone.now() + timedelta(days=1))
    begun = timezone.now()
    tell(row, "bounced", SOFT, message_id=same, at=begun)
    assert now(row).state == State.PENDING
    change(row, state=State.SENT, provider_id=same, attempted_at=begun + timedelta(minutes=10))
    tell(row, "bounced", SOFT, message_id=same, at=begun + timedelta(seconds=5))
    assert now(row).state == State.SENT
    change(row, attempted_at=begun - timedelta(minutes=10))  # as if all of it lay ten minutes back
    tell(row, "bounced", SOFT, message_id=same, at=begun + timedelta(seconds=6))
    assert now(row).state == State.PENDING
    with everywhere("the test looks"):
        assert EarlierAttempt.objects.filter(provider_id=same).count() == 2


def test_an_email_that_bounced_softly_is_sent_again_for_real_E5(
    practice: Practice, mail_api: MailApiStandin, settings: Settings
) -> None:
    """Through Anymail's Postmark backend: one Message-ID, two of the provider's ids."""
    settings.DELIVERY = "providers"
    appointment = practice.appointment(timedelta(hours=30))
    row = make_notification(
        practice.mom,
        Channel.EMAIL,
        subject_id=appointment.pk,
        client=practice.child,
        due_at=appointment.starts_at - timedelta(hours=24),
        useful_until=appointment.starts_at,
        next_attempt_at=timezone.now(),
    )
    deliver(row)
    first = now(row).provider_id
    tell(row=now(row), event_type="bounced", reject_reason=SOFT, message_id=first)
    assert now(row).state == State.PENDING
    change(row, next_attempt_at=timezone.now())
    deliver(row)
    second = now(row).provider_id
    assert second not in ("", first)
    ids = [{one["Name"]: one["Value"] for one in sent["Headers"]}["Message-ID"] for sent in mail_api.emails]
    assert ids == [row.message_id] * 2
    tell(now(row), "bounced", "bounced", message_id=second)
    assert now(row).words == "Not emailed: emails to this address come back"


def deliver(row: Notification) -> None:
    deliver_batch()
    assert now(row).state == State.SENT, now(row).words


# Letters about one's sign-in.


def test_a_letter_that_bounces_stops_notices_and_says_so_E4(row: Notification) -> None:
    letter = Letter.objects.create(to="mom@mail.example", subject="Your invitation", body="x", html="x")
    Letter.objects.update(sent_at=timezone.now(), provider_id="letter-1", body="", html="")
    tell(row, "bounced", "bounced", message_id="letter-1", recipient="mom@mail.example")
    letter.refresh_from_db()
    assert letter.error == "bounced"
    assert stopped() == {"mom@mail.example": "bounced"}


def test_letters_are_written_to_a_stopped_address_all_the_same(mail_api: MailApiStandin, settings: Settings) -> None:
    """Who asks for a link to sign in waits for it; and how else would they come to ask for emails again?"""
    settings.DELIVERY = "providers"
    EmailStop.objects.stop("mom@mail.example", EmailStop.Because.BOUNCED)
    letter = Letter.objects.create(to="mom@mail.example", subject="Your link", body="x", html="x")
    deliver_letters()
    letter.refresh_from_db()
    assert letter.sent_at is not None
    assert len(mail_api.emails) == 1
    assert len(letter.provider_id) == 36
