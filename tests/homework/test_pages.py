"""Homework in the browser: who sees and changes what, what each page says, and what is told by it (W2, S1, S3, O2)."""

import re
import uuid
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client as Browser
from django.test import RequestFactory
from django.utils import timezone

from accounts.features import Channel, Feature
from accounts.models import Client, FeatureToggle, Role
from accounts.panels import Slot, panels_in
from accounts.tenancy import everywhere, within
from homework.models import Homework
from tests.conftest import Practice, choose, link, make_client, make_login
from tests.homework.conftest import INSTRUCTIONS, TITLE, add, add_quietly, edit, let_go_out, receivers
from tests.pages import same_queries, signed_in

pytestmark = pytest.mark.django_db


def seen(browser: Browser, url: str, **asked: str) -> str:
    """The words of a page, as they are read."""
    response = browser.get(url, asked)
    assert response.status_code == 200, f"{url} answers {response.status_code}"
    return words(response)


def words(response: Any) -> str:
    main = response.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def test_what_was_taken_back_meanwhile_is_not_marked_done_but_said(practice: Practice) -> None:
    """The page with the button may have stood open on a phone since yesterday."""
    homework = add(practice)
    browser = signed_in(practice.mom)
    with within(practice.organization):
        homework.remove(by=practice.therapist)
    for act in ("done", "not-done"):
        response = browser.post(f"/my/homework/{homework.pk}/{act}/", follow=True)
        assert response.status_code == 200
        assert "This homework was taken back." in words(response)
    assert all_homework()[0].done_at is None


def filled_in(**changes: Any) -> dict[str, Any]:
    """The form for new homework, as a browser sends it."""
    return {"title": TITLE, "instructions": INSTRUCTIONS, "due_on": "", "form_id": str(uuid.uuid4()), **changes}


def as_it_is(homework: Homework, **changes: Any) -> dict[str, Any]:
    """The form for editing, as a browser sends it."""
    return {"title": homework.title, "instructions": homework.instructions, "due_on": "", "revision": 0, **changes}


def all_homework() -> list[Homework]:
    with everywhere("the test looks"):
        return list(Homework.objects.order_by("pk"))


@pytest.fixture
def therapist(practice: Practice) -> Browser:
    return signed_in(practice.therapist)


@pytest.fixture
def mom(practice: Practice) -> Browser:
    return signed_in(practice.mom)


# Staff add


def test_staff_first_say_for_whom_and_see_only_their_clients_S3(practice: Practice, therapist: Browser) -> None:
    make_client(practice.organization, "Somebody", last_name="Else")
    discharged = make_client(practice.organization, "Gone", active_since=None)
    link(practice.therapist, discharged)
    page = seen(therapist, "/homework/add/")
    assert "Mia Rivera" in page
    assert "Somebody" not in page
    assert "Gone" not in page
    assert "Somebody Else" in seen(signed_in(practice.owner), "/homework/add/", q="some")


@pytest.mark.parametrize("who", ["discharged", "not theirs", "another practice's", "nobody"])
def test_homework_is_only_for_clients_whom_one_may_pick_S1_S3(
    practice: Practice, other_practice: Practice, therapist: Browser, who: str
) -> None:
    client = {
        "discharged": make_client(practice.organization, "Gone", active_since=None),
        "not theirs": make_client(practice.organization, "Else"),
        "another practice's": other_practice.child,
    }.get(who)
    link(practice.therapist, make_client(practice.organization, "Other"))
    if who == "discharged" and client:
        link(practice.therapist, client)
    url = f"/homework/add/?client={client.pk if client else 999_999}"
    assert therapist.get(url).status_code == 404
    assert therapist.post(url, filled_in()).status_code == 404
    assert all_homework() == []


