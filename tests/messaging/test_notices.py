"""Who is told of a message, by what, and in which words; and why somebody was not (N1, N4, N5, P5, O2, O5)."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.features import Channel, Feature
from accounts.models import FeatureToggle, Login, Role
from accounts.tenancy import within
from messaging.models import Conversation, Message, Participant
from notifications.delivery import deliver_batch
from notifications.models import Notification, OutboxMessage
from notifications.texts import segments
from tests.conftest import Practice, choose, link, make_login
from tests.messaging.conftest import make_conversation

NOON = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)  # in Seattle, a Tuesday
CANARY = "Zephyr73"

Scene = Callable[[Practice, Conversation], object]


@pytest.fixture(autouse=True)
def clock(db: None) -> Iterator[time_machine.Traveller]:
    """Asked for before the cast is made, so that they are all there by then."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def let_go_out() -> None:
    while deliver_batch():
        pass


def received(login: Login, channel: Channel = Channel.EMAIL) -> list[OutboxMessage]:
    with within(login.organization_id):
        return list(OutboxMessage.objects.filter(notification__login=login, channel=channel).order_by("pk"))


def outcomes(login: Login, channel: Channel = Channel.EMAIL) -> list[str]:
    """What became of each notice to this login, as staff read it."""
    with within(login.organization_id):
        rows = Notification.objects.filter(login=login, channel=channel, kind="message.sent").order_by("pk")
        return [row.words for row in rows]


# --- who is told


def test_everybody_in_the_conversation_but_its_author_is_told_N1_P5(practice: Practice) -> None:
    conversation = make_conversation(practice, practice.therapist, practice.dad)
    let_go_out()
    assert [len(received(login)) for login in (practice.therapist, practice.dad)] == [1, 1]
    assert received(practice.mom) == received(practice.owner) == []
    with within(practice.organization):
        conversation.reply(author=practice.therapist, body="Yes")
    let_go_out()
    assert [len(received(login)) for login in (practice.therapist, practice.dad, practice.mom)] == [1, 2, 1]


def test_staff_are_told_of_what_a_colleague_writes(practice: Practice, colleague: Login) -> None:
    make_conversation(practice, practice.mom, colleague, author=practice.therapist)
    let_go_out()
    (email,) = received(colleague)
    assert "Theo Therapist wrote in a conversation about Mia on Tue, Nov 24, 12:00 PM PST." in email.body


def test_each_is_told_by_what_they_chose_P1_P5(practice: Practice) -> None:
    for login in (practice.dad, practice.therapist):
        choose(login, Channel.EMAIL, on=False, feature=Feature.MESSAGES)
    choose(practice.dad, Channel.TEXT, feature=Feature.MESSAGES)
    make_conversation(practice, practice.therapist, practice.dad)
    let_go_out()
    assert len(received(practice.dad, Channel.TEXT)) == 1
    assert received(practice.dad) == received(practice.therapist) == received(practice.therapist, Channel.TEXT) == []
    assert outcomes(practice.therapist) == ["Not emailed: this login has it turned off"]


def test_saving_a_message_again_tells_nobody_again(practice: Practice) -> None:
    conversation = make_conversation(practice)
    let_go_out()
    with within(practice.organization):
        conversation.messages.get().save()
    let_go_out()
    assert len(received(practice.therapist)) == 1


def test_a_double_click_tells_once(practice: Practice) -> None:
    conversation = make_conversation(practice)
    with within(practice.organization):
        token = conversation.messages.get().once
        for _click in range(2):
            conversation.reply(author=practice.therapist, body="Yes", token=token)
    let_go_out()
    assert len(received(practice.mom)) == 1


# --- who is not, and why


def delete(practice: Practice, conversation: Conversation) -> object:
    return conversation.messages.get().delete_words()


def turn_off(practice: Practice, conversation: Conversation) -> object:
    return FeatureToggle.objects.filter(organization=practice.organization).turn(Feature.MESSAGES, on=False)


def read(practice: Practice, conversation: Conversation) -> object:
    last = conversation.messages.get().pk
    return [one.mark_read(last) for one in Participant.objects.all()]


def take_out(practice: Practice, conversation: Conversation) -> object:
    aunt = make_login(practice.organization, "Aunt Rivera")
    other = make_login(practice.organization, "Other Staff", Role.STAFF)
    for login in (aunt, other):
        link(login, practice.child)
    return conversation.set_people([aunt, other])


def unlink(practice: Practice, conversation: Conversation) -> object:
    return [login.unlink(practice.child) for login in (practice.dad, practice.therapist)]


def deactivate(practice: Practice, conversation: Conversation) -> object:
    return [login.deactivate() for login in (practice.dad, practice.therapist)]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (delete, "the message was deleted before"),
        (turn_off, "this feature is turned off for the practice"),
        (read, "they had read the message by then"),
        (take_out, "this login no longer takes part in the conversation"),
        (unlink, "this login is no longer linked to the client"),
        (deactivate, "this login is deactivated"),
        (lambda practice, conversation: practice.child.discharge(), "the client is discharged"),
    ],
)
def test_what_changed_before_the_notice_left_holds_it_back_and_the_record_says_why_N5_O2(
    practice: Practice, change: Scene, why: str
) -> None:
    """Of family and of staff alike."""
    for login in (practice.dad, practice.therapist):
        choose(login, Channel.TEXT, feature=Feature.MESSAGES)
    conversation = make_conversation(practice, practice.therapist, practice.dad)
    with within(practice.organization):
        change(practice, conversation)
    let_go_out()
    for login in (practice.dad, practice.therapist):
        assert received(login) == received(login, Channel.TEXT) == []
        assert outcomes(login) == [f"Not emailed: {why}"]
        assert outcomes(login, Channel.TEXT) == [f"Not texted: {why}"]


