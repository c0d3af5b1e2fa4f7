"""My Account (P3, P5): one's own details, for families and staff, at the top right of every page."""

import pytest

from accounts.models import Login
from accounts.tenancy import within
from tests.conftest import Practice
from tests.pages import signed_in

pytestmark = pytest.mark.django_db

URL = "/account/"
DETAILS = {"name": "Maria R. Rivera 🦊", "phone": "206.555.0190", "language": "en"}


def now_of(login: Login) -> Login:
    with within(login.organization_id):
        return Login.objects.select_related("user").get(pk=login.pk)


@pytest.mark.parametrize("who", ["mom", "therapist", "owner"])
def test_everybody_changes_their_own_details_P3_P5(practice: Practice, who: str) -> None:
    login: Login = getattr(practice, who)
    browser = signed_in(login)
    assert f'href="{URL}"' in browser.get("/").content.decode()
    done = browser.post(URL, DETAILS, follow=True).content.decode()
    assert "Your details are saved." in done
    assert 'value="(206) 555-0190"' in done
    saved = now_of(login)
    assert (saved.name, saved.phone) == ("Maria R. Rivera 🦊", "2065550190")


def test_ways_to_sign_in_are_linked(practice: Practice) -> None:
    shown = signed_in(practice.mom).get(URL).content.decode()
    assert practice.mom.user.email in shown
    for address in ("/account/email/", "/account/password/change/", "/account/2fa/"):
        assert f'href="{address}"' in shown
    assert 'autocomplete="name"' in shown
    assert 'autocomplete="tel"' in shown


def test_nothing_else_of_oneself_is_changed_S3_S4(practice: Practice) -> None:
    more = {"is_user_admin": "on", "role": "staff", "email": "x@evil.example", "clients": "1", "active_since": ""}
    signed_in(practice.mom).post(URL, {**DETAILS, **more})
    saved = now_of(practice.mom)
    assert saved.name == DETAILS["name"]
    assert (saved.role, saved.is_user_admin, saved.user.email) == ("client", False, practice.mom.user.email)
    assert saved.active_since


def test_what_is_wrong_is_said_beside_the_field_and_the_page_shows_what_is_kept_W2(practice: Practice) -> None:
    response = signed_in(practice.mom).post(URL, {**DETAILS, "name": "A" * 121, "language": "tlh"})
    errors = response.context["form"].errors
    assert "at most 120 characters" in str(errors["name"])
    assert "Select a valid choice." in str(errors["language"])
    shown = response.content.decode()
    assert 'value="206.555.0190"' in shown
    assert "<strong>Maria Rivera</strong>" in shown
    assert now_of(practice.mom).name == "Maria Rivera"


def test_a_phone_that_is_never_texted_is_kept_and_warned_of_T2(practice: Practice) -> None:
    browser = signed_in(practice.mom)
    done = browser.post(URL, {**DETAILS, "phone": "ask grandma"}, follow=True).content.decode()
    assert "ask grandma: This number is kept, but never texted: it has 0 digits" in done
    assert 'value="ask grandma"' in done
    # Said when it is typed, and from then on beside the field alone.
    again = browser.post(URL, {**DETAILS, "phone": "ask grandma"}, follow=True).content.decode()
    assert again.count("never texted") == 1


def test_a_new_language_is_spoken_at_once(practice: Practice) -> None:
    done = signed_in(practice.mom).post(URL, {**DETAILS, "language": "fr"}, follow=True)
    assert '<html lang="fr"' in done.content.decode()
    assert now_of(practice.mom).language == "fr"
