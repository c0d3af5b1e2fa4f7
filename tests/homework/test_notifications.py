"""What people receive of homework, and what they do not (N3, N4, N5, P5)."""

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.features import Channel, Feature
from accounts.models import FeatureToggle, Role
from accounts.tenancy import within
from homework.models import Homework
from homework.notifications import HomeworkAdded
from notifications.delivery import deliver_batch
from notifications.models import Notification
from notifications.notify import notify
from tests.conftest import Practice, choose, link, make_login
from tests.homework.conftest import CANARIES, add, add_quietly, edit, let_go_out, receivers, record

pytestmark = pytest.mark.django_db

HOMEWORK = Feature.HOMEWORK


def by_text(practice: Practice) -> None:
    for login in (practice.mom, practice.therapist):
        choose(login, Channel.TEXT, feature=HOMEWORK)


# New homework


def test_mom_and_dad_are_told_of_new_homework_N3(practice: Practice) -> None:
    by_text(practice)
    link(make_login(practice.organization, "Nora Nanny", active_since=None), practice.child)
    homework = add(practice, due_on=date(2031, 5, 2))
    sent = let_go_out()
    assert receivers(sent) == ["Daniel Rivera", "Maria Rivera"]
    assert receivers(sent, Channel.TEXT) == ["Maria Rivera"]
    email = sent[-1]
    assert email.subject == "New homework for Mia"
    assert "Theo Therapist has added homework for Mia. It is due on Friday, May 2." in email.body
    assert f"/at/harbor-kids-therapy/my/homework/{homework.pk}/" in email.body
    assert f'/at/harbor-kids-therapy/my/homework/{homework.pk}/"' in email.html
    assert ("homework.added", "Nora Nanny", "Not emailed: this login is deactivated") in record()


def test_a_text_of_homework_is_one_segment_without_a_link_T4_T5(practice: Practice) -> None:
    by_text(practice)
    add(practice)
    (text,) = (message for message in let_go_out() if message.channel == Channel.TEXT)
    assert text.body == (
        "Harbor Kids Therapy: there is new homework for Mia from Theo Therapist. Sign in to see it. "
        "Reply STOP to stop, UNSTOP to resume."
    )
    assert text.notification.segments == 1


def test_saving_it_again_tells_nobody_again_N3(in_practice: Practice) -> None:
    homework = add(in_practice)
    homework.save()
    assert len(let_go_out()) == 2
    homework.save()
    assert len(let_go_out()) == 2


def test_fixtures_tell_nobody(practice: Practice) -> None:
    with within(practice.organization):
        homework = Homework(
            organization=practice.organization, client=practice.child, assigned_by=practice.therapist, title="Old"
        )
        homework.save_base(raw=True)
    assert record() == set()


# Edits and deletions


def test_an_edit_with_notify_tells_the_family_N3(in_practice: Practice) -> None:
    homework = add(in_practice)
    let_go_out()
    assert edit(homework, in_practice.owner, notify=True, title="Walk")
    sent = let_go_out()[2:]
    assert receivers(sent) == ["Daniel Rivera", "Maria Rivera"]
    assert sent[0].subject == "Homework for Mia was changed"
    assert "Olive Owner has changed homework for Mia." in sent[0].body


def test_an_edit_without_notify_tells_nobody_N3(in_practice: Practice) -> None:
    homework = add(in_practice)
    let_go_out()
    assert edit(homework, in_practice.therapist, notify=False, title="Walk")
    assert len(let_go_out()) == 2
    assert {kind for kind, _who, _words in record()} == {"homework.added"}


def test_each_edit_with_notify_is_news_of_its_own_N3(in_practice: Practice) -> None:
    homework = add(in_practice)
    for title in ("Walk", "Run"):
        edit(homework, in_practice.therapist, notify=True, title=title)
        let_go_out()
    assert Counter(message.subject for message in let_go_out()) == {
        "New homework for Mia": 2,
        "Homework for Mia was changed": 4,
    }


def test_a_deletion_with_notify_tells_the_family_N3(in_practice: Practice) -> None:
    by_text(in_practice)
    homework = add(in_practice)
    let_go_out()
    homework.remove(by=in_practice.owner, notify=True)
    sent = let_go_out()[3:]
    assert receivers(sent) == ["Daniel Rivera", "Maria Rivera"]
    assert receivers(sent, Channel.TEXT) == ["Maria Rivera"]
    email = next(message for message in sent if message.channel == Channel.EMAIL)
    assert "Olive Owner has taken back homework for Mia. It need not be done any more." in email.body
    assert "/at/harbor-kids-therapy/my/homework/\n" in email.body, "to the list: it has no page any more"


