"""Staff in the browser: inviting, permissions, whom they serve, and a practice that keeps somebody in charge."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client as Browser
from django.utils import timezone

from accounts.actions import change_permissions, deactivate_staff
from accounts.features import Feature
from accounts.models import Client, FeatureToggle, Login, Role
from accounts.tenancy import within
from tests.accounts.mailbox import NEW_PASSWORD, letters_to, link_in
from tests.conftest import Practice, link, make_client, make_login
from tests.pages import same_queries, signed_in

pytestmark = pytest.mark.django_db

LIST = "/staff/"
NEW = {"name": "Nora New", "email": "nora@mail.example", "phone": "", "language": "en"}


def page(login: Login, url: str) -> str:
    response = signed_in(login).get(url)
    assert response.status_code == 200, url
    return response.content.decode()


def now_of(login: Login) -> Login:
    with within(login.organization_id):
        return Login.objects.select_related("user").get(pk=login.pk)


def second_admin(practice: Practice, **fields: Any) -> Login:
    """Another organization admin, who has come and can sign in unless told otherwise."""
    given = {"name": "Ada Admin", "is_organization_admin": True, "activated_at": timezone.now(), **fields}
    return make_login(practice.organization, role=Role.STAFF, **given)


def test_the_list_shows_permissions_and_how_many_each_serves(practice: Practice, other_practice: Practice) -> None:
    with within(practice.organization):
        gone = make_client(practice.organization, "Gone", active_since=None)
    link(practice.therapist, gone)
    response = signed_in(practice.owner).get(LIST)
    shown = response.content.decode()
    assert [(login.name, login.served) for login in response.context["listing"].rows] == [
        ("Olive Owner", 0),
        ("Theo Therapist", 1),
    ]
    for words in ("Organization admin", "User admin", "Own clients", "theo.therapist@harbor-kids-therapy.example"):
        assert words in shown
    assert "Schedule admin" not in shown
    assert "outside-counseling" not in shown
    assert "Nobody found" in page(practice.owner, f"{LIST}?q=maria")
    assert "Nobody is deactivated" in page(practice.owner, f"{LIST}?state=inactive")


def test_without_appointments_nobody_speaks_of_the_schedule_O2_O3(practice: Practice) -> None:
    """The permission is kept for when they are on again."""
    keeper = make_login(practice.organization, "Kit Keeper", Role.STAFF, is_schedule_admin=True)
    pages = (LIST, f"{LIST}invite/", f"{LIST}{keeper.pk}/", "/organization/", "/clients/add/")
    for on in (True, False):
        with within(practice.organization):
            FeatureToggle.objects.filter(feature=Feature.APPOINTMENTS).turn(Feature.APPOINTMENTS, on=on)
        shown = [page(practice.owner, url).partition("<main")[2].lower() for url in pages]
        assert ["schedule" in words for words in shown] == [on, on, on, False, False]
        assert not any("calendar" in words for words in shown)
        details = {"name": "Kit Keeper", "phone": "", "language": "en", **({"is_schedule_admin": "on"} if on else {})}
        assert signed_in(practice.owner).post(f"{LIST}{keeper.pk}/", details).status_code == 302
        assert now_of(keeper).is_schedule_admin


def test_the_list_takes_as_many_queries_for_one_as_for_fifty(practice: Practice) -> None:
    def add(number: int) -> None:
        link(make_login(practice.organization, f"Colleague {number}", Role.STAFF), practice.child)

    same_queries(signed_in(practice.owner), LIST, add)


def test_staff_are_invited_with_permissions_and_come(practice: Practice) -> None:
    browser = signed_in(practice.owner)
    filled = {**NEW, "is_schedule_admin": "on", "phone": "+44 20 7946 0958"}
    shown = browser.post(f"{LIST}invite/", filled, follow=True).content.decode()
    assert "Nora New is invited. The invitation is on its way to nora@mail.example." in shown
    assert "+44 20 7946 0958: This number is kept, but never texted" in shown
    with within(practice.organization):
        login = Login.objects.get(name="Nora New")
    assert (login.role, login.is_schedule_admin, login.is_user_admin) == (Role.STAFF, True, False)
    hers = Browser()
    hers.post(link_in(letters_to("nora@mail.example")[0]), {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    assert hers.get("/clients/").status_code == 200
    assert hers.get(LIST).status_code == 403
    assert "Organization" not in hers.get("/clients/").content.decode().partition("</nav>")[0]


def test_an_invitation_says_beside_the_field_what_is_wrong_W2(practice: Practice) -> None:
    response = signed_in(practice.owner).post(f"{LIST}invite/", {**NEW, "email": "nora", "is_user_admin": "on"})
    assert "Enter a valid email address." in str(response.context["form"].errors["email"])
    shown = response.content.decode()
    assert 'value="Nora New"' in shown
    assert "checked" in shown
    taken = signed_in(practice.owner).post(f"{LIST}invite/", {**NEW, "email": practice.mom.user.email})
    assert "Maria Rivera has this address" in str(taken.context["form"].errors["email"])


def test_an_organization_admin_edits_details_and_permissions(practice: Practice) -> None:
    url = f"{LIST}{practice.therapist.pk}/"
    filled = {"name": "Theo T.", "phone": "(206) 555-0147", "language": "fr", "is_user_admin": "on"}
    shown = signed_in(practice.owner).post(url, filled, follow=True).content.decode()
    assert "The details of Theo T. are saved." in shown
    saved = now_of(practice.therapist)
    assert (saved.name, saved.phone, saved.language) == ("Theo T.", "2065550147", "fr")
    assert (saved.is_organization_admin, saved.is_user_admin, saved.is_schedule_admin) == (False, True, False)


def test_nobody_takes_the_practice_from_themselves(practice: Practice) -> None:
    second_admin(practice)
    owner = {"name": "Renamed", "phone": "", "language": "en", "is_user_admin": "on"}
    response = signed_in(practice.owner).post(f"{LIST}{practice.owner.pk}/", owner)
    assert "You cannot take this from yourself." in str(response.context["form"].errors["is_organization_admin"])
    assert now_of(practice.owner).is_organization_admin
    assert now_of(practice.owner).name == "Olive Owner"  # nothing else of it was saved either


def test_an_admin_is_dismissed_by_another_who_stays(practice: Practice) -> None:
    other = second_admin(practice)
    dismissed = {"name": "Olive Owner", "phone": "", "language": "en"}
    signed_in(other).post(f"{LIST}{practice.owner.pk}/", dismissed)
    assert not now_of(practice.owner).is_organization_admin
    assert signed_in(practice.owner).get(LIST).status_code == 403


def test_two_admins_who_dismiss_each_other_leave_one_in_charge(practice: Practice) -> None:
    """The second request was let in before the first one took its sender's permission."""
    other = second_admin(practice)
    waiting = second_admin(practice, name="Wanda Waiting", activated_at=None)
    with within(practice.organization):
        change_permissions(other, by=practice.owner, is_organization_admin=False)
        for act in (
            lambda: change_permissions(practice.owner, by=other, is_organization_admin=False),
            lambda: deactivate_staff(practice.owner, by=other),
        ):
            with pytest.raises(ValidationError, match="Olive Owner is the last organization admin"):
                act()
        # One who was invited and never came does not count, until they act themselves.
        deactivate_staff(practice.owner, by=waiting)
    assert now_of(practice.owner).active_since is None


