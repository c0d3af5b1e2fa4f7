"""The verbs of homework: what each changes, and that only who wins changes and announces anything."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.dispatch import Signal
from django.utils import timezone

from accounts.models import Login
from accounts.tenancy import OutOfScope, within
from homework import events
from homework.models import Homework
from tests.conftest import Practice, link, make_client, make_login
from tests.homework.conftest import add, edit

pytestmark = pytest.mark.django_db


@pytest.fixture
def homework(in_practice: Practice) -> Homework:
    return add(in_practice)


@pytest.fixture
def announced() -> Iterator[list[tuple[Signal, dict[str, Any]]]]:
    """What the verbs announce while the test runs."""
    heard: list[tuple[Signal, dict[str, Any]]] = []

    def hear(signal: Signal, sender: object, **said: Any) -> None:
        heard.append((signal, said))

    told = (events.edited, events.removed, events.marked_done)
    for signal in told:
        signal.connect(hear)
    yield heard
    for signal in told:
        signal.disconnect(hear)


def announced_names(announced: list[tuple[Signal, dict[str, Any]]]) -> list[Signal]:
    return [signal for signal, _said in announced]


def test_an_edit_changes_what_is_to_be_done(homework: Homework, practice: Practice) -> None:
    before = homework.updated_at
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert homework.edit(
        title="Walk", instructions="A mile", due_on=tomorrow, by=practice.owner, revision=0, notify=False
    )
    kept = Homework.objects.get(pk=homework.pk)
    assert (kept.title, kept.instructions, kept.due_on) == ("Walk", "A mile", tomorrow)
    assert (kept.changed_by, kept.revision, kept.told_revision) == (practice.owner, 1, 0)
    assert kept.updated_at > before
    assert homework.title == "Walk", "the copy in hand is as the row is"


def test_of_two_who_edit_at_once_the_second_changes_nothing(
    homework: Homework, practice: Practice, announced: list[tuple[Signal, dict[str, Any]]]
) -> None:
    theirs = Homework.objects.get(pk=homework.pk)
    assert edit(homework, practice.therapist, notify=True, title="First")
    assert not edit(theirs, practice.owner, notify=True, title="Second")
    assert Homework.objects.get(pk=homework.pk).title == "First"
    assert theirs.title == "First"
    assert announced_names(announced) == [events.edited]


@pytest.mark.parametrize("notify", [True, False])
def test_what_was_removed_is_kept_and_changes_no_more_N5(
    homework: Homework, practice: Practice, announced: list[tuple[Signal, dict[str, Any]]], *, notify: bool
) -> None:
    theirs = Homework.objects.get(pk=homework.pk)
    assert homework.remove(by=practice.therapist, notify=notify)
    assert not theirs.remove(by=practice.owner, notify=True)
    assert not edit(theirs, practice.owner, notify=True)
    assert not theirs.mark_done(practice.mom)
    assert not theirs.reopen()
    assert announced == [(events.removed, {"homework": homework, "notify": notify})]
    assert Homework.objects.get(pk=homework.pk).changed_by == practice.therapist
    assert not Homework.objects.kept().exists()


def test_it_is_done_once_until_it_is_not_done_again(
    homework: Homework, practice: Practice, announced: list[tuple[Signal, dict[str, Any]]]
) -> None:
    theirs = Homework.objects.get(pk=homework.pk)
    assert homework.is_open
    assert homework.mark_done(practice.mom)
    assert not theirs.mark_done(practice.dad)
    assert (theirs.done_by, theirs.is_open) == (practice.mom, False)
    assert homework.reopen()
    assert not theirs.reopen()
    assert (theirs.done_at, theirs.done_by, theirs.is_open) == (None, None, True)
    assert homework.mark_done(practice.dad)
    assert announced_names(announced) == [events.marked_done, events.marked_done]
    assert homework.times_done == 2


def test_open_first_lists_what_is_due_first_and_what_was_done_last(in_practice: Practice) -> None:
    today = date(2030, 5, 1)
    whenever = add(in_practice, title="whenever")
    later = add(in_practice, title="later", due_on=today + timedelta(days=3))
    soon = add(in_practice, title="soon", due_on=today)
    done_first, done_last = add(in_practice, title="done first"), add(in_practice, title="done last")
    for homework in (done_first, done_last):
        homework.mark_done(in_practice.mom)
    add(in_practice, title="removed").remove(by=in_practice.owner)
    listed = list(Homework.objects.kept().open_first())
    assert listed == [soon, later, whenever, done_last, done_first]
    assert set(Homework.objects.open()) == {soon, later, whenever}
    assert set(Homework.objects.done()) == {done_first, done_last}


def test_each_sees_the_homework_of_their_own_clients_S3(in_practice: Practice) -> None:
    of_child = add(in_practice)
    sibling = make_client(in_practice.organization, "Leo")
    of_sibling = add(in_practice, client=sibling, assigned_by=in_practice.owner)
    link(in_practice.dad, sibling)
    nobody = make_login(in_practice.organization, "Nora Nobody")

    def seen(login: Login) -> set[Homework]:
        return set(Homework.objects.visible_to(login))

    assert seen(in_practice.mom) == {of_child}
    assert seen(in_practice.dad) == {of_child, of_sibling}
    assert seen(in_practice.therapist) == {of_child}
    assert seen(in_practice.owner) == {of_child, of_sibling}
    assert seen(nobody) == set()
    of_child.remove(by=in_practice.therapist)
    assert seen(in_practice.mom) == set()


def test_the_homework_of_another_practice_cannot_be_changed_S1(homework: Homework, other_practice: Practice) -> None:
    with within(other_practice.organization):
        assert not Homework.objects.exists()
        with pytest.raises(Homework.DoesNotExist):
            homework.remove(by=other_practice.owner)
        with pytest.raises(OutOfScope):
            homework.save()


def test_it_never_belongs_to_a_client_of_another_practice_S1(in_practice: Practice, other_practice: Practice) -> None:
    with pytest.raises(OutOfScope):
        add(in_practice, client=other_practice.child)


def test_its_name_says_nothing_of_what_it_is_S1(homework: Homework) -> None:
    """It ends up in logs and error reports."""
    assert homework.title not in str(homework)


def test_one_filled_in_form_adds_one(homework: Homework, in_practice: Practice) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        add(in_practice, form_id=homework.form_id)


@pytest.mark.parametrize("wrong", [{"title": ""}, {"done_at": timezone.now()}])
def test_the_database_refuses_what_cannot_be(homework: Homework, wrong: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Homework.objects.filter(pk=homework.pk).update(**wrong)
