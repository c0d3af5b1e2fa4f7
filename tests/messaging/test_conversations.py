"""Who may write, who may read, what is new to whom; and that nothing is stored twice or comes back."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Login, Role
from accounts.tenancy import within
from messaging.models import Closed, Conversation, MayNotTakePart, Message, Participant
from tests.conftest import Practice, link, make_client, make_login
from tests.messaging.conftest import make_conversation

Scene = Callable[[Practice, Conversation], None]


def seen_by(login: Login) -> list[str]:
    with within(login.organization_id):
        return [conversation.subject for conversation in Conversation.objects.visible_to(login)]


def unread_by(login: Login) -> int:
    """New messages as the menu counts them; the list has to agree."""
    with within(login.organization_id):
        count = Message.objects.unread_by(login).count()
        listed = Conversation.objects.visible_to(login).in_list(login)
        assert sum(conversation.unread for conversation in listed) == count
    return count


# --- who reads


def test_those_in_it_read_it_and_nobody_else_does_S3(practice: Practice, colleague: Login) -> None:
    make_conversation(practice)
    assert seen_by(practice.mom) == seen_by(practice.therapist) == ["About Tuesday"]
    assert seen_by(practice.dad) == seen_by(colleague) == []


def test_a_user_admin_reads_every_conversation_and_is_told_of_none(practice: Practice) -> None:
    make_conversation(practice)
    assert seen_by(practice.owner) == ["About Tuesday"]
    assert unread_by(practice.owner) == 0


@pytest.mark.parametrize("who", ["mom", "therapist"])
def test_whoever_is_unlinked_loses_sight_of_it_and_has_it_back_when_linked_again_S3(
    practice: Practice, who: str
) -> None:
    login: Login = getattr(practice, who)
    make_conversation(practice, practice.therapist, practice.dad)
    with within(practice.organization):
        login.unlink(practice.child)
    assert seen_by(login) == []
    assert unread_by(login) == 0
    link(login, practice.child)
    assert seen_by(login) == ["About Tuesday"]


def test_a_parent_linked_later_sees_only_what_they_are_added_to_S3(practice: Practice) -> None:
    conversation = make_conversation(practice)
    gran = make_login(practice.organization, "Gran Rivera")
    link(gran, practice.child, at=timezone.now())
    assert seen_by(gran) == []
    with within(practice.organization):
        assert conversation.set_people([practice.mom, practice.therapist, gran])
        assert not conversation.set_people([practice.mom, practice.therapist, gran])
    assert seen_by(gran) == ["About Tuesday"]


def test_whoever_is_taken_out_sees_it_no_more(practice: Practice) -> None:
    conversation = make_conversation(practice, practice.therapist, practice.dad)
    with within(practice.organization):
        assert conversation.set_people([practice.mom, practice.therapist])
    assert seen_by(practice.dad) == []


def test_a_deactivated_login_reads_nothing(practice: Practice) -> None:
    make_conversation(practice)
    with within(practice.organization):
        practice.mom.deactivate()
    assert seen_by(practice.mom) == []


# --- who writes


@pytest.mark.parametrize("wrong", ["a stranger", "staff who do not serve", "a deactivated login", "family alone"])
def test_only_the_family_and_staff_who_see_the_client_take_part_S3(practice: Practice, wrong: str) -> None:
    stranger = make_login(practice.organization, "Someone Else")
    elsewhere = make_login(practice.organization, "Ned Elsewhere", Role.STAFF)
    former = make_login(practice.organization, "Fay Former", Role.STAFF, active_since=None)
    link(former, practice.child)
    recipients = {
        "a stranger": [practice.therapist, stranger],
        "staff who do not serve": [elsewhere],
        "a deactivated login": [practice.therapist, former],
        "family alone": [practice.dad],
    }[wrong]
    with pytest.raises(MayNotTakePart):
        make_conversation(practice, *recipients)
    with within(practice.organization):
        assert not Conversation.objects.exists()


def test_nobody_of_another_practice_takes_part_S1(practice: Practice, other_practice: Practice) -> None:
    with pytest.raises(MayNotTakePart):
        make_conversation(practice, practice.therapist, other_practice.therapist)


def test_a_user_admin_who_writes_takes_part_from_then_on(practice: Practice) -> None:
    conversation = make_conversation(practice)
    with within(practice.organization):
        conversation.reply(author=practice.owner, body="Theo is ill; I can help.")
        conversation.reply(author=practice.mom, body="Thank you.")
    assert unread_by(practice.owner) == 2  # hers too that was there before


def discharge(practice: Practice, conversation: Conversation) -> None:
    practice.child.discharge()


def lose_the_staff(practice: Practice, conversation: Conversation) -> None:
    practice.therapist.deactivate()


def unlink_the_staff(practice: Practice, conversation: Conversation) -> None:
    practice.therapist.unlink(practice.child)


@pytest.mark.parametrize("end", [discharge, lose_the_staff, unlink_the_staff])
def test_nothing_is_written_that_nobody_would_read(practice: Practice, end: Scene) -> None:
    conversation = make_conversation(practice)
    with within(practice.organization):
        end(practice, conversation)
        with pytest.raises(Closed):
            conversation.reply(author=practice.mom, body="Hello?")
        assert conversation.messages.count() == 1
    assert seen_by(practice.mom) == ["About Tuesday"]  # what was written stays readable


def test_no_conversation_begins_about_a_discharged_client(practice: Practice) -> None:
    with within(practice.organization):
        practice.child.discharge()
    with pytest.raises(Closed):
        make_conversation(practice)


# --- what is new


def test_new_to_the_others_until_they_read_it(practice: Practice) -> None:
    conversation = make_conversation(practice, practice.therapist, practice.dad)
    with within(practice.organization):
        last = conversation.reply(author=practice.therapist, body="Yes, at four.")
    assert [unread_by(login) for login in (practice.mom, practice.dad, practice.therapist)] == [1, 2, 1]
    with within(practice.organization):
        dad = Participant.objects.get(login=practice.dad)
        assert dad.mark_read(last.pk)
        assert not dad.mark_read(last.pk - 1)  # an older page shown later takes nothing back
        dad.refresh_from_db()
    assert dad.read_through == last.pk
    assert dad.read_at is not None
    assert unread_by(practice.dad) == 0


def test_a_deleted_message_is_new_to_nobody_and_has_no_words(practice: Practice) -> None:
    conversation = make_conversation(practice)
    with within(practice.organization):
        message = conversation.messages.get()
        assert message.delete_words()
        assert not message.delete_words()
        message.refresh_from_db()
    assert message.body == ""
    assert unread_by(practice.therapist) == 0


def test_one_deletes_what_one_wrote_and_can_still_read(practice: Practice) -> None:
    conversation = make_conversation(practice)
    with within(practice.organization):
        message = conversation.messages.get()
        for login, may in ((practice.mom, True), (practice.therapist, False), (practice.owner, False)):
            assert Message.objects.deletable_by(login).filter(pk=message.pk).exists() is may
        practice.mom.unlink(practice.child)
        assert not Message.objects.deletable_by(practice.mom).exists()


def test_the_list_has_what_is_unread_first_then_the_latest(practice: Practice) -> None:
    with within(practice.organization):
        for days, subject in ((5, "Old and new to her"), (3, "Read"), (1, "Read and latest")):
            opened = Conversation.start(
                client=practice.child,
                author=practice.mom if days == 5 else practice.therapist,
                recipients=[practice.therapist, practice.mom],
                subject=subject,
                body="Hello",
                at=timezone.now() - timedelta(days=days),
            )
            assert opened.last_message_at == opened.started_at
        listed = list(Conversation.objects.visible_to(practice.therapist).in_list(practice.therapist))
    assert [(row.subject, row.unread) for row in listed] == [
        ("Old and new to her", 1),
        ("Read and latest", 0),
        ("Read", 0),
    ]


# --- once


def test_the_same_form_sent_twice_opens_one_conversation(practice: Practice) -> None:
    token = uuid.uuid4()
    with within(practice.organization):
        opened = [
            Conversation.start(
                client=practice.child,
                author=practice.mom,
                recipients=[practice.therapist],
                subject="Once",
                body="Hello",
                token=token,
            )
            for _click in range(2)
        ]
        assert opened[0] == opened[1]
        assert Message.objects.count() == Conversation.objects.count() == 1


def test_the_same_reply_sent_twice_is_stored_once_and_other_words_are_not_lost(practice: Practice) -> None:
    """A page gone back to has the token that was used; what is then typed into it is another message."""
    conversation, token = make_conversation(practice), uuid.uuid4()
    with within(practice.organization):
        first, second, other = (
            conversation.reply(author=practice.therapist, body=body, token=token) for body in ("Yes", "Yes", "No")
        )
        assert first == second != other
        assert list(conversation.messages.values_list("body", flat=True))[1:] == ["Yes", "No"]


def test_the_database_itself_holds_the_rules(practice: Practice) -> None:
    conversation = make_conversation(practice)
    with within(practice.organization):
        message = conversation.messages.get()
        wrong: list[Callable[[], object]] = [
            lambda: Message.objects.filter(pk=message.pk).update(body=""),
            lambda: Message.objects.filter(pk=message.pk).update(deleted_at=timezone.now()),
            lambda: Message.objects.create(
                organization=practice.organization,
                conversation=conversation,
                author=practice.mom,
                body="Again",
                once=message.once,
            ),
            lambda: Participant.objects.create(
                organization=practice.organization, conversation=conversation, login=practice.mom
            ),
            lambda: Conversation.objects.filter(pk=conversation.pk).update(subject=""),
            lambda: Conversation.objects.filter(pk=conversation.pk).update(
                last_message_at=conversation.started_at - timedelta(seconds=1)
            ),
        ]
        for act in wrong:
            with pytest.raises(IntegrityError), transaction.atomic():
                act()


def test_a_message_never_tells_its_words_to_a_log(practice: Practice) -> None:
    conversation = make_conversation(practice, body="CANARY")
    with within(practice.organization):
        assert "CANARY" not in f"{conversation.messages.get()} {conversation!r} {conversation.messages.get()!r}"


def test_two_children_are_two_families_even_with_one_dad(practice: Practice) -> None:
    brother = make_client(practice.organization, "Leo")
    link(practice.dad, brother)
    make_conversation(practice, practice.therapist, practice.dad)
    with within(practice.organization):
        practice.dad.unlink(practice.child)
    assert seen_by(practice.dad) == []