def test_staff_add_homework_and_both_parents_are_told_N3(practice: Practice, therapist: Browser) -> None:
    url = f"/homework/add/?client={practice.child.pk}"
    assert "Told as soon as you add it: Daniel Rivera and Maria Rivera." in seen(therapist, url)
    due = timezone.localdate() + timedelta(days=7)
    response = therapist.post(url, filled_in(due_on=due.isoformat()), follow=True)
    (homework,) = all_homework()
    assert response.redirect_chain == [(f"/homework/{homework.pk}/", 302)]
    assert "Homework for Mia was added." in words(response)
    assert (homework.title, homework.due_on, homework.client_id) == (TITLE, due, practice.child.pk)
    assert homework.assigned_by_id == practice.therapist.pk
    assert receivers(let_go_out()) == ["Daniel Rivera", "Maria Rivera"]


def test_a_double_click_adds_once_and_tells_once_N3(practice: Practice, therapist: Browser) -> None:
    once = filled_in()
    url = f"/homework/add/?client={practice.child.pk}"
    answers = [therapist.post(url, once).headers["Location"] for _click in range(2)]
    assert len(all_homework()) == 1
    assert len(set(answers)) == 1
    assert len(let_go_out()) == 2


def test_two_forms_add_two(practice: Practice, therapist: Browser) -> None:
    url = f"/homework/add/?client={practice.child.pk}"
    ids = re.findall(r'name="form_id" value="([^"]+)"', "".join(therapist.get(url).content.decode() for _ in "ab"))
    assert len(set(ids)) == 2
    for form_id in ids:
        therapist.post(url, filled_in(form_id=form_id))
    assert len(all_homework()) == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"title": ""}, "This field is required."),
        ({"title": "x" * 121}, "at most 120 characters"),
        ({"due_on": "2020-01-01"}, "This day is over."),
        ({"due_on": "soon"}, "Enter a valid date."),
    ],
)
def test_a_form_keeps_what_was_typed_and_says_what_is_wrong_W2(
    practice: Practice, therapist: Browser, wrong: dict[str, str], said: str
) -> None:
    response = therapist.post(f"/homework/add/?client={practice.child.pk}", filled_in(**wrong))
    assert response.status_code == 200
    page = response.content.decode()
    assert said in unescape(page)
    assert "aria-invalid" in page
    for name, value in filled_in(**wrong).items():
        assert name == "form_id" or unescape(page).count(value) >= 1
    assert INSTRUCTIONS.splitlines()[0] in page
    assert all_homework() == []


# Staff read and search


def test_the_list_shows_open_homework_first_and_the_rest_on_demand_W2(practice: Practice, therapist: Browser) -> None:
    page = seen(therapist, "/homework/")
    assert "Nothing to do for anybody" in page
    assert "Add homework after a session" in page
    add(practice, title="Open one", due_on=timezone.localdate() - timedelta(days=1))
    with within(practice.organization):
        add(practice, title="Done one").mark_done(practice.mom)
        add(practice, title="Removed one").remove(by=practice.owner)
    page = seen(therapist, "/homework/")
    assert "Open one" in page
    assert "Overdue" in page
    assert "Done one" not in page
    page = seen(therapist, "/homework/", show="done")
    assert "Done one" in page
    assert "Open one" not in page
    page = seen(therapist, "/homework/", show="all")
    assert page.index("Open one") < page.index("Done one")
    assert "Removed one" not in page
    assert "Open one" in seen(therapist, "/homework/", show="nonsense")


def test_the_list_is_searched_by_title_client_and_staff_W2(practice: Practice, therapist: Browser) -> None:
    add(practice, title="Breathe")
    add(practice, title="Walk", client=other_child(practice), assigned_by=practice.owner)
    for asked, found in (("breathe", "Breathe"), ("leo", "Walk"), ("olive", "Walk"), ("mia theo", "Breathe")):
        page = seen(therapist, "/homework/", q=asked)
        assert found in page
        assert ({"Breathe", "Walk"} - {found}).pop() not in page
    assert "Nothing found for “zebra”" in seen(therapist, "/homework/", q="zebra")


def other_child(practice: Practice) -> Any:
    child = make_client(practice.organization, "Leo")
    link(practice.therapist, child)
    return child


def test_a_long_list_has_pages_W2(practice: Practice, therapist: Browser) -> None:
    add_quietly(practice, 60)
    page = seen(therapist, "/homework/", q="homework")
    assert "Page 1 of 2" in page
    response = therapist.get("/homework/", {"q": "homework", "show": "all"})
    assert "?q=homework&amp;show=all&amp;page=2" in response.content.decode()
    assert page.count("Homework 1") > 0


