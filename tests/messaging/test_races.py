"""Two clicks, two tabs, two people at the same moment: nothing is stored twice and nothing is read unseen."""

import uuid
from collections.abc import Callable
from itertools import count

import pytest

from accounts.tenancy import within
from messaging.models import Conversation, Message
from notifications.models import Notification
from tests.accounts.racing import race
from tests.conftest import Practice
from tests.messaging.conftest import make_conversation

pytestmark = pytest.mark.django_db(transaction=True)


def in_scope(practice: Practice, act: Callable[[], int]) -> Callable[[], int]:
    """Threads start without a scope."""

    def run() -> int:
        with within(practice.organization):
            return act()

    return run


def test_a_form_sent_four_times_at_once_opens_one_conversation_and_tells_once(practice: Practice) -> None:
    token = uuid.uuid4()

    def start() -> int:
        return Conversation.start(
            client=practice.child,
            author=practice.mom,
            recipients=[practice.therapist],
            subject="Once",
            body="Hello",
            token=token,
        ).pk

    assert len(set(race(in_scope(practice, start)))) == 1
    with within(practice.organization):
        assert Conversation.objects.count() == Message.objects.count() == 1
        assert Notification.objects.filter(kind="message.sent").count() == 2  # one by each channel


def test_a_reply_sent_four_times_at_once_is_one_message(practice: Practice) -> None:
    conversation, token = make_conversation(practice), uuid.uuid4()

    def reply() -> int:
        return conversation.reply(author=practice.therapist, body="Yes", token=token).pk

    assert len(set(race(in_scope(practice, reply)))) == 1
    with within(practice.organization):
        assert Message.objects.count() == 2


def test_replies_at_once_are_all_kept_and_the_latest_is_known(practice: Practice) -> None:
    conversation, numbers = make_conversation(practice), count()

    def reply() -> int:
        return conversation.reply(author=practice.therapist, body=f"Number {next(numbers)}").pk

    assert len(set(race(in_scope(practice, reply)))) == 4
    with within(practice.organization):
        conversation.refresh_from_db()
        sent = list(conversation.messages.order_by("pk").values_list("sent_at", flat=True))
    assert sent == sorted(sent)
    assert conversation.last_message_at == sent[-1]
