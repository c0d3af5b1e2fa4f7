"""Into which inboxes a text goes, and who may read it there (T7, S1, S3)."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Login, Role
from accounts.tenancy import everywhere, within
from notifications.models import InboundText, Meaning, ReplySender, TextReply, TextThread
from tests.accounts.racing import race
from tests.conftest import Practice, link, make_client, make_login
from tests.notifications.replies import DAD, MOM, call, file, inbox, long_ago, thread_of, write


def test_each_organization_with_the_number_has_its_own_copy_T7_S1(practice: Practice, other_practice: Practice) -> None:
    write("running late, sorry")
    for each in (practice, other_practice):
        assert inbox(each.organization) == [(MOM, "running late, sorry")]
        assert thread_of(each.organization).is_open
    mine = thread_of(practice.organization)
    with within(practice.organization):
        assert mine.handle(by=practice.owner, until=mine.last_at)
    assert not thread_of(practice.organization).is_open
    assert thread_of(other_practice.organization).is_open, "what one does with its copy is nothing of the other's"


def test_an_organization_that_does_not_know_the_number_gets_nothing_T7_S1(
    practice: Practice, other_practice: Practice
) -> None:
    call(other_practice.mom, "2065550199")
    write("running late, sorry")
    assert inbox(practice.organization)
    assert inbox(other_practice.organization) == []


@pytest.mark.parametrize("stored", ["(206) 555-0143", "+1 206 555 0143", "2065550143"])
@pytest.mark.parametrize("sent", ["+12065550143", "2065550143"])
def test_numbers_are_compared_as_they_are_stored_T7(practice: Practice, stored: str, sent: str) -> None:
    with within(practice.organization):
        practice.mom.phone = stored
        practice.mom.save()
    write("hello", sent)
    assert inbox(practice.organization) == [(MOM, "hello")]


@pytest.mark.parametrize("sender", ["2065550199", "+442079460958", "12345", "", "anonymous", "Maria Rivera"])
def test_a_number_nobody_knows_is_in_no_inbox_T7(practice: Practice, sender: str) -> None:
    call(practice.dad, "")
    with within(practice.organization):
        make_login(practice.organization, "Ann Onymous", phone="anonymous")
    write("who is this?", sender)
    assert InboundText.objects.count() == 1
    assert inbox(practice.organization) == []


def test_a_number_of_a_closed_login_or_of_staff_is_known_as_well_T7(practice: Practice) -> None:
    with within(practice.organization):
        practice.mom.deactivate()
    call(practice.therapist, "2065550177")
    write("I am back")
    write("I am ill", "2065550177")
    assert inbox(practice.organization) == [(MOM, "I am back"), ("2065550177", "I am ill")]


def test_repeats_are_kept_once_T7(practice: Practice) -> None:
    text = write("running late, sorry")
    before = thread_of(practice.organization)
    with within(practice.organization):
        before.handle(by=practice.owner, until=before.last_at)
    file(text)
    file(text)
    assert inbox(practice.organization) == [(MOM, "running late, sorry")]
    assert not thread_of(practice.organization).is_open, "a repeat is no news"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same", [True, False])
def test_texts_filed_at_once_are_one_thread_and_each_is_kept_once_T7(practice: Practice, same: bool) -> None:
    def text(number: int) -> InboundText:
        return InboundText.objects.create(sid=f"SM{number:032x}", phone=MOM, to="", body="hi", meaning=Meaning.OTHER)

    texts = [text(1)] * 6 if same else [text(number) for number in range(6)]
    waiting = list(texts)
    race(lambda: file(waiting.pop()), threads=6)
    with within(practice.organization):
        assert TextThread.objects.count() == 1
        assert TextReply.objects.count() == len({text.sid for text in texts})
        assert ReplySender.objects.count() == TextReply.objects.count()
    assert thread_of(practice.organization).is_open


@pytest.mark.django_db(transaction=True)
def test_of_two_texts_at_once_each_is_news_even_to_who_read_the_other_T7(practice: Practice) -> None:
    """However they race and whatever the clocks say: what nobody has seen is never done."""
    for number in range(20):
        at = timezone.now()
        first = write("one", sid=f"SMa{number}", at=at)
        seen = thread_of(practice.organization).last_at

        def done(seen: Any = seen) -> bool:
            with within(practice.organization):
                return thread_of(practice.organization).handle(by=practice.owner, until=seen)

        late = InboundText.objects.create(
            sid=f"SMb{number}", phone=MOM, to="", body="two", meaning=Meaning.OTHER,
            received_at=first.received_at - timedelta(seconds=5),
        )  # fmt: skip
        acts: list[Any] = [done, partial(file, late)]
        race(partial(_next_of, acts), threads=2)
        assert thread_of(practice.organization).is_open


def _next_of(acts: list[Any]) -> None:
    acts.pop()()


def test_the_last_reply_moves_forward_only_T7(practice: Practice) -> None:
    write("now")
    now = thread_of(practice.organization).last_at
    write("written before, filed later", at=now - timedelta(hours=1))
    assert thread_of(practice.organization).last_at > now
    assert [body for _phone, body in inbox(practice.organization)] == ["written before, filed later", "now"]


def test_done_is_done_until_something_more_comes_T7(practice: Practice) -> None:
    write("one", at=long_ago())
    thread = thread_of(practice.organization)
    with within(practice.organization):
        assert thread.handle(by=practice.owner, until=thread.last_at)
        assert not thread.handle(by=practice.therapist, until=thread.last_at), "somebody was quicker"
    done = thread_of(practice.organization)
    assert (done.handled_by_id, done.is_open) == (practice.owner.pk, False)
    write("two")
    assert thread_of(practice.organization).is_open


@pytest.mark.parametrize("off", [timedelta(microseconds=-1), timedelta(days=-9), timedelta(days=3650)])
def test_done_counts_for_the_very_reply_that_was_shown_T7(practice: Practice, off: timedelta) -> None:
    """A moment in the future does not hide what is still to come."""
    write("one")
    thread = thread_of(practice.organization)
    with within(practice.organization):
        assert not thread.handle(by=practice.owner, until=thread.last_at + off)
    assert thread_of(practice.organization).is_open


def test_who_may_want_to_stop_is_marked_until_it_is_done_or_they_do_T7(practice: Practice) -> None:
    write("do I have to keep getting these", meaning=Meaning.MAYBE_STOP)
    write("and who are you anyway")
    thread = thread_of(practice.organization)
    assert thread.may_want_to_stop
    with within(practice.organization):
        thread.handle(by=practice.owner, until=thread.last_at)
    assert not thread_of(practice.organization).may_want_to_stop

    write("enough of this", DAD, meaning=Meaning.MAYBE_STOP)
    write("STOP", DAD, meaning=Meaning.STOP)
    assert not thread_of(practice.organization, DAD).may_want_to_stop
    assert thread_of(practice.organization, DAD).is_open


@pytest.mark.parametrize(
    ("body", "meaning", "opens"),
    [
        ("STOP", Meaning.STOP, False),
        ("opt out", Meaning.STOP, False),
        ("Start", Meaning.RESUME, False),
        ("HELP", Meaning.HELP, False),
        ("wrong number, this is a bakery", Meaning.STOP, True),
        ("Stop. We moved to Ohio", Meaning.STOP, True),
        ("ok", Meaning.OTHER, True),
        ("", Meaning.OTHER, True),
    ],
)
def test_a_keyword_asks_nobody_to_do_anything_T6_T7(
    practice: Practice, body: str, meaning: Meaning, opens: bool
) -> None:
    write(body, meaning=meaning)
    assert inbox(practice.organization) == [(MOM, body)]
    assert thread_of(practice.organization).is_open == opens
    with within(practice.organization):
        assert TextThread.objects.all().open().count() == opens


def test_a_keyword_does_not_open_what_was_done_T6_T7(practice: Practice) -> None:
    write("one")
    thread = thread_of(practice.organization)
    with within(practice.organization):
        thread.handle(by=practice.owner, until=thread.last_at)
    write("STOP", meaning=Meaning.STOP)
    assert not thread_of(practice.organization).is_open


def visible(login: Login) -> tuple[set[str], set[str]]:
    """The numbers, and the words, that somebody may read."""
    with within(login.organization_id):
        numbers = set(TextThread.objects.visible_to(login).values_list("phone", flat=True))
        bodies = set(TextReply.objects.all().visible_to(login).values_list("body", flat=True))
    return numbers, bodies


def test_staff_read_the_replies_of_the_families_they_serve_T7_S3(practice: Practice, other_practice: Practice) -> None:
    stranger = make_login(practice.organization, "Sam Stranger", phone="2065550177")
    link(stranger, make_client(practice.organization, "Another"))
    colleague = make_login(practice.organization, "Cora Colleague", Role.STAFF, phone="2065550188")
    scheduler = make_login(practice.organization, "Skye Scheduler", Role.STAFF, is_schedule_admin=True)
    write("of mom")
    write("of the stranger", "2065550177")
    write("of the colleague", "2065550188")
    everything = ({MOM, "2065550177", "2065550188"}, {"of mom", "of the stranger", "of the colleague"})
    assert visible(practice.owner) == everything
    assert visible(practice.therapist) == ({MOM}, {"of mom"})
    assert visible(colleague) == ({"2065550188"}, {"of the colleague"})
    assert visible(scheduler) == visible(practice.mom) == visible(stranger) == (set(), set())
    assert visible(other_practice.owner) == ({MOM}, {"of mom"}), "their own copy, of their own mom"


def test_a_number_that_was_entered_later_opens_nothing_S3(practice: Practice) -> None:
    """Staff may edit the logins of those they serve, and themselves: no way to what another family wrote."""
    stranger = make_login(practice.organization, "Sam Stranger", phone="2065550177")
    link(stranger, make_client(practice.organization, "Another"))
    write("a matter of the stranger", "2065550177", at=long_ago())
    call(practice.mom, "2065550177")
    call(practice.therapist, "2065550177")
    assert visible(practice.therapist) == (set(), set())
    write("from the shared phone", "2065550177")
    assert visible(practice.therapist) == ({"2065550177"}, {"from the shared phone"})


def test_a_reply_stays_in_sight_when_the_number_is_mended_S3(practice: Practice) -> None:
    """ "Wrong number": who then takes the number out still finds the reply."""
    write("wrong number, this is a bakery", meaning=Meaning.STOP)
    call(practice.mom, "")
    assert visible(practice.therapist) == ({MOM}, {"wrong number, this is a bakery"})


def test_who_serves_them_no_more_reads_no_more_S3(practice: Practice) -> None:
    write("of mom")
    with within(practice.organization):
        practice.therapist.unlink(practice.child)
    assert visible(practice.therapist) == (set(), set())


def test_threads_are_listed_open_first_and_latest_first(practice: Practice) -> None:
    for number, phone in enumerate((MOM, DAD, "2065550177")):
        if number == 2:
            make_login(practice.organization, "Third", phone=phone)
        write("hi", phone, at=long_ago(3 - number))
    third = thread_of(practice.organization, "2065550177")
    with within(practice.organization):
        third.handle(by=practice.owner, until=third.last_at)
        phones = [thread.phone for thread in TextThread.objects.all().latest_first()]
    assert phones == [DAD, MOM, "2065550177"]


def test_filing_asks_as_often_whoever_else_there_is_T7(practice: Practice, django_assert_num_queries: Any) -> None:
    with everywhere("a crowd"):
        for number in range(30):
            make_login(practice.organization, f"Parent {number}", phone=f"206555{number:04}")
    text = InboundText.objects.create(sid="SM1", phone=MOM, to="", body="hi", meaning=Meaning.OTHER)
    with django_assert_num_queries(14):  # eight of them are savepoints
        file(text)