def test_staff_see_the_homework_of_their_clients_alone_S1_S3(practice: Practice, other_practice: Practice) -> None:
    theirs = add(practice, title="Of Harbor")
    add(practice, title="Of Leo", client=make_client(practice.organization, "Leo"), assigned_by=practice.owner)
    assert "Of Leo" not in seen(signed_in(practice.therapist), "/homework/")
    assert "Of Leo" in seen(signed_in(practice.owner), "/homework/")
    outsider = signed_in(other_practice.owner)
    assert "Of Harbor" not in seen(outsider, "/homework/", show="all")
    for action in ("", "edit/", "delete/"):
        assert outsider.get(f"/homework/{theirs.pk}/{action}").status_code == 404
    for action in ("edit/", "delete/", "done/", "not-done/"):
        assert outsider.post(f"/homework/{theirs.pk}/{action}", as_it_is(theirs, title="Hacked")).status_code == 404
    (kept,) = (each for each in all_homework() if each.pk == theirs.pk)
    assert (kept.title, kept.removed_at, kept.done_at) == ("Of Harbor", None, None)


def test_the_page_of_homework_says_who_was_told_and_who_was_not_L1(practice: Practice, therapist: Browser) -> None:
    choose(practice.dad, Channel.EMAIL, on=False, feature=Feature.HOMEWORK)
    homework = add(practice)
    let_go_out()
    page = seen(therapist, f"/homework/{homework.pk}/")
    assert "EMDR" in page
    assert "Maria Rivera New homework" in page
    assert "Email: Sent" in page
    assert "Not emailed: this login has it turned off" in page


# Staff edit


def test_the_notify_tick_is_off_and_names_who_would_be_told_N3(practice: Practice, therapist: Browser) -> None:
    homework = add(practice)
    choose(practice.dad, Channel.EMAIL, on=False, feature=Feature.HOMEWORK)
    for action in ("edit", "delete"):
        url = f"/homework/{homework.pk}/{action}/"
        page = therapist.get(url).content.decode()
        (tick,) = re.findall(r"<input[^>]*name=\"notify\"[^>]*>", page)
        assert "checked" not in tick
        assert "Notify Maria Rivera" in words(therapist.get(url))
        assert "Not told, as homework news is turned off: Daniel Rivera." in words(therapist.get(url))


@pytest.mark.parametrize(
    ("family", "said"),
    [
        ("nobody", "Nobody would be told: nobody signs in for Leo yet."),
        ("all off", "Nobody would be told: Rosa turned homework news off."),
        ("inactive", "Nobody would be told: nobody signs in for Leo yet."),
        ("discharged", "Nobody would be told: Leo is discharged."),
    ],
)
def test_the_tick_says_when_nobody_would_be_told_N3(practice: Practice, family: str, said: str) -> None:
    leo = make_client(practice.organization, "Leo")
    homework = add(practice, client=leo)
    if family != "nobody":
        rosa = make_login(practice.organization, "Rosa")
        link(rosa, leo)
        with within(practice.organization):
            if family == "all off":
                choose(rosa, Channel.EMAIL, on=False, feature=Feature.HOMEWORK)
            elif family == "inactive":
                rosa.deactivate()
            else:
                leo.discharge()
    assert said in seen(signed_in(practice.owner), f"/homework/{homework.pk}/edit/")


@pytest.mark.parametrize(("ticked", "told"), [({"notify": "on"}, ["Daniel Rivera", "Maria Rivera"]), ({}, [])])
def test_an_edit_tells_the_family_only_if_notify_is_ticked_N3(
    practice: Practice, therapist: Browser, ticked: dict[str, str], told: list[str]
) -> None:
    homework = add(practice)
    let_go_out()
    response = therapist.post(
        f"/homework/{homework.pk}/edit/", as_it_is(homework, title="Walk the dog", **ticked), follow=True
    )
    assert ("The family is being told." if told else "Nobody is told.") in words(response)
    assert "Walk the dog" in words(response)
    assert receivers(let_go_out()[2:]) == told


