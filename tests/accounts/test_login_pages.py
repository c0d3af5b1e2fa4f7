"""Logins for Clients (P4): the list, the page of one, what staff may mend and what they may not (S1, S3, S4)."""

import pytest
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Login, Role
from accounts.panels import Hint, describe_logins, hints_for
from accounts.tenancy import within
from tests.accounts.mailbox import letters_to, link_in
from tests.conftest import Practice, link, make_client, make_login
from tests.pages import same_queries, signed_in

pytestmark = pytest.mark.django_db

LIST = "/logins/"
MENDED = {"name": "Maria R. Rivera", "phone": "206 555 0190", "language": "fr"}


@pytest.fixture
def invited(practice: Practice) -> Login:
    """A grandmother, invited and not activated."""
    login = make_login(practice.organization, "Rosa Rivera")
    link(login, practice.child)
    return login


def page(login: Login, url: str) -> str:
    response = signed_in(login).get(url)
    assert response.status_code == 200, url
    return response.content.decode()


def now_of(login: Login) -> Login:
    with within(login.organization_id):
        return Login.objects.select_related("user").get(pk=login.pk)


def test_staff_see_logins_of_their_clients_and_a_user_admin_shows_all_P4(practice: Practice) -> None:
    make_login(practice.organization, "Sam Stranger")
    shown = page(practice.therapist, f"{LIST}?show=all")
    assert "Maria Rivera" in shown
    assert "Sam Stranger" not in shown
    assert "Show all" not in shown
    link(practice.owner, practice.child)
    assert "Sam Stranger" not in page(practice.owner, LIST)
    assert "Sam Stranger" in page(practice.owner, f"{LIST}?show=all")


def test_of_the_clients_of_a_login_staff_see_their_own_S3(practice: Practice) -> None:
    secret = make_client(practice.organization, "Secret", last_name="Sibling")
    link(practice.mom, secret)
    for url in (LIST, f"{LIST}{practice.mom.pk}/"):
        assert "Secret" not in page(practice.therapist, url)
        assert "Secret" in page(practice.owner, url)


def test_the_list_says_when_each_was_activated(practice: Practice, invited: Login) -> None:
    with within(practice.organization):
        Login.objects.filter(pk__in=(practice.mom.pk, practice.dad.pk)).update(activated_at=timezone.now())
    shown = page(practice.owner, LIST)
    assert shown.count(f"Activated {date_format(timezone.localdate())}") == 2
    assert shown.count("Invited, not activated yet") == 1
    waiting = page(practice.owner, f"{LIST}?state=waiting")
    assert "Rosa Rivera" in waiting
    assert "Maria Rivera" not in waiting
    with within(practice.organization):
        practice.dad.deactivate()
    inactive = page(practice.owner, f"{LIST}?state=inactive")
    assert "Daniel Rivera" in inactive
    assert "Maria Rivera" not in inactive
    assert "Daniel Rivera" not in page(practice.owner, LIST)


@pytest.mark.parametrize("words", ["rivera maria", "maria.rivera@harbor", "(206) 555-0143", "2065550143", "555014"])
def test_a_login_is_found_by_name_email_or_phone_however_typed_W2(practice: Practice, words: str) -> None:
    response = signed_in(practice.owner).get(LIST, {"q": words})
    assert "Maria Rivera" in response.content.decode()
    assert ("Daniel Rivera" in response.content.decode()) == (words == "555014")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?q=nobody", "No login found"),
        ("?state=waiting", "Everybody has activated their login"),
        ("?state=inactive", "No login is deactivated"),
        ("?show=mine", "Nobody here signs in for clients linked to you"),
    ],
)
def test_an_empty_list_says_what_to_do_next_W2(practice: Practice, query: str, words: str) -> None:
    with within(practice.organization):
        for login in (practice.mom, practice.dad):
            login.activate()
    assert words in page(practice.owner, LIST + query)


def test_the_list_takes_as_many_queries_for_one_login_as_for_fifty(practice: Practice) -> None:
    def add(number: int) -> None:
        child = make_client(practice.organization, f"Child {number}")
        link(practice.therapist, child)
        link(make_login(practice.organization, f"Parent {number}"), child)

    same_queries(signed_in(practice.therapist), LIST, add)
    same_queries(signed_in(practice.owner), f"{LIST}?show=all", lambda number: add(number + 100))


def test_the_page_of_a_login_takes_as_many_queries_for_one_client_as_for_fifty(practice: Practice) -> None:
    same_queries(
        signed_in(practice.owner),
        f"{LIST}{practice.mom.pk}/",
        lambda number: link(practice.mom, make_client(practice.organization, f"Child {number}")),
    )
    same_queries(
        signed_in(practice.owner),
        f"{LIST}{practice.mom.pk}/clients/",
        lambda number: make_client(practice.organization, f"Other {number}"),
    )