def test_a_deletion_without_notify_tells_nobody_N3(in_practice: Practice) -> None:
    homework = add(in_practice)
    let_go_out()
    homework.remove(by=in_practice.therapist, notify=False)
    assert len(let_go_out()) == 2


# Done


def test_staff_are_told_that_it_is_done_but_not_who_marked_it_P5(in_practice: Practice) -> None:
    by_text(in_practice)
    in_practice.therapist.phone = "206 555 0150"
    in_practice.therapist.save()
    colleague = make_login(in_practice.organization, "Cora Colleague", Role.STAFF)
    link(colleague, in_practice.child)
    make_login(in_practice.organization, "Sam Stranger", Role.STAFF)
    homework = add(in_practice, assigned_by=in_practice.owner)
    let_go_out()
    homework.mark_done(in_practice.mom)
    sent = [message for message in let_go_out() if message.notification.kind == "homework.done"]
    assert receivers(sent) == ["Cora Colleague", "Olive Owner", "Theo Therapist"]
    (text,) = (message for message in sent if message.channel == Channel.TEXT)
    assert text.body.startswith("Harbor Kids Therapy: homework of Mia was marked done.")
    email = next(message for message in sent if message.channel == Channel.EMAIL)
    assert email.subject == "Homework of Mia is done"
    assert "Maria Rivera has marked homework of Mia done." in email.body
    assert f"/at/harbor-kids-therapy/homework/{homework.pk}/" in email.body


def test_staff_who_mark_it_are_not_told_of_it_themselves_P5(in_practice: Practice) -> None:
    homework = add(in_practice, assigned_by=in_practice.owner)
    homework.mark_done(in_practice.therapist)
    sent = [message for message in let_go_out() if message.notification.kind == "homework.done"]
    assert receivers(sent) == ["Olive Owner"]


def test_who_assigned_it_and_serves_the_client_no_more_is_not_told_S3(in_practice: Practice) -> None:
    homework = add(in_practice)
    in_practice.therapist.unlink(in_practice.child)
    homework.mark_done(in_practice.mom)
    assert {who for kind, who, _words in record() if kind == "homework.done"} == set()


def test_done_again_is_news_again_P5(in_practice: Practice) -> None:
    homework = add(in_practice)
    for _time in range(2):
        homework.mark_done(in_practice.mom)
        let_go_out()
        homework.reopen()
    done = [message for message in let_go_out() if message.notification.kind == "homework.done"]
    assert receivers(done) == ["Theo Therapist", "Theo Therapist"]


# What changed before the notice left


def told_of(kind: str) -> set[str]:
    return {words for of_kind, _who, words in record() if of_kind == kind and words.startswith("Not emailed")}


def test_homework_removed_before_its_notice_leaves_is_not_told_of_N5(in_practice: Practice) -> None:
    homework = add(in_practice)
    edit(homework, in_practice.therapist, notify=True)
    homework.mark_done(in_practice.mom)
    homework.remove(by=in_practice.therapist)
    assert let_go_out() == []
    for kind in ("homework.added", "homework.changed", "homework.done"):
        assert told_of(kind) == {"Not emailed: the homework was removed"}


def test_homework_done_before_its_notice_leaves_is_no_news_to_the_family_N5(in_practice: Practice) -> None:
    homework = add(in_practice)
    edit(homework, in_practice.therapist, notify=True)
    homework.mark_done(in_practice.mom)
    assert receivers(let_go_out()) == ["Theo Therapist"]
    assert told_of("homework.added") == told_of("homework.changed") == {"Not emailed: the homework was done by then"}


def test_staff_who_edit_what_is_done_and_tick_notify_are_obeyed_N3(in_practice: Practice) -> None:
    homework = add(in_practice)
    let_go_out()
    homework.mark_done(in_practice.mom)
    let_go_out()
    edit(homework, in_practice.therapist, notify=True, title="Once more, with the lights out")
    assert receivers(let_go_out()[3:]) == ["Daniel Rivera", "Maria Rivera"]


def test_homework_reopened_before_the_notice_leaves_is_not_told_as_done_N5(in_practice: Practice) -> None:
    homework = add(in_practice)
    homework.mark_done(in_practice.mom)
    homework.reopen()
    assert receivers(let_go_out()) == ["Daniel Rivera", "Maria Rivera"]
    assert told_of("homework.done") == {"Not emailed: the homework was marked not done again"}


def test_of_two_edits_before_the_first_notice_leaves_one_is_told_N5(in_practice: Practice) -> None:
    homework = add(in_practice)
    let_go_out()
    edit(homework, in_practice.therapist, notify=True, title="Walk")
    edit(homework, in_practice.therapist, notify=True, title="Run")
    assert len(let_go_out()[2:]) == 2
    assert told_of("homework.changed") == {
        "Not emailed: the homework was edited again, and a later notice says so",
    }