def test_an_edit_keeps_what_was_typed_W2(practice: Practice, therapist: Browser) -> None:
    homework = add(practice)
    response = therapist.post(
        f"/homework/{homework.pk}/edit/", as_it_is(homework, title="", instructions="Typed long", notify="on")
    )
    page = response.content.decode()
    assert "This field is required." in page
    assert "Typed long" in page
    assert re.search(r'name="notify"[^>]*checked', page)
    assert TITLE in words(response), "which homework it is"


def test_an_old_day_may_stay_as_it_is_W2(practice: Practice, therapist: Browser) -> None:
    homework = add(practice, due_on=timezone.localdate() - timedelta(days=3))
    due = homework.due_on.isoformat() if homework.due_on else ""
    response = therapist.post(f"/homework/{homework.pk}/edit/", as_it_is(homework, title="Late", due_on=due))
    assert response.status_code == 302


def test_who_saves_second_is_told_of_the_first_and_may_insist_W2(practice: Practice, therapist: Browser) -> None:
    homework = add(practice)
    with within(practice.organization):
        edit(homework, practice.owner, notify=False, title="Olive's")
    url = f"/homework/{homework.pk}/edit/"
    response = therapist.post(url, as_it_is(homework, title="Theo's", revision=0))
    assert response.status_code == 200
    assert "Olive Owner saved other changes meanwhile." in words(response)
    page = response.content.decode()
    assert "Theo" in page
    (revision,) = re.findall(r'name="revision" value="(\d+)"', page)
    assert all_homework()[0].title == "Olive's"
    assert therapist.post(url, as_it_is(homework, title="Theo's", revision=revision)).status_code == 302
    assert all_homework()[0].title == "Theo's"


def test_a_double_click_on_save_tells_once_N3(practice: Practice, therapist: Browser) -> None:
    homework = add(practice)
    let_go_out()
    for _click in range(2):
        answer = therapist.post(f"/homework/{homework.pk}/edit/", as_it_is(homework, title="Walk", notify="on"))
        assert answer.status_code == 302
    assert len(let_go_out()[2:]) == 2


# Staff delete, and mark done


@pytest.mark.parametrize(("ticked", "told"), [({"notify": "on"}, ["Daniel Rivera", "Maria Rivera"]), ({}, [])])
def test_deleting_asks_first_and_tells_only_if_notify_is_ticked_N3_W2(
    practice: Practice, therapist: Browser, ticked: dict[str, str], told: list[str]
) -> None:
    homework = add(practice)
    let_go_out()
    url = f"/homework/{homework.pk}/delete/"
    assert "Delete this homework?" in seen(therapist, url)
    assert all_homework()[0].removed_at is None, "asking deletes nothing"
    response = therapist.post(url, ticked, follow=True)
    assert ("The family is being told." if told else "Nobody is told.") in words(response)
    assert receivers(let_go_out()[2:]) == told
    for action in ("edit/", "delete/"):
        assert therapist.get(f"/homework/{homework.pk}/{action}").status_code == 404


def test_the_link_of_an_old_notice_says_that_it_was_taken_back(
    practice: Practice, other_practice: Practice, therapist: Browser, mom: Browser
) -> None:
    homework = add(practice)
    with within(practice.organization):
        homework.remove(by=practice.therapist)
    for browser, url, to in (
        (mom, f"/my/homework/{homework.pk}/", "/my/homework/"),
        (therapist, f"/homework/{homework.pk}/", "/homework/"),
    ):
        response = browser.get(url, follow=True)
        assert response.redirect_chain == [(to, 302)]
        assert "This homework was taken back." in words(response)
        assert TITLE not in words(response)
    stranger = make_login(practice.organization, "Sam Stranger")
    for login in (stranger, other_practice.mom):
        assert signed_in(login).get(f"/my/homework/{homework.pk}/").status_code == 404
        assert signed_in(login).post(f"/my/homework/{homework.pk}/done/").status_code == 404


def test_staff_mark_it_done_and_not_done_again(practice: Practice, therapist: Browser) -> None:
    homework = add(practice)
    assert "by Theo Therapist" in words(therapist.post(f"/homework/{homework.pk}/done/", follow=True))
    assert "Open" in words(therapist.post(f"/homework/{homework.pk}/not-done/", follow=True))