def test_upper_layers_say_a_few_words_about_each_row(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.panels._describing", [])
    asked: list[list[str]] = []

    def describe(request: object, logins: object) -> dict[int, list[Hint]]:
        asked.append([login.name for login in logins])  # type: ignore[attr-defined]  # a sequence of logins
        return {practice.mom.pk: [Hint(words="Texts reach them", tone="good")]}

    describe_logins(describe)
    for url in (LIST, f"/clients/{practice.child.pk}/"):
        shown = page(practice.owner, url)
        assert '<span class="tag good">Texts reach them</span>' in shown
        assert shown.count("Texts reach them") == 1
    assert asked == [["Daniel Rivera", "Maria Rivera"], ["Daniel Rivera", "Maria Rivera"]]
    assert hints_for(None, []) == {}  # type: ignore[arg-type]  # nobody is asked about an empty list
    assert len(asked) == 2


def test_staff_edit_name_phone_and_language_P4(practice: Practice) -> None:
    url = f"{LIST}{practice.mom.pk}/edit/"
    assert 'value="(206) 555-0143"' in page(practice.therapist, url)
    shown = signed_in(practice.therapist).post(url, MENDED, follow=True).content.decode()
    assert "The details of Maria R. Rivera are saved." in shown
    saved = now_of(practice.mom)
    assert (saved.name, saved.phone, saved.language) == ("Maria R. Rivera", "2065550190", "fr")


def test_editing_changes_nothing_that_the_form_does_not_show_S4(practice: Practice) -> None:
    before = now_of(practice.mom)
    more = {"email": "theo@evil.example", "user": practice.owner.user.pk, "is_user_admin": "on", "role": Role.STAFF}
    signed_in(practice.therapist).post(f"{LIST}{practice.mom.pk}/edit/", {**MENDED, **more})
    saved = now_of(practice.mom)
    assert saved.name == "Maria R. Rivera"
    assert (saved.user, saved.user.email, saved.role) == (before.user, before.user.email, Role.CLIENT)
    assert not saved.is_user_admin


def test_a_form_left_open_does_not_reactivate_whom_another_deactivated(practice: Practice) -> None:
    from accounts.forms.base import PersonForm

    stale = now_of(practice.mom)
    with within(practice.organization):
        practice.mom.deactivate()
        form = PersonForm(MENDED, instance=stale, organization=practice.organization)
        assert form.is_valid()
        form.save()
    assert now_of(practice.mom).active_since is None
    assert now_of(practice.mom).name == "Maria R. Rivera"


def test_a_wrong_name_is_said_beside_the_field_and_the_rest_is_kept_W2(practice: Practice) -> None:
    response = signed_in(practice.owner).post(f"{LIST}{practice.mom.pk}/edit/", {**MENDED, "name": " "})
    shown = response.content.decode()
    assert "This field is required." in str(response.context["form"].errors["name"])
    assert 'id="id_name_error"' in shown
    assert 'value="206 555 0190"' in shown
    assert "Edit <bdi>Maria Rivera</bdi>" in shown


def test_the_invitation_is_sent_again_until_it_is_accepted(practice: Practice, invited: Login) -> None:
    url = f"{LIST}{invited.pk}/"
    assert "Send the invitation again" in page(practice.therapist, url)
    done = signed_in(practice.therapist).post(f"{url}resend/", follow=True).content.decode()
    assert f"The invitation is on its way to {invited.user.email}." in done
    (letter,) = letters_to(invited.user.email)
    assert "Theo Therapist invites you" in letter.body
    with within(practice.organization):
        now_of(invited).activate()
    assert "Send the invitation again" not in page(practice.therapist, url)
    done = signed_in(practice.therapist).post(f"{url}resend/", follow=True).content.decode()
    assert "This login is activated already." in done
    assert len(letters_to(invited.user.email)) == 1


def test_the_email_is_corrected_until_the_login_is_activated_S4(practice: Practice, invited: Login) -> None:
    browser = signed_in(practice.therapist)
    url = f"{LIST}{invited.pk}/email/"
    browser.post(f"{LIST}{invited.pk}/resend/")
    old = link_in(letters_to(invited.user.email)[0])
    done = browser.post(url, {"email": "Rosa@Mail.example"}, follow=True).content.decode()
    assert "The invitation is on its way to rosa@mail.example." in done
    assert now_of(invited).user.email == "rosa@mail.example"
    assert browser.get(old).status_code == 404
    assert browser.get(link_in(letters_to("rosa@mail.example")[0])).status_code == 200
    with within(practice.organization):
        now_of(invited).activate()
    assert browser.get(url).status_code == 403
    assert browser.post(url, {"email": "theo@evil.example"}).status_code == 403
    assert now_of(invited).user.email == "rosa@mail.example"
    assert "Correct the email" not in page(practice.owner, f"{LIST}{invited.pk}/")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "This field is required."),
        ("rosa", "Enter a valid email address."),
        ("maria.rivera@harbor-kids-therapy.example", "Maria Rivera has this address"),
    ],
)
def test_a_correction_that_is_refused_says_why_beside_the_field_W2(
    practice: Practice, invited: Login, typed: str, words: str
) -> None:
    response = signed_in(practice.owner).post(f"{LIST}{invited.pk}/email/", {"email": typed})
    assert words in str(response.context["form"].errors["email"])
    assert f'value="{typed}"' in response.content.decode() or not typed
    assert now_of(invited).user == invited.user