def test_an_admin_who_left_does_not_count(practice: Practice) -> None:
    left = second_admin(practice)
    with within(practice.organization):
        assert deactivate_staff(left, by=practice.owner) is True
        assert deactivate_staff(left, by=practice.owner) is False
        change_permissions(left, by=practice.owner, is_user_admin=True)
        with pytest.raises(ValidationError, match="last organization admin"):
            deactivate_staff(practice.owner, by=practice.therapist)


def test_deactivating_asks_first_and_never_closes_ones_own_login_W2(practice: Practice) -> None:
    browser, theirs = signed_in(practice.owner), signed_in(practice.therapist)
    url = f"{LIST}{practice.therapist.pk}/"
    assert "Deactivate Theo Therapist?" in browser.get(f"{url}deactivate/").content.decode()
    assert theirs.get("/clients/").status_code == 200
    assert "Theo Therapist is deactivated." in browser.post(f"{url}deactivate/", follow=True).content.decode()
    assert theirs.get("/clients/").status_code == 302
    assert "Theo Therapist" in page(practice.owner, f"{LIST}?state=inactive")
    assert "Reactivate Theo Therapist?" in browser.get(f"{url}reactivate/").content.decode()
    assert "Theo Therapist is active again." in browser.post(f"{url}reactivate/", follow=True).content.decode()
    assert theirs.get("/clients/").status_code == 200

    own = f"{LIST}{practice.owner.pk}/"
    assert f"{own}deactivate/" not in page(practice.owner, own)
    assert "You cannot" in browser.post(f"{own}deactivate/", follow=True).content.decode()
    assert now_of(practice.owner).active_since