def test_a_user_admin_in_the_conversation_is_told_without_a_link(practice: Practice) -> None:
    make_conversation(practice, practice.owner)
    let_go_out()
    assert len(received(practice.owner)) == 1


def test_a_feature_turned_on_later_brings_no_old_news_O5(practice: Practice, clock: time_machine.Traveller) -> None:
    with within(practice.organization):
        toggles = FeatureToggle.objects.filter(organization=practice.organization)
        toggles.turn(Feature.MESSAGES, on=False)
        make_conversation(practice)
        toggles.turn(Feature.MESSAGES, on=True, at=timezone.now() + timedelta(seconds=1))
    clock.shift(timedelta(minutes=1))
    let_go_out()
    assert outcomes(practice.therapist) == [
        "Not emailed: the practice turned this feature on after the moment it was about"
    ]


def test_after_days_of_outage_nobody_is_told(practice: Practice, clock: time_machine.Traveller) -> None:
    make_conversation(practice)
    clock.shift(timedelta(days=2, seconds=1))
    let_go_out()
    assert outcomes(practice.therapist) == ["Not emailed: it was too late by the time it could be sent"]


# --- in which words


def test_nothing_of_the_message_is_in_any_email_or_text_N4(practice: Practice, colleague: Login) -> None:
    everybody = [practice.mom, practice.dad, practice.therapist, colleague]
    for login in everybody:
        choose(login, Channel.TEXT, feature=Feature.MESSAGES)
    with within(practice.organization):
        for number, login in enumerate(everybody):
            Login.objects.filter(pk=login.pk).update(phone=f"206555014{number}")
    conversation = make_conversation(
        practice, practice.therapist, practice.dad, colleague, subject=f"Subject {CANARY}", body=f"Body {CANARY}"
    )
    with within(practice.organization):
        conversation.reply(author=practice.therapist, body=f"Reply {CANARY}")
    let_go_out()
    with within(practice.organization):
        sent = list(OutboxMessage.objects.all())
    assert len(sent) == 2 * 2 * 3
    for message in sent:
        for words in (message.subject, message.body, message.html):
            assert CANARY not in words
            assert "Rivera" not in words.replace("Hello Maria Rivera", "").replace("Hello Daniel Rivera", "")


def test_what_a_parent_reads(practice: Practice) -> None:
    conversation = make_conversation(practice, practice.mom, practice.dad, author=practice.therapist)
    let_go_out()
    (email,) = received(practice.mom)
    assert email.subject == "New message for you at Harbor Kids Therapy"
    assert "Theo Therapist wrote to you on Tue, Nov 24, 12:00 PM PST." in email.body
    link_to = f"/at/harbor-kids-therapy/my/messages/{conversation.pk}/"
    assert link_to in email.body
    assert f'{link_to}" target="_blank" class="button-link"' in email.html
    with within(practice.organization):
        conversation.reply(author=practice.dad, body="Hello")
    let_go_out()
    assert "There is a new message in a conversation of yours" in received(practice.mom)[-1].body


def test_times_are_in_the_zone_of_the_client_for_the_family_and_of_the_practice_for_staff_R4(
    practice: Practice,
) -> None:
    with within(practice.organization):
        practice.child.time_zone = "America/New_York"
        practice.child.save()
    make_conversation(practice, practice.therapist, practice.dad)
    let_go_out()
    assert "3:00 PM EST" in received(practice.dad)[0].body
    assert "12:00 PM PST" in received(practice.therapist)[0].body


def test_what_staff_read(practice: Practice) -> None:
    conversation = make_conversation(practice)
    let_go_out()
    (email,) = received(practice.therapist)
    assert email.subject == "New message about Mia"
    assert "There is a new message in a conversation about Mia, written on Tue, Nov 24, 12:00 PM PST." in email.body
    assert f"/at/harbor-kids-therapy/messages/{conversation.pk}/" in email.body


def test_texts_carry_no_link_and_are_one_segment_T4_T5(practice: Practice) -> None:
    for login in (practice.dad, practice.therapist):
        choose(login, Channel.TEXT, feature=Feature.MESSAGES)
    with within(practice.organization):
        Login.objects.filter(pk=practice.therapist.pk).update(phone="2065550145")
    make_conversation(practice, practice.therapist, practice.dad)
    let_go_out()
    texts = [received(login, Channel.TEXT)[0].body for login in (practice.dad, practice.therapist)]
    assert texts == [
        "Harbor Kids Therapy: a new message for you, Tue, Nov 24, 12:00 PM PST. Sign in to read it. "
        "Reply STOP to stop, UNSTOP to resume.",
        "Harbor Kids Therapy: a new message about Mia, Tue, Nov 24, 12:00 PM PST. Sign in to read it. "
        "Reply STOP to stop, UNSTOP to resume.",
    ]
    assert [segments(text).count for text in texts] == [1, 1]


# --- what it costs


def test_a_batch_takes_the_same_number_of_queries_for_one_message_and_for_forty(practice: Practice) -> None:
    """Before the provider: the claim. What is then sent is recorded one by one."""

    def queries(messages: int) -> int:
        with within(practice.organization):
            Notification.objects.all().delete()
            for number in range(messages):
                make_conversation(practice, subject=f"Number {number}")
            for message in Message.objects.all():
                message.delete_words()  # decided like any other, and not sent
        with CaptureQueriesContext(connection) as captured:
            deliver_batch()
        return len(captured)

    assert queries(1) == queries(40)
