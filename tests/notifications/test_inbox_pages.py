"""Text replies in the browser: who reads what, whose number it is, and when it is done (T7, S1, S3)."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.features import Channel, Feature
from accounts.models import FeatureToggle, Login, Organization, Role, TextStop
from accounts.tenancy import within
from notifications.models import Meaning, State, TextThread
from tests.conftest import Practice, link, make_client, make_login
from tests.notifications.conftest import make_notification
from tests.notifications.replies import DAD, MOM, call, inbox, long_ago, thread_of, write
from tests.notifications.test_record_pages import read
from tests.pages import same_queries, signed_in

pytestmark = pytest.mark.django_db

LIST = "/replies/"
EMPTY_HOME = "Text replies All replies"


def page_of(practice: Practice, phone: str = MOM) -> str:
    return reverse("replies", args=[thread_of(practice.organization, phone).pk])


def done(browser: Browser, practice: Practice, until: str | None = None) -> str:
    """Press Done on the page as it was shown, and read where that leads."""
    url = page_of(practice)
    if until is None:
        until = until_of(browser, url)
    answer = browser.post(f"{url}done/", {"until": until}, follow=True)
    assert answer.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def until_of(browser: Browser, url: str) -> str:
    found = re.search(r'name="until" value="([^"]+)"', browser.get(url).content.decode())
    assert found, "there is no Done"
    return unescape(found[1])


def test_a_reply_is_found_under_text_replies_T7(practice: Practice) -> None:
    write("running late, sorry")
    browser = signed_in(practice.therapist)
    assert re.search(r'class="label">Text replies</span><span class="count">1<', browser.get("/").content.decode())
    assert "Text replies All replies Maria Rivera running late, sorry (206) 555-0143" in read(browser, "/")
    assert "Maria Rivera running late, sorry (206) 555-0143" in read(browser, LIST)
    words = read(browser, page_of(practice))
    assert "Number (206) 555-0143 Who has it Maria Rivera" in words
    assert "running late, sorry" in words
    html = browser.get(page_of(practice)).content.decode()
    assert 'href="tel:+12065550143"' in html
    assert f'href="/logins/{practice.mom.pk}/"' in html


def test_done_takes_it_off_the_list_until_they_write_again_T7(practice: Practice) -> None:
    write("running late, sorry", at=long_ago())
    browser = signed_in(practice.therapist)
    assert "Done. It comes back to the top when they write again." in done(browser, practice)
    assert 'class="count"' not in browser.get("/").content.decode()
    assert "Text replies" not in read(browser, "/")
    assert "Maria Rivera Done running late, sorry" in read(browser, LIST)
    assert "Marked as done by Theo Therapist on" in read(browser, page_of(practice))
    write("and thank you")
    assert "Maria Rivera and thank you" in read(browser, "/")
    assert "Maria Rivera and thank you" in read(browser, LIST)


def test_what_came_meanwhile_is_not_done_and_the_page_says_so_T7(practice: Practice) -> None:
    write("running late, sorry")
    browser = signed_in(practice.therapist)
    seen = until_of(browser, page_of(practice))
    write("in fact we cannot come at all")
    words = done(browser, practice, until=seen)
    assert "Not marked as done: something else came from this number. Read it first." in words
    assert "in fact we cannot come at all" in words
    assert thread_of(practice.organization).is_open
    assert "Done. It comes back" in done(browser, practice)


def test_who_was_slower_learns_that_it_is_done_already_T7(practice: Practice) -> None:
    write("running late, sorry")
    slow = signed_in(practice.therapist)
    seen = until_of(slow, page_of(practice))
    done(signed_in(practice.owner), practice)
    assert "Somebody has marked it as done already." in done(slow, practice, until=seen)
    with within(practice.organization):
        assert TextThread.objects.get().handled_by_id == practice.owner.pk


@pytest.mark.parametrize(
    "until", ["", "yesterday", "2026-13-45T99:99", "2026-11-23T10:00", "9999-12-31T23:59:59.999999+00:00", "\0"]
)
def test_a_moment_that_was_never_shown_finishes_nothing(practice: Practice, until: str) -> None:
    write("running late, sorry")
    assert "Not marked as done" in done(signed_in(practice.owner), practice, until=until)
    assert thread_of(practice.organization).is_open


HARD = {
    "emoji": "On our way 🚗💨 👨‍👩‍👧 ❤️",
    "long": "a word and " * 150,
    "one long word": "w" * 1600,
    "right to left": "نحن في الطريق ‮reversed‬",
    "markup": "<script>alert(1)</script> & <b>bold</b> {{ 7|add:1 }}",
    "link": "see https://evil.example/pay and call 206-555-0199",
    "lines": "first\nsecond\r\n\r\nthird",
    "nothing": "",
}


@pytest.mark.parametrize("body", HARD.values(), ids=HARD)
def test_whatever_they_write_is_read_as_it_is_T7(practice: Practice, body: str) -> None:
    write(body)
    browser = signed_in(practice.owner)
    for url in ("/", LIST, page_of(practice)):
        html = browser.get(url).content.decode()
        assert "<script>alert" not in html
        assert 'href="https://evil' not in html
    shown = re.search(r'<p class="words[^"]*"[^>]*>(.*?)</p>', html, re.DOTALL)
    assert shown
    lines = unescape(re.sub("<br>", "\n", shown[1]))
    assert lines.split() == (body.split() or ["An", "empty", "text"])
    assert body == "" or 'dir="auto"' in shown[0]


@pytest.mark.parametrize(("count", "said"), [(1, "1 picture was sent"), (2, "2 pictures were sent")])
def test_pictures_are_counted_and_not_kept_T7(practice: Practice, count: int, said: str) -> None:
    write("", media=count)
    browser = signed_in(practice.owner)
    for url in (LIST, page_of(practice)):
        assert f"{said}; Blink does not keep pictures." in read(browser, url)


def text_to(login: Login, number: str = MOM, **fields: Any) -> None:
    now = timezone.now()
    row = {"state": State.DELIVERED, "sent_at": now, "attempted_at": now, "sent_to": number, **fields}
    make_notification(login, Channel.TEXT, **row)


def test_what_was_texted_to_them_stands_between_T7_L2(practice: Practice) -> None:
    with within(practice.organization):
        appointment = practice.appointment()
    text_to(practice.mom, subject_id=appointment.pk, client=practice.child, sent_at=long_ago(3))
    write("ok", at=long_ago(2))
    failed: dict[str, Any] = {
        "state": State.FAILED,
        "reason": "no_answer",
        "sent_at": None,
        "attempted_at": long_ago(1),
    }
    text_to(practice.mom, client=practice.child, **failed)
    text_to(practice.mom, number="2065550199")
    text_to(practice.dad)
    make_notification(practice.mom, Channel.TEXT)
    words = read(signed_in(practice.therapist), page_of(practice))
    assert re.search(r"Appointment reminder \w{3}, .*, with Theo Therapist about Mia Rivera .* Delivered ok ", words)
    assert words.index(" ok ") < words.index("Failed")
    assert words.count("Appointment reminder") == 2, "not what went to another number, nor what still waits"


def test_of_a_feature_that_is_off_there_is_no_trace_O2(practice: Practice) -> None:
    text_to(practice.mom, feature=Feature.INVOICES, kind="invoice.issued")
    write("ok")
    browser = signed_in(practice.owner)
    assert "New invoice" in read(browser, page_of(practice))
    with within(practice.organization):
        FeatureToggle.objects.filter(feature=Feature.INVOICES).update(on_since=None)
    assert "invoice" not in read(browser, page_of(practice))
    assert " ok " in read(browser, page_of(practice))


def test_no_feature_gates_the_inbox_T7(practice: Practice) -> None:
    with within(practice.organization):
        FeatureToggle.objects.update(on_since=None)
    write("who are you?")
    browser = signed_in(practice.owner)
    assert "who are you?" in read(browser, LIST)
    assert "who are you?" in read(browser, "/")


def test_a_family_that_shares_a_number_is_shown_as_such_T7(practice: Practice) -> None:
    call(practice.dad, MOM)
    write("running late, sorry")
    browser = signed_in(practice.therapist)
    assert "Daniel Rivera and Maria Rivera share this number" in read(browser, LIST)
    words = read(browser, page_of(practice))
    assert "Who has it Daniel Rivera Maria Rivera They share this number, so any of them may have written." in words


def test_of_those_whom_the_reader_does_not_see_no_name_is_told_S3(practice: Practice) -> None:
    stranger = make_login(practice.organization, "Sam Stranger", phone=MOM)
    link(stranger, make_client(practice.organization, "Another"))
    write("running late, sorry")
    browser = signed_in(practice.therapist)
    assert "Maria Rivera and somebody else of this practice share this number" in read(browser, LIST)
    assert "Who has it Maria Rivera and somebody else of this practice" in read(browser, page_of(practice))
    for url in ("/", LIST, page_of(practice), f"{LIST}?q=Stranger"):
        assert "Sam" not in browser.get(url).content.decode().replace("Same", "")
    assert "Nobody found" in read(browser, LIST, q="Sam")
    assert "Maria Rivera and Sam Stranger share" in read(signed_in(practice.owner), LIST)


def test_nothing_hints_at_another_organization_S1(practice: Practice, other_practice: Practice) -> None:
    other = make_login(other_practice.organization, "Olga Other", phone=MOM)
    call(other_practice.mom, "")
    write("running late, sorry")
    with within(other_practice.organization):
        theirs = TextThread.objects.get()
        theirs.handle(by=other_practice.owner, until=theirs.last_at)
    browser = signed_in(practice.owner)
    for url in ("/", LIST, page_of(practice), f"/logins/{practice.mom.pk}/"):
        html = browser.get(url).content.decode()
        assert not re.search(r"share this number|also|somebody else|Olga|Outside", html, re.IGNORECASE), url
    assert browser.get(f"/replies/{theirs.pk}/").status_code == 404
    assert browser.post(f"/replies/{theirs.pk}/done/", {"until": theirs.last_at.isoformat()}).status_code == 404
    assert thread_of(practice.organization).is_open
    assert other.phone == MOM


def test_one_who_cannot_read_all_that_waits_cannot_finish_it_S3(practice: Practice) -> None:
    stranger = make_login(practice.organization, "Sam Stranger", phone=MOM)
    link(stranger, make_client(practice.organization, "Another"))
    write("of both", at=long_ago())
    call(practice.mom, "2065550199")
    write("of the stranger alone")
    browser = signed_in(practice.therapist)
    words = read(browser, page_of(practice))
    assert "of both" in words
    assert "of the stranger alone" not in words
    assert "Maria Rivera had it when they wrote." in words
    assert "only a user admin can mark it as done" in words
    until = thread_of(practice.organization).last_at.isoformat()
    done(browser, practice, until=until)
    assert thread_of(practice.organization).is_open
    done(signed_in(practice.owner), practice)
    assert not thread_of(practice.organization).is_open


def test_nor_if_the_clock_of_who_finished_it_before_was_fast_S3(practice: Practice) -> None:
    stranger = make_login(practice.organization, "Sam Stranger", phone=MOM)
    link(stranger, make_client(practice.organization, "Another"))
    write("of both", at=long_ago())
    call(practice.mom, "2065550199")
    with within(practice.organization):
        TextThread.objects.update(handled_at=timezone.now() + timedelta(seconds=20))
    write("of the stranger alone")
    assert thread_of(practice.organization).is_open
    browser = signed_in(practice.therapist)
    assert "only a user admin can mark it as done" in read(browser, page_of(practice))
    done(browser, practice, until=thread_of(practice.organization).last_at.isoformat())
    assert thread_of(practice.organization).is_open


def test_a_number_that_replied_stop_is_shown_with_the_way_back_P6_T6(practice: Practice) -> None:
    TextStop.objects.stop(MOM)
    write("STOP", meaning=Meaning.STOP)
    browser = signed_in(practice.therapist)
    words = read(browser, page_of(practice))
    assert "This number replied STOP on" in words
    assert "by texting UNSTOP from it to (206) 555-0100. Staff cannot undo a STOP." in words
    assert "Stopped texts to this number" in words
    assert "There is nothing to be done." in words
    assert 'class="count"' not in browser.get("/").content.decode()
    TextStop.objects.resume(MOM)
    assert "This number replied STOP" not in read(browser, page_of(practice))


def test_who_may_want_to_stop_is_marked_with_the_way_to_their_preferences_T7(practice: Practice) -> None:
    write("do you have to text every week", meaning=Meaning.MAYBE_STOP)
    browser = signed_in(practice.therapist)
    for url in ("/", LIST):
        assert "Maria Rivera May want to stop" in read(browser, url)
    assert "They may want to stop getting texts." in read(browser, page_of(practice))
    assert f'href="/logins/{practice.mom.pk}/#preferences"' in browser.get(page_of(practice)).content.decode()
    TextStop.objects.stop(MOM)
    assert "They may want to stop getting texts." not in read(browser, page_of(practice))


def test_what_the_reader_may_not_read_is_not_said_to_want_to_stop_S3(practice: Practice) -> None:
    stranger = make_login(practice.organization, "Sam Stranger", phone=MOM)
    link(stranger, make_client(practice.organization, "Another"))
    write("of both", at=long_ago())
    call(practice.mom, "2065550199")
    write("do you have to text every week", meaning=Meaning.MAYBE_STOP)
    for reader, told in ((practice.therapist, False), (practice.owner, True)):
        browser = signed_in(reader)
        for url in ("/", LIST, page_of(practice)):
            assert ("ay want to stop" in read(browser, url)) is told, (reader.name, url)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("maria", True), ("Rivera Maria", True), ("(206) 555-0143", True), ("+1 206 555 0143", True), ("0143", True),
        ("Daniel", False), ("0144", False), ("running late", False), ("%", False), ("\0", True),
    ],
)  # fmt: skip
def test_replies_are_searched_by_name_and_number_W2(practice: Practice, words: str, found: bool) -> None:
    write("running late, sorry")
    assert ("running late, sorry" in read(signed_in(practice.therapist), LIST, q=words)) == found


def test_one_is_found_by_a_name_that_had_the_number_then_W2(practice: Practice) -> None:
    write("wrong number, this is a bakery")
    call(practice.mom, "")
    assert "Formerly Maria Rivera" in read(signed_in(practice.therapist), LIST, q="maria")


def test_with_nothing_there_the_page_says_what_will_come_W2(practice: Practice) -> None:
    write("to nobody here", "2065550199")
    for login in (practice.owner, practice.therapist):
        words = read(signed_in(login), LIST)
        assert "Nobody has written back yet" in words
        assert "“running late, sorry” say" in words
        assert "Text replies" not in read(signed_in(login), "/")
    assert inbox(practice.organization) == []


def test_where_no_texts_are_sent_the_page_says_so_T1_W2(practice: Practice) -> None:
    Organization.objects.filter(pk=practice.organization.pk).update(country="GB", region="")
    for login in (practice.owner, practice.therapist):
        words = read(signed_in(login), LIST)
        assert "No texts go out from this practice" in words
        assert "Nobody has written back yet" not in words
    write("running late, sorry")  # to the number of a practice that does send texts
    assert "running late, sorry" in read(signed_in(practice.owner), LIST)


def test_a_number_that_stopped_itself_says_so_in_the_list_T6(practice: Practice) -> None:
    write("please stop texting me", meaning=Meaning.STOP)
    for page in (LIST, "/"):
        assert "Maria Rivera Stopped texts to this number" in read(signed_in(practice.therapist), page)
    write("sorry, wrong button, I meant my dentist")
    assert "Stopped texts to this number" not in read(signed_in(practice.therapist), LIST)


def test_staff_see_their_own_replies_and_no_link_leads_where_they_are_refused_S3(practice: Practice) -> None:
    cora = make_login(practice.organization, "Cora Colleague", Role.STAFF, phone="2065550188")
    write("I am ill today", "2065550188")
    browser = signed_in(cora)
    html = browser.get(page_of(practice, "2065550188")).content.decode()
    assert 'href="/account/"' in html
    owner = signed_in(practice.owner).get(page_of(practice, "2065550188")).content.decode()
    assert f'href="/staff/{cora.pk}/"' in owner


def add_number(practice: Practice) -> Any:
    def add(number: int) -> None:
        login = make_login(practice.organization, f"Parent {number}", phone=f"206555{number + 1000}")
        link(login, practice.child)
        write("hello", f"206555{number + 1000}")

    return add


@pytest.mark.parametrize("reader", ["owner", "therapist"])
@pytest.mark.parametrize("url", [LIST, "/"])
def test_a_list_takes_as_many_queries_with_50_numbers_as_with_one(practice: Practice, url: str, reader: str) -> None:
    same_queries(signed_in(getattr(practice, reader)), url, add_number(practice), rows=50 if url == LIST else 5)


@pytest.mark.parametrize("reader", ["owner", "therapist"])
def test_a_number_takes_as_many_queries_with_50_texts_as_with_one(practice: Practice, reader: str) -> None:
    def add(number: int) -> None:
        write(f"reply {number}")
        text_to(practice.mom, client=practice.child)

    add(0)
    same_queries(signed_in(getattr(practice, reader)), page_of(practice), add, rows=40)


def test_many_replies_have_pages_with_ours_between_them_W2(practice: Practice) -> None:
    for number in range(60):
        write(f"reply {number}.", at=long_ago() + timedelta(minutes=number))
        at = long_ago() + timedelta(minutes=number, seconds=30)
        text_to(practice.mom, sent_at=at, attempted_at=at)
    browser = signed_in(practice.owner)
    latest, older = read(browser, page_of(practice)), read(browser, page_of(practice), page="2")
    assert ("reply 59." in latest, "reply 10." in latest, "reply 9." in latest) == (True, True, False)
    assert ("reply 9." in older, "reply 0." in older, "reply 10." in older) == (True, True, False)
    assert (latest.count("Appointment reminder"), older.count("Appointment reminder")) == (50, 10)


def test_the_login_page_warns_of_a_number_that_serves_several_T6(practice: Practice) -> None:
    browser = signed_in(practice.therapist)
    page = f"/logins/{practice.mom.pk}/"
    assert "also" not in read(browser, page)
    call(practice.dad, MOM)
    assert "This number is also Daniel Rivera’s. A STOP from it stops texts to both." in read(browser, page)
    stranger = make_login(practice.organization, "Sam Stranger", phone=MOM)
    hidden = "Daniel Rivera and somebody else of this practice have this number as well. A STOP from it stops texts"
    assert hidden in read(browser, page)
    assert "Daniel Rivera and Sam Stranger have this number as well." in read(signed_in(practice.owner), page)
    with within(practice.organization):
        practice.dad.deactivate()
    only_hidden = "This number is also somebody else’s of this practice. A STOP from it stops texts to both."
    assert only_hidden in read(browser, page)
    with within(practice.organization):
        stranger.deactivate()
    assert "A STOP from it" not in read(browser, page)


def test_whoever_enters_a_shared_number_is_told_at_once_T6_S3(practice: Practice, other_practice: Practice) -> None:
    call(other_practice.dad, "2065550199")
    fields = {"name": "Daniel Rivera", "phone": "206-555-0143", "language": "en"}
    url = f"/logins/{practice.dad.pk}/edit/"
    words = read_after(signed_in(practice.therapist), url, fields)
    assert "(206) 555-0143: This number is also Maria Rivera’s. A STOP from it stops texts to both." in words
    words = read_after(signed_in(practice.therapist), url, {**fields, "phone": "206-555-0199"})
    assert "A STOP from it" not in words, "whom another practice knows is nothing to this one"
    words = read_after(signed_in(practice.dad), "/account/", fields)
    assert "A STOP from it" not in words, "families learn nothing of each other"


def read_after(browser: Browser, url: str, fields: dict[str, str]) -> str:
    html = browser.post(url, fields, follow=True).content.decode()
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_a_number_that_is_never_texted_needs_no_such_warning_T1(practice: Practice) -> None:
    for login in (practice.mom, practice.dad):
        call(login, "+442079460958")
    assert "A STOP from it" not in read(signed_in(practice.owner), f"/logins/{practice.mom.pk}/")


def test_deactivated_and_staff_are_told_apart_on_the_page(practice: Practice) -> None:
    call(practice.therapist, DAD)
    with within(practice.organization):
        practice.dad.deactivate()
    write("hello", DAD)
    assert "Who has it Daniel Rivera Deactivated Theo Therapist Staff" in read(
        signed_in(practice.owner), page_of(practice, DAD)
    )