def test_one_who_runs_nothing_does_not_deactivate_themselves_either(practice: Practice) -> None:
    with within(practice.organization), pytest.raises(ValidationError, match="You cannot deactivate yourself"):
        deactivate_staff(practice.therapist, by=practice.therapist)


def test_an_invitation_to_staff_is_sent_again_or_corrected_until_it_is_accepted_S4(practice: Practice) -> None:
    url = f"{LIST}{practice.therapist.pk}/"
    browser = signed_in(practice.owner)
    assert "Send the invitation again" in page(practice.owner, url)
    browser.post(f"{url}resend/")
    assert len(letters_to(practice.therapist.user.email)) == 1
    assert f'value="{practice.therapist.user.email}"' in page(practice.owner, f"{url}email/")
    refused = browser.post(f"{url}email/", {"email": practice.mom.user.email})
    assert "Maria Rivera has this address" in str(refused.context["form"].errors["email"])
    done = browser.post(f"{url}email/", {"email": "theo@mail.example"}, follow=True).content.decode()
    assert "The invitation is on its way to theo@mail.example." in done
    with within(practice.organization):
        now_of(practice.therapist).activate()
    assert browser.post(f"{url}email/", {"email": "mine@mail.example"}).status_code == 403
    assert now_of(practice.therapist).user.email == "theo@mail.example"
    assert "Send the invitation again" not in page(practice.owner, url)


def test_a_user_admin_links_clients_to_staff_and_unlinks_them(practice: Practice) -> None:
    leo = make_client(practice.organization, "Leo", last_name="Lowe")
    url = f"{LIST}{practice.therapist.pk}/clients/"
    browser = signed_in(practice.owner)
    assert "Mia Rivera" in page(practice.owner, f"{LIST}{practice.therapist.pk}/")
    assert "Leo Lowe" in browser.get(f"{url}?q=leo").content.decode()
    done = browser.post(f"{url}{leo.pk}/", follow=True).content.decode()
    assert "Theo Therapist serves Leo Lowe now." in done
    served = browser.get(f"{url}?show=served").content.decode()
    assert served.count("Unlink") == 2
    done = browser.post(f"{url}{practice.child.pk}/", {"unlink": "yes"}, follow=True).content.decode()
    assert "Theo Therapist no longer serves Mia Rivera." in done
    assert "Mia Rivera" not in browser.get(f"{url}?show=served").content.decode()
    with within(practice.organization):
        assert list(practice.therapist.clients.all()) == [leo]
    assert "No client found" in browser.get(f"{url}?q=nobody").content.decode()


def test_an_organization_admin_who_is_no_user_admin_sees_no_clients_of_others_S3(practice: Practice) -> None:
    admin = second_admin(practice)
    assert "Mia Rivera" not in page(admin, f"{LIST}{practice.therapist.pk}/")
    assert signed_in(admin).get(f"{LIST}{practice.therapist.pk}/clients/").status_code == 403
    assert signed_in(admin).post(f"{LIST}{practice.therapist.pk}/clients/{practice.child.pk}/").status_code == 403


def test_pages_of_one_take_as_many_queries_for_one_client_as_for_fifty(practice: Practice) -> None:
    def add(number: int) -> None:
        link(practice.therapist, make_client(practice.organization, f"Client {number:03}"))

    url = f"{LIST}{practice.therapist.pk}/"
    same_queries(signed_in(practice.owner), url, add)
    assert "All 51 clients" in page(practice.owner, url)
    same_queries(signed_in(practice.owner), f"{url}clients/", lambda number: add(number + 100))


def test_nobody_of_another_practice_is_reached_by_an_id_S1(practice: Practice, other_practice: Practice) -> None:
    browser = signed_in(practice.owner)
    for pk in (other_practice.therapist.pk, practice.mom.pk):  # a client login is no staff
        for verb in ("", "clients/", "email/", "deactivate/", "reactivate/"):
            assert browser.get(f"{LIST}{pk}/{verb}").status_code == 404
        for verb in ("", "email/", "resend/", "deactivate/", "reactivate/", f"clients/{practice.child.pk}/"):
            assert browser.post(f"{LIST}{pk}/{verb}", NEW).status_code == 404
    assert browser.post(f"{LIST}{practice.therapist.pk}/clients/{other_practice.child.pk}/").status_code == 404
    with within(other_practice.organization):
        assert Client.objects.filter(logins=other_practice.therapist).count() == 1
        assert now_of(other_practice.therapist).name == "Theo Therapist"
