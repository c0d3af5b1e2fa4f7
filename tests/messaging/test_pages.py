"""Messages in the browser: for staff and for families, without JavaScript (W2, W3, S1, S3, O2)."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.test import Client as Browser
from django.utils import timezone
from django.utils.html import strip_tags

from accounts.features import Feature
from accounts.models import FeatureToggle, Login, Role
from accounts.tenancy import within
from messaging.models import Conversation, Message, Participant
from tests.conftest import Practice, link, make_client, make_login
from tests.messaging.conftest import make_conversation
from tests.pages import same_queries, signed_in


def words_of(browser: Browser, url: str, status: int = 200) -> str:
    """What a page says, tags aside, in one line."""
    response = browser.get(url)
    assert response.status_code == status, f"{url} answers {response.status_code}"
    page = re.sub(r"<(script|style|svg).*?</\1>", "", response.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(strip_tags(page)).split())


def write(browser: Browser, url: str, **typed: object) -> str:
    """Post a form and follow where it leads; what that page says."""
    response = browser.post(url, typed, follow=True)
    assert response.status_code == 200, f"{url} answers {response.status_code}"
    page = re.sub(r"<(script|style|svg).*?</\1>", "", response.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(strip_tags(page)).split())


def test_where_nobody_signs_in_the_way_to_add_somebody_is_one_tap_W2(practice: Practice) -> None:
    alone = make_client(practice.organization, "Noor")
    link(practice.therapist, alone)
    browser = signed_in(practice.therapist)
    page = browser.get(f"/messages/new/?client={alone.pk}").content.decode()
    assert "Nobody signs in for this client" in page
    assert f'href="/clients/{alone.pk}/people/"' in page
    assert browser.get(f"/clients/{alone.pk}/people/").status_code == 200


def messages_of(practice: Practice) -> list[str]:
    with within(practice.organization):
        return list(Message.objects.order_by("pk").values_list("body", flat=True))


# --- writing


def test_staff_write_to_a_family_and_a_parent_answers(practice: Practice) -> None:
    staff, mom = signed_in(practice.therapist), signed_in(practice.mom)
    assert "Mia Rivera" in words_of(staff, "/messages/new/?q=riv")
    form = words_of(staff, f"/messages/new/?client={practice.child.pk}")
    assert "Maria Rivera" in form
    assert "Olive Owner" in form  # a user admin, as a colleague
    page = write(
        staff,
        f"/messages/new/?client={practice.child.pk}",
        family=[practice.mom.pk, practice.dad.pk],
        subject="Thursday",
        body="Could you bring the picture book?",
        token=uuid.uuid4(),
    )
    assert "Your message is sent." in page
    assert "Could you bring the picture book?" in page

    assert "1 new" in words_of(mom, "/my/messages/")
    with within(practice.organization):
        pk = Conversation.objects.get().pk
    assert "New Theo Therapist" in words_of(mom, f"/my/messages/{pk}/")
    assert "1 new" not in words_of(mom, "/my/messages/")
    assert "Of course!" in write(mom, f"/my/messages/{pk}/", body="Of course!", token=uuid.uuid4())
    thread = words_of(staff, f"/messages/{pk}/")
    assert thread.index("picture book") < thread.index("Of course!")
    assert messages_of(practice) == ["Could you bring the picture book?", "Of course!"]


def test_a_parent_writes_to_those_who_serve_their_child_only_S3(practice: Practice) -> None:
    elsewhere = make_login(practice.organization, "Ned Elsewhere", Role.STAFF)
    mom = signed_in(practice.mom)
    form = words_of(mom, "/my/messages/new/")
    assert "Theo Therapist" in form
    for name in ("Ned Elsewhere", "Olive Owner", "Daniel Rivera"):
        assert name not in form
    typed = {"subject": "Hello", "body": "May I?", "token": uuid.uuid4()}
    for wrong in (elsewhere, practice.owner, practice.dad):
        assert "is not one of the available choices" in write(mom, "/my/messages/new/", staff=[wrong.pk], **typed)
    assert messages_of(practice) == []
    write(mom, "/my/messages/new/", staff=[practice.therapist.pk], **typed)
    assert messages_of(practice) == ["May I?"]


def test_a_parent_of_two_says_first_whom_it_is_about(practice: Practice) -> None:
    brother = make_client(practice.organization, "Leo")
    link(practice.dad, brother)
    dad = signed_in(practice.dad)
    choice = words_of(dad, "/my/messages/new/")
    assert "Mia Rivera" in choice
    assert "Leo" in choice
    assert "nobody to write to yet" in words_of(dad, f"/my/messages/new/?client={brother.pk}")
    assert "Write to" in words_of(dad, f"/my/messages/new/?client={practice.child.pk}")


@pytest.mark.parametrize("who", ["therapist", "mom"])
def test_nobody_writes_about_a_client_that_is_not_theirs_S1_S3(
    practice: Practice, other_practice: Practice, who: str
) -> None:
    login: Login = getattr(practice, who)
    unlinked = make_client(practice.organization, "Unlinked")
    base = "/messages/new/" if login.role == Role.STAFF else "/my/messages/new/"
    for client in (unlinked, other_practice.child):
        words_of(signed_in(login), f"{base}?client={client.pk}", status=404)


def test_a_form_keeps_what_was_typed_and_says_what_is_missing_W2(practice: Practice) -> None:
    token = str(uuid.uuid4())
    new = signed_in(practice.therapist).post(
        f"/messages/new/?client={practice.child.pk}", {"subject": "", "body": "Typed with care", "token": token}
    )
    page = new.content.decode()
    assert "Typed with care" in page
    assert token in page  # the second try is still the same sending
    assert "Say in a few words what it is about." in page
    assert "Tick at least one of the family." in page

    conversation = make_conversation(practice)
    reply = signed_in(practice.mom).post(f"/my/messages/{conversation.pk}/", {"body": "x" * 5001})
    assert "x" * 5001 in reply.content.decode()
    assert "at most 5000 characters" in reply.content.decode()
    empty = signed_in(practice.mom).post(f"/my/messages/{conversation.pk}/", {"body": "  "})
    assert "Write something first." in empty.content.decode()


def test_a_double_click_is_one_message(practice: Practice) -> None:
    staff, url = signed_in(practice.therapist), f"/messages/new/?client={practice.child.pk}"
    typed = {"family": [practice.mom.pk], "subject": "Once", "body": "Hello", "token": uuid.uuid4()}
    pages = [write(staff, url, **typed) for _click in range(2)]
    assert all("Your message is sent." in page for page in pages)
    with within(practice.organization):
        conversation = Conversation.objects.get()
    token = uuid.uuid4()
    for _click in range(2):
        write(staff, f"/messages/{conversation.pk}/", body="And this", token=token)
    assert messages_of(practice) == ["Hello", "And this"]


def test_a_conversation_that_nobody_would_read_takes_nothing_and_says_so(practice: Practice) -> None:
    conversation = make_conversation(practice)
    mom = signed_in(practice.mom)
    with within(practice.organization):
        practice.therapist.deactivate()
    assert "Nobody of the practice reads this conversation any more." in words_of(
        mom, f"/my/messages/{conversation.pk}/"
    )
    kept = mom.post(f"/my/messages/{conversation.pk}/", {"body": "Are you there?"})
    assert "Nothing more can be written in this conversation." in kept.content.decode()
    with within(practice.organization):
        practice.child.discharge()
    assert "Care of Mia has ended" in words_of(mom, f"/my/messages/{conversation.pk}/")
    assert len(messages_of(practice)) == 1


def test_what_is_written_is_shown_as_words_never_as_a_page(practice: Practice) -> None:
    conversation = make_conversation(
        practice, subject="<b>Bold</b>", body="<script>alert(1)</script> https://x.example/?a=1&b=2"
    )
    page = signed_in(practice.therapist).get(f"/messages/{conversation.pk}/").content.decode()
    assert "<script>alert" not in page
    assert "<b>Bold" not in page
    assert 'href="https://x.example/?a=1&amp;b=2" rel="nofollow"' in page


# --- reading


def test_reading_is_noted_and_shown_to_who_wrote(practice: Practice) -> None:
    conversation = make_conversation(practice)
    mom, staff = signed_in(practice.mom), signed_in(practice.therapist)
    assert "Read up to here" not in words_of(mom, f"/my/messages/{conversation.pk}/")
    words_of(staff, f"/messages/{conversation.pk}/")
    assert "Read up to here: Theo Therapist" in words_of(mom, f"/my/messages/{conversation.pk}/")


@pytest.mark.parametrize("look", ["head", "post", "prefetch"])
def test_only_looking_at_it_reads_it(practice: Practice, look: str) -> None:
    conversation = make_conversation(practice)
    browser, url = signed_in(practice.therapist), f"/messages/{conversation.pk}/"
    if look == "prefetch":
        browser.get(url, headers={"sec-purpose": "prefetch;prerender"})
    else:
        getattr(browser, look)(url)
    with within(practice.organization):
        assert Participant.objects.get(login=practice.therapist).read_through == 0


def test_a_long_thread_shows_its_newest_messages_first_and_pages_back(practice: Practice) -> None:
    conversation = make_conversation(practice, body="Number 0")
    with within(practice.organization):
        for number in range(1, 61):
            conversation.reply(author=practice.mom, body=f"Number {number}.")
    staff = signed_in(practice.therapist)
    older = words_of(staff, f"/messages/{conversation.pk}/?page=2")
    assert "Number 0" in older
    assert "Number 60." not in older
    with within(practice.organization):
        assert Message.objects.unread_by(practice.therapist).count() == 50  # the older page reads no further
    newest = words_of(staff, f"/messages/{conversation.pk}/")
    assert newest.index("Number 11.") < newest.index("Number 60.")
    assert "Number 10." not in newest


def test_days_are_those_of_the_practice_s_clock(practice: Practice) -> None:
    with time_machine.travel(datetime(2026, 11, 24, 7, 30, tzinfo=UTC), tick=False):  # 11:30 at night on Monday
        conversation = make_conversation(practice)
    with time_machine.travel(datetime(2026, 11, 24, 8, 30, tzinfo=UTC), tick=False):
        with within(practice.organization):
            conversation.reply(author=practice.mom, body="And good night.")
        page = words_of(signed_in(practice.mom), f"/my/messages/{conversation.pk}/")
    assert (
        page.index("Mon, Nov 23") < page.index("11:30 PM PST") < page.index("Tue, Nov 24") < page.index("12:30 AM PST")
    )


def test_the_list_is_searched_and_says_what_to_do_when_empty_W2(practice: Practice) -> None:
    staff = signed_in(practice.therapist)
    assert "No messages yet" in words_of(staff, "/messages/")
    make_conversation(practice, subject="Picture book")
    make_conversation(practice, subject="Holidays")
    page = words_of(staff, "/messages/?q=picture")
    assert "Picture book" in page
    assert "Holidays" not in page
    assert "Holidays" in words_of(staff, "/messages/?q=mia")
    assert "Nothing found" in words_of(staff, "/messages/?q=zebra")


def test_a_user_admin_looks_at_everyone_s_on_request_and_reads_without_a_trace(practice: Practice) -> None:
    conversation = make_conversation(practice)
    owner = signed_in(practice.owner)
    assert "About Tuesday" not in words_of(owner, "/messages/")
    assert "About Tuesday" in words_of(owner, "/messages/?all=1")
    assert "You read this as a user admin" in words_of(owner, f"/messages/{conversation.pk}/")
    assert "About Tuesday" not in words_of(
        signed_in(make_login(practice.organization, "New", Role.STAFF)), "/messages/?all=1"
    )


def test_new_messages_are_counted_in_the_menu_and_on_the_home_pages(practice: Practice) -> None:
    conversation = make_conversation(practice)
    with within(practice.organization):
        conversation.reply(author=practice.mom, body="And another thing")
    staff = signed_in(practice.therapist)
    assert "Messages2 waiting" in words_of(staff, "/").replace(" 2", "2")
    assert "About Tuesday 2 new" in words_of(staff, "/")
    words_of(staff, f"/messages/{conversation.pk}/")
    assert "2 new" not in words_of(staff, "/")
    assert "2 waiting" not in words_of(staff, "/")
    assert "Nothing new." in words_of(signed_in(practice.mom), "/")


# --- deleting, and who takes part


def test_deleting_asks_first_and_leaves_no_words_W2(practice: Practice) -> None:
    conversation = make_conversation(practice, body="Said in haste")
    mom = signed_in(practice.mom)
    with within(practice.organization):
        url = f"/my/messages/{conversation.pk}/delete/{conversation.messages.get().pk}/"
    assert "Delete this message?" in words_of(mom, url)
    assert messages_of(practice) == ["Said in haste"]
    page = write(mom, url)
    assert "Your message is deleted." in page
    assert "This message was deleted." in page
    assert "Said in haste" not in words_of(signed_in(practice.therapist), f"/messages/{conversation.pk}/")
    words_of(mom, url, status=404)


def test_staff_choose_who_takes_part(practice: Practice) -> None:
    conversation = make_conversation(practice)
    staff, url = signed_in(practice.therapist), f"/messages/{conversation.pk}/people/"
    assert "Whoever you add can read everything" in words_of(staff, url)
    assert "Tick at least one of the family." in write(staff, url, staff=[practice.therapist.pk])
    page = write(staff, url, family=[practice.mom.pk, practice.dad.pk], staff=[practice.therapist.pk])
    assert "The people of this conversation are changed." in page
    assert "Could we meet an hour later?" in words_of(signed_in(practice.dad), f"/my/messages/{conversation.pk}/")
    left = write(staff, url, family=[practice.mom.pk], staff=[practice.owner.pk])  # and out goes the therapist
    assert "About Tuesday" not in left
    words_of(staff, f"/messages/{conversation.pk}/", status=404)


# --- a feature that is off, other practices, and what lists cost


def test_a_feature_that_is_off_leaves_no_trace_O2_O3(practice: Practice) -> None:
    conversation = make_conversation(practice)
    toggles = FeatureToggle.objects
    with within(practice.organization):
        toggles.filter(organization=practice.organization).turn(Feature.MESSAGES, on=False)
    for login, base in ((practice.therapist, "/messages/"), (practice.mom, "/my/messages/")):
        browser = signed_in(login)
        assert "Messages" not in words_of(browser, "/")
        for url in (base, f"{base}new/", f"{base}{conversation.pk}/"):
            words_of(browser, url, status=404)
    with within(practice.organization):
        toggles.filter(organization=practice.organization).turn(Feature.MESSAGES, on=True)
    assert "About Tuesday" in words_of(signed_in(practice.mom), "/my/messages/")


def test_another_practice_s_conversation_is_not_there_S1(practice: Practice, other_practice: Practice) -> None:
    theirs = make_conversation(other_practice)
    for login, base in (
        (practice.owner, "/messages/"),
        (practice.therapist, "/messages/"),
        (practice.mom, "/my/messages/"),
    ):
        words_of(signed_in(login), f"{base}{theirs.pk}/", status=404)
        assert "About Tuesday" not in words_of(signed_in(login), base)


@pytest.mark.parametrize(
    ("who", "url"),
    [
        ("therapist", "/messages/"),
        ("owner", "/messages/?all=1"),
        ("mom", "/my/messages/"),
        ("therapist", "/"),
        ("mom", "/"),
    ],
)
def test_lists_take_the_same_queries_for_1_and_for_50(practice: Practice, who: str, url: str) -> None:
    def add(number: int) -> None:
        with within(practice.organization):
            Conversation.start(
                client=practice.child,
                author=practice.dad,
                recipients=[practice.mom, practice.therapist],
                subject=f"Number {number}",
                body="Hello",
                at=timezone.now() - timedelta(minutes=number),
            )

    same_queries(signed_in(getattr(practice, who)), url, add)


@pytest.mark.parametrize("who", ["therapist", "mom"])
def test_a_thread_takes_the_same_queries_for_1_and_for_50_messages(practice: Practice, who: str) -> None:
    conversation = make_conversation(practice)
    base = "/messages/" if who == "therapist" else "/my/messages/"

    def add(number: int) -> None:
        with within(practice.organization):
            conversation.reply(author=practice.mom if number % 2 else practice.therapist, body=f"Number {number}")

    same_queries(signed_in(getattr(practice, who)), f"{base}{conversation.pk}/", add)
