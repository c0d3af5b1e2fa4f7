"""The same click twice at the same moment: one wins, and people are told once."""

import uuid

import pytest
from django.test import Client as Browser

from accounts.tenancy import everywhere, within
from homework.models import Homework
from notifications.models import Notification
from tests.accounts.racing import race
from tests.conftest import Practice
from tests.homework.conftest import add
from tests.pages import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


def told(kind: str) -> int:
    with everywhere("the test looks"):
        return Notification.objects.filter(kind=kind).count()


def browsers(practice: Practice, count: int = 4) -> list[Browser]:
    return [signed_in(practice.therapist) for _ in range(count)]


def test_one_form_sent_at_once_from_everywhere_adds_one_N3(practice: Practice) -> None:
    ready = browsers(practice)
    form = {"title": "Breathe", "instructions": "", "due_on": "", "form_id": str(uuid.uuid4())}
    url = f"/homework/add/?client={practice.child.pk}"
    addresses = race(lambda: ready.pop().post(url, form).headers["Location"])
    assert len(set(addresses)) == 1
    with everywhere("the test looks"):
        assert Homework.objects.count() == 1
    assert told("homework.added") == 4, "mom and dad, each by email and text"


def test_of_many_who_mark_it_done_one_wins_P5(practice: Practice) -> None:
    homework = add(practice)

    def mark_done() -> bool:
        with within(practice.organization):
            return Homework.objects.get(pk=homework.pk).mark_done(practice.mom)

    assert sorted(race(mark_done)) == [False, False, False, True]
    assert told("homework.done") == 2


def test_of_many_who_edit_at_once_one_wins_N3(practice: Practice) -> None:
    homework = add(practice)
    ready = browsers(practice)
    titles = [f"Version {number}" for number in range(4)]

    def save() -> int:
        form = {"title": titles.pop(), "instructions": "", "due_on": "", "revision": 0, "notify": "on"}
        return ready.pop().post(f"/homework/{homework.pk}/edit/", form).status_code

    assert sorted(race(save)) == [200, 200, 200, 302], "the others are asked to look again"
    assert told("homework.changed") == 4