# The family


def test_a_family_sees_what_is_to_be_done_first_W2(practice: Practice, mom: Browser) -> None:
    assert "No homework" in seen(mom, "/my/homework/")
    with within(practice.organization):
        add(practice, title="Done one").mark_done(practice.dad)
    homework = add(practice, title="Open one", due_on=timezone.localdate())
    page = seen(mom, "/my/homework/")
    assert page.index("Open one") < page.index("Done one")
    assert "For Mia, from Theo Therapist" in page
    page = seen(mom, f"/my/homework/{homework.pk}/")
    assert "EMDR" in page
    assert "Mark as done" in page


def test_a_family_searches_and_pages_through_its_homework_W2(practice: Practice, mom: Browser) -> None:
    add_quietly(practice, 25)
    add(practice, title="Breathe")
    assert "Page 1 of 2" in seen(mom, "/my/homework/")
    page = seen(mom, "/my/homework/", q="breathe")
    assert "Breathe" in page
    assert "Homework 1" not in page
    assert "Nothing found for “zebra”" in seen(mom, "/my/homework/", q="zebra")


def test_a_parent_marks_it_done_and_staff_are_told_P5(practice: Practice, mom: Browser) -> None:
    homework = add(practice, title="Breathe")
    let_go_out()
    response = mom.post(f"/my/homework/{homework.pk}/done/", follow=True)
    assert response.redirect_chain == [("/my/homework/", 302)]
    assert "Marked done: Breathe" in words(response)
    mom.post(f"/my/homework/{homework.pk}/done/")
    assert receivers(let_go_out()[2:]) == ["Theo Therapist"]
    assert "Marked done by Maria Rivera" in seen(mom, f"/my/homework/{homework.pk}/")
    assert "Still to be done: Breathe" in words(mom.post(f"/my/homework/{homework.pk}/not-done/", follow=True))


def test_a_family_sees_its_own_children_alone_S1_S3(practice: Practice, other_practice: Practice) -> None:
    homework = add(practice)
    stranger = make_login(practice.organization, "Sam Stranger")
    link(stranger, make_client(practice.organization, "Another"))
    for login in (stranger, other_practice.mom):
        browser = signed_in(login)
        assert TITLE not in seen(browser, "/my/homework/")
        assert browser.get(f"/my/homework/{homework.pk}/").status_code == 404
        for action in ("done", "not-done"):
            assert browser.post(f"/my/homework/{homework.pk}/{action}/").status_code == 404
    assert all_homework()[0].done_at is None


def test_what_staff_typed_is_words_and_never_markup(practice: Practice, mom: Browser) -> None:
    homework = add(practice, title="<b>bold</b>", instructions="<script>alert(1)</script>\nhttps://example.org/tape")
    page = mom.get(f"/my/homework/{homework.pk}/").content.decode()
    assert "<b>bold" not in page
    assert "<script>alert" not in page
    assert 'href="https://example.org/tape"' in page


# Homes, menus, and the feature being off


def test_homes_and_menus_show_what_waits(practice: Practice, mom: Browser, therapist: Browser) -> None:
    assert "Homework to do" not in seen(mom, "/")
    homework = add(practice, title="Breathe")
    page = mom.get("/").content.decode()
    assert "Breathe" in page
    assert re.search(r'href="/my/homework/".*?<span class="count">1<', page, re.DOTALL)
    assert "Homework done lately" not in seen(therapist, "/")
    with within(practice.organization):
        homework.mark_done(practice.mom)
    assert "Mia Rivera, marked done by Maria Rivera" in seen(therapist, "/")
    assert "Breathe" not in mom.get("/").content.decode()


def test_news_of_other_peoples_clients_is_not_on_the_home_S3(practice: Practice) -> None:
    with within(practice.organization):
        add(practice, title="Breathe").mark_done(practice.mom)
    colleague = make_login(practice.organization, "Cora", Role.STAFF)
    assert "Breathe" not in seen(signed_in(colleague), "/")