def test_a_later_edit_without_notify_does_not_silence_the_earlier_one_N3(in_practice: Practice) -> None:
    homework = add(in_practice)
    edit(homework, in_practice.therapist, notify=True, title="Walk")
    edit(homework, in_practice.therapist, notify=False, title="Run")
    assert len(let_go_out()) == 4


@pytest.mark.parametrize(
    ("happens", "words"),
    [
        ("feature", "Not emailed: this feature is turned off for the practice"),
        ("preference", "Not emailed: this login has it turned off"),
        ("login", "Not emailed: this login is deactivated"),
        ("client", "Not emailed: the client is discharged"),
        ("link", "Not emailed: this login is no longer linked to the client"),
    ],
)
def test_what_is_turned_off_before_the_notice_leaves_stops_it_N5_O2(
    in_practice: Practice, happens: str, words: str
) -> None:
    add(in_practice)
    if happens == "feature":
        FeatureToggle.objects.on().turn(HOMEWORK, on=False)
    elif happens == "preference":
        choose(in_practice.mom, Channel.EMAIL, on=False, feature=HOMEWORK)
    elif happens == "login":
        in_practice.mom.deactivate()
    elif happens == "client":
        in_practice.child.discharge()
    else:
        in_practice.mom.unlink(in_practice.child)
    assert "Maria Rivera" not in receivers(let_go_out())
    assert ("homework.added", "Maria Rivera", words) in record()


def test_turning_the_feature_on_again_says_nothing_of_the_past_O3_O5(in_practice: Practice) -> None:
    choose(in_practice.dad, Channel.EMAIL, on=False, feature=HOMEWORK)
    FeatureToggle.objects.all().turn(HOMEWORK, on=False)
    add(in_practice, title="While it was off")
    FeatureToggle.objects.all().turn(HOMEWORK, on=True)
    assert let_go_out() == []
    add(in_practice, title="Since it is on again")
    assert receivers(let_go_out()) == ["Maria Rivera"], "each as they had chosen before"


def test_news_of_last_week_is_news_no_more_N5(in_practice: Practice) -> None:
    with time_machine.travel(datetime(2031, 5, 1, 9, tzinfo=UTC), tick=False) as clock:
        FeatureToggle.objects.all().turn(HOMEWORK, on=True)
        add(in_practice)
        clock.shift(timedelta(days=8))
        assert let_go_out() == []
    assert told_of("homework.added") == {"Not emailed: it was too late by the time it could be sent"}


# What notices never say


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_notice_names_the_homework_N4(in_practice: Practice, settings: Settings, language: str) -> None:
    """Neither its title nor what to do, in no part of any email or text."""
    by_text(in_practice)
    for login in (in_practice.mom, in_practice.dad, in_practice.therapist):
        login.language = language
        login.phone = login.phone or "206 555 0150"
        login.save()
    homework = add(in_practice)
    let_go_out()
    edit(homework, in_practice.owner, notify=True)
    let_go_out()
    homework.mark_done(in_practice.mom)
    let_go_out()
    homework.remove(by=in_practice.owner, notify=True)
    sent = let_go_out()
    assert Counter((message.notification.kind, str(message.channel)) for message in sent) == {
        ("homework.added", "email"): 2,
        ("homework.added", "text"): 1,
        ("homework.changed", "email"): 2,
        ("homework.changed", "text"): 1,
        ("homework.done", "email"): 1,
        ("homework.done", "text"): 1,
        ("homework.removed", "email"): 2,
        ("homework.removed", "text"): 1,
    }
    for message in sent:
        words = " ".join([message.subject, message.body, message.html]).casefold()
        assert [canary for canary in CANARIES if canary.casefold() in words] == []
        if message.channel == Channel.TEXT:
            assert "http" not in words, "a text carries no link (docs/decisions/0007)"


# In bulk


def queries_to_send(practice: Practice, count: int) -> int:
    """To send to both parents, by both channels; but for what the outbox of this machine takes for each email."""
    rows = add_quietly(practice, count)
    with within(practice.organization):
        for homework in rows:
            notify(HomeworkAdded, homework)
    with CaptureQueriesContext(connection) as captured:
        assert deliver_batch() == 2 * 2 * count
    return sum(not re.search("SAVEPOINT|notifications_outboxmessage", query["sql"]) for query in captured)


def test_a_batch_takes_a_fixed_number_of_queries(practice: Practice) -> None:
    assert queries_to_send(practice, 1) == queries_to_send(practice, 10)


def test_the_family_of_another_practice_hears_nothing_S1(practice: Practice, other_practice: Practice) -> None:
    add(practice)
    let_go_out()
    with within(other_practice.organization):
        assert not Notification.objects.exists()