def test_staff_who_serve_some_clients_of_a_login_do_not_close_it_or_give_it_away_S3_S4(
    practice: Practice, invited: Login
) -> None:
    """Else a therapist could send the invitation to themselves, and read of a client whom they do not serve."""
    link(invited, make_client(practice.organization, "Secret"))
    browser = signed_in(practice.therapist)
    assert "Correct the email" not in page(practice.therapist, f"{LIST}{invited.pk}/")
    for verb in ("email", "deactivate", "reactivate"):
        assert browser.get(f"{LIST}{invited.pk}/{verb}/").status_code == 403
        assert browser.post(f"{LIST}{invited.pk}/{verb}/", {"email": "theo@evil.example"}).status_code == 403
    assert now_of(invited).user == invited.user
    assert now_of(invited).active_since
    assert "Correct the email" in page(practice.owner, f"{LIST}{invited.pk}/")


def test_deactivating_asks_first_closes_the_login_and_can_be_undone_W2(practice: Practice) -> None:
    url = f"{LIST}{practice.mom.pk}/"
    moms, staff = signed_in(practice.mom), signed_in(practice.therapist)
    assert "Deactivate the login of Maria Rivera?" in staff.get(f"{url}deactivate/").content.decode()
    assert moms.get("/account/").status_code == 200
    done = staff.post(f"{url}deactivate/", follow=True).content.decode()
    assert "Maria Rivera is deactivated." in done
    assert "they cannot sign in and are told nothing" in done
    assert moms.get("/account/").status_code == 302  # gone with the next request
    assert "Reactivate the login" in staff.get(f"{url}reactivate/").content.decode()
    assert "Maria Rivera is active again." in staff.post(f"{url}reactivate/", follow=True).content.decode()
    assert moms.get("/account/").status_code == 200


def test_a_client_is_found_and_linked_from_the_page_of_a_login(practice: Practice) -> None:
    """The mother of one child gets the second: found by name, linked by a button."""
    leo = make_client(practice.organization, "Leo", last_name="Rivera")
    gone = make_client(practice.organization, "Gone", active_since=None)
    browser = signed_in(practice.owner)
    shown = browser.get(f"{LIST}{practice.mom.pk}/clients/?q=leo").content.decode()
    assert f'action="/clients/{leo.pk}/people/{practice.mom.pk}/link/"' in shown
    everyone = browser.get(f"{LIST}{practice.mom.pk}/clients/").content.decode()
    assert "Mia Rivera" not in everyone  # linked already
    assert gone.name not in everyone
    done = browser.post(f"/clients/{leo.pk}/people/{practice.mom.pk}/link/", {"back": "login"}, follow=True)
    assert "Maria Rivera signs in for Leo Rivera now." in done.content.decode()
    assert "Leo" not in page(practice.therapist, f"{LIST}{practice.mom.pk}/clients/")


def test_inviting_starts_with_the_client(practice: Practice, other_practice: Practice) -> None:
    browser = signed_in(practice.therapist)
    assert "Mia Rivera" in browser.get(f"{LIST}invite/").content.decode()
    child = practice.child.pk
    assert browser.get(f"{LIST}invite/?client={child}")["Location"] == f"/clients/{child}/people/"
    assert browser.get(f"{LIST}invite/?client={other_practice.child.pk}").status_code == 404


def test_another_practice_and_staff_have_no_login_here_S1(practice: Practice, other_practice: Practice) -> None:
    for foreign in (other_practice.mom, practice.therapist):
        for verb in ("", "edit/", "clients/", "email/", "deactivate/", "reactivate/"):
            assert signed_in(practice.owner).get(f"{LIST}{foreign.pk}/{verb}").status_code == 404
        for verb in ("edit/", "email/", "resend/", "deactivate/", "reactivate/"):
            assert signed_in(practice.owner).post(f"{LIST}{foreign.pk}/{verb}", MENDED).status_code == 404
        assert now_of(foreign).active_since