def test_a_feature_that_is_off_leaves_no_trace_O2_O3(practice: Practice) -> None:
    with within(practice.organization):
        homework, done = add(practice, title="Breathe"), add(practice, title="Walk")
        done.mark_done(practice.mom)
        FeatureToggle.objects.all().turn(Feature.HOMEWORK, on=False)
    for login, urls in (
        (practice.therapist, ["/homework/", "/homework/add/", f"/homework/{homework.pk}/"]),
        (practice.mom, ["/my/homework/", f"/my/homework/{homework.pk}/"]),
    ):
        browser = signed_in(login)
        assert [browser.get(url).status_code for url in urls] == [404] * len(urls)
        home = browser.get("/").content.decode()
        assert "omework" not in home
        assert "Breathe" not in home
        assert "Walk" not in home
    assert signed_in(practice.mom).post(f"/my/homework/{homework.pk}/done/").status_code == 404
    with within(practice.organization):
        FeatureToggle.objects.all().turn(Feature.HOMEWORK, on=True)
    assert "Breathe" in seen(signed_in(practice.mom), "/my/homework/")


# Cost


def each(practice: Practice, *, done: bool = False) -> Any:
    """Homework from somebody new for somebody new, whom all of the cast serve or belong to."""

    def one(number: int) -> None:
        child = make_client(practice.organization, f"Child {number}")
        staff = make_login(practice.organization, f"Staff {number}", Role.STAFF)
        for login in (practice.mom, practice.therapist):
            link(login, child)
        by = {"done_at": timezone.now(), "done_by": practice.dad} if done else {}
        add_quietly(practice, 1, client=child, assigned_by=staff, **by)

    return one


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("url", ["/homework/?show=all", "/homework/?q=homework", "/", "/homework/add/"])
def test_lists_of_staff_cost_the_same_with_1_row_and_50(practice: Practice, url: str, *, done: bool) -> None:
    same_queries(signed_in(practice.therapist), url, each(practice, done=done))


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("url", ["/my/homework/", "/"])
def test_lists_of_families_cost_the_same_with_1_row_and_50(practice: Practice, url: str, *, done: bool) -> None:
    same_queries(signed_in(practice.mom), url, each(practice, done=done))


@pytest.mark.parametrize("action", ["", "edit/"])
def test_a_piece_of_homework_costs_the_same_however_many_were_told(practice: Practice, action: str) -> None:
    homework = add(practice)

    def tell_somebody(number: int) -> None:
        link(make_login(practice.organization, f"Aunt {number}"), practice.child)
        with within(practice.organization):
            edit(Homework.objects.get(pk=homework.pk), practice.therapist, notify=True)

    same_queries(signed_in(practice.therapist), f"/homework/{homework.pk}/{action}", tell_somebody, rows=8)


def panel_of(practice: Practice, client: Client) -> str:
    """What staff see of homework on the page of a client."""
    request: Any = RequestFactory().get("/")
    request.login, request.features = practice.owner, frozenset(Feature)
    with within(practice.organization):
        ((template, context),) = (
            found for found in panels_in(Slot.CLIENT, request, client) if found[0].startswith("homework/")
        )
        return render_to_string(template, {**context, "subject": client}, request=request)


def test_the_page_of_a_client_shows_the_latest_and_leads_to_more(practice: Practice) -> None:
    assert "None yet." in panel_of(practice, practice.child)
    add(practice, title="Breathe")
    add(practice, title="Elsewhere", client=make_client(practice.organization, "Leo"))
    page = panel_of(practice, practice.child)
    assert "Breathe" in page
    assert "Elsewhere" not in page
    assert f'href="/homework/add/?client={practice.child.pk}"' in page
    assert "All homework" not in page
    add_quietly(practice, 6)
    (more,) = re.findall(r'href="(/homework/\?show=all[^"]*)"', panel_of(practice, practice.child))
    page = seen(signed_in(practice.owner), unescape(more))
    assert "Breathe" in page
    assert "Elsewhere" not in page


def test_nobody_adds_homework_for_who_is_discharged(practice: Practice) -> None:
    with within(practice.organization):
        practice.child.discharge()
    assert "/homework/add/" not in panel_of(practice, practice.child)
