"""Invitations: the link by which a person accepts, and why nobody takes over anybody by it (S4)."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client as Browser
from django.utils import timezone

from accounts.features import Channel, Feature
from accounts.invitations import by_token, correct_email, invite, path_to, send_activation
from accounts.models import Client, Login, Preference, PreferenceChange, Role, User
from accounts.tenancy import OutOfScope, everywhere, within
from tests.accounts.mailbox import NEW_PASSWORD, PASSWORD, letters_to, link_in
from tests.conftest import Practice, make_client

pytestmark = pytest.mark.django_db

ADDRESS = "grandma@mail.example"
TWICE = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}


@pytest.fixture(autouse=True)
def nobody_tried_before() -> None:
    cache.clear()


def invited(practice: Practice, email: str = ADDRESS, **fields: object) -> Login:
    """A grandmother, invited by the owner."""
    fields = {"name": "Rosa Rivera", "role": Role.CLIENT, "by": practice.owner, **fields}
    return invite(practice.organization, email=email, **fields)  # type: ignore[arg-type]  # the test's own fields


def now_of(login: Login) -> Login:
    with within(login.organization_id):
        return Login.objects.select_related("user").get(pk=login.pk)


def sign_in(browser: Browser, email: str, password: str = PASSWORD) -> int:
    return browser.post("/account/login/", {"login": email, "password": password}).status_code


def test_staff_invite_a_person_who_chooses_a_password_and_is_in(practice: Practice) -> None:
    second = make_client(practice.organization, "Leo")
    login = invited(practice, " Grandma@Mail.Example ", clients=[practice.child, second], phone="206 555 0188")
    (letter,) = letters_to(ADDRESS)
    assert letter.subject == "Your invitation to Harbor Kids Therapy"
    assert letter.sender_name == "Harbor Kids Therapy"
    assert "Olive Owner invites you" in letter.body
    assert "14 days" in letter.body

    browser = Browser()
    link = link_in(letter)
    page = browser.get(link).content.decode()
    assert "Welcome to Harbor Kids Therapy" in page
    assert ADDRESS in page
    assert now_of(login).activated_at is None  # a GET accepts nothing
    assert browser.post(link, TWICE)["Location"] == "/"

    with within(practice.organization):
        login.refresh_from_db()
        assert login.activated_at is not None
        assert set(login.clients.all()) == {practice.child, second}
        assert Preference.objects.filter(login=login, email_since__isnull=False, text_since=None).count() == 4  # P2
    home = browser.get("/").content.decode()
    assert "Welcome to Harbor Kids Therapy." in home
    assert "Rosa Rivera" in home
    assert sign_in(Browser(), ADDRESS, NEW_PASSWORD) == 302


def test_the_letter_is_in_the_persons_language(practice: Practice) -> None:
    invited(practice, language="fr")
    assert 'lang="fr"' in letters_to(ADDRESS)[0].html


def test_a_password_that_is_too_easy_or_mistyped_is_said_beside_its_field(practice: Practice) -> None:
    login = invited(practice)
    link = path_to(login)
    page = Browser().post(link, {"password1": "12345678", "password2": "12345678"})
    assert page.context["form"].errors["password1"]
    page = Browser().post(link, {**TWICE, "password2": "something else"})
    assert page.context["form"].errors["password2"] == ["The two are not the same."]
    assert now_of(login).activated_at is None


def test_the_link_works_once_S4(practice: Practice) -> None:
    login = invited(practice)
    link = path_to(login)
    Browser().post(link, TWICE)
    other = {"password1": "another horse 99", "password2": "another horse 99"}
    for method in ("get", "post"):
        response = getattr(Browser(), method)(link, other)
        assert response["Location"] == "/account/login/?next=/at/harbor-kids-therapy/"
    assert now_of(login).user.check_password(NEW_PASSWORD)


def test_the_link_grows_old(practice: Practice) -> None:
    login = invited(practice)
    link = path_to(login)
    with time_machine.travel(timezone.now() + timedelta(days=13, hours=23)):
        assert Browser().get(link).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=14, seconds=1)):
        page = Browser().post(link, TWICE)
        assert page.status_code == 404
        assert "Ask your practice to send it again" in page.content.decode()
        send_activation_in(login)
        fresh = link_in(letters_to(ADDRESS)[-1])
        assert Browser().post(fresh, TWICE).status_code == 302


def send_activation_in(login: Login) -> None:
    with within(login.organization_id):
        send_activation(now_of(login))


def test_a_forged_link_does_nothing_S4(practice: Practice, other_practice: Practice) -> None:
    """Its content is signed as a whole: nothing in it can be exchanged for another login, practice or address."""
    login, other = invited(practice), invited(other_practice, "rival@mail.example")
    start, middle, end = path_to(login).split(":")
    for forged in (f"{start[:-4]}AAAA:{middle}:{end}", f"{start}:{middle}:{end[:-3]}xx/", "/account/activate/x/"):
        assert Browser().post(forged, TWICE).status_code == 404
    assert path_to(login).rpartition(":")[2] != path_to(other).rpartition(":")[2]
    mixed = ":".join([path_to(other).split(":")[0], middle, end])
    assert Browser().post(mixed, TWICE).status_code == 404
    assert now_of(login).activated_at is None
    assert now_of(other).activated_at is None


def test_each_practice_has_its_own_link(practice: Practice, other_practice: Practice) -> None:
    here, there = invited(practice), invited(other_practice)
    assert here.user_id == there.user_id
    Browser().post(path_to(here), TWICE)
    assert now_of(here).activated_at is not None
    assert now_of(there).activated_at is None


def test_who_has_a_password_signs_in_to_accept_and_keeps_it_S4(practice: Practice, other_practice: Practice) -> None:
    """The other practice's owner cannot take over a user: not even by a link that they somehow read."""
    mom = practice.mom.user
    login = invited(other_practice, mom.email, name="Maria R.")
    link = link_in(letters_to(mom.email)[0])
    thief = Browser()
    assert "Sign in to accept" in thief.get(link).content.decode()
    thief.post(link, TWICE)
    assert thief.get("/account/").status_code == 302
    mom.refresh_from_db()
    assert mom.check_password(PASSWORD)
    assert now_of(login).activated_at is None

    browser = Browser()
    answer = browser.post("/account/login/", {"login": mom.email, "password": PASSWORD, "next": link})
    assert answer["Location"] == link
    assert "<dd>Maria R.</dd>" in browser.get(link).content.decode()
    assert browser.post(link)["Location"] == "/"
    assert now_of(login).activated_at is not None
    assert "Outside Counseling" in browser.get("/").content.decode()
    mom.refresh_from_db()
    assert (mom.email, mom.check_password(PASSWORD)) == ("maria.rivera@harbor-kids-therapy.example", True)


def test_somebody_else_who_is_signed_in_is_told_so(practice: Practice) -> None:
    login = invited(practice)
    browser = Browser()
    sign_in(browser, practice.dad.user.email)
    link = path_to(login)
    for page in (browser.get(link), browser.post(link, TWICE)):
        assert "This invitation is for somebody else" in page.content.decode()
    assert now_of(login).activated_at is None
    assert browser.post("/account/logout/", {"next": link})["Location"] == link


def test_who_resets_the_password_instead_is_in_as_well(practice: Practice) -> None:
    login = invited(practice)
    browser = Browser()
    browser.post("/account/password/reset/", {"email": ADDRESS})
    page = browser.get(link_in(letters_to(ADDRESS)[-1]), follow=True)
    browser.post(page.request["PATH_INFO"], TWICE)
    sign_in(browser, ADDRESS, NEW_PASSWORD)
    assert "Rosa Rivera" in browser.get("/").content.decode()
    assert now_of(login).activated_at is not None


def test_an_invitation_does_not_change_where_somebody_lands(practice: Practice) -> None:
    from tests.conftest import make_practice

    aardvark = make_practice("Aardvark Clinic")
    browser = Browser()
    sign_in(browser, practice.mom.user.email)
    browser.get("/")
    login = invited(aardvark, practice.mom.user.email)
    again = Browser()
    sign_in(again, practice.mom.user.email)
    assert "Harbor Kids Therapy" in again.get("/account/").content.decode()
    assert now_of(login).activated_at is None


def test_a_deactivated_login_is_not_activated(practice: Practice) -> None:
    login = invited(practice)
    link = path_to(login)
    with within(practice.organization):
        login.deactivate()
        with pytest.raises(ValidationError, match="Reactivate it first"):
            send_activation(login)
    assert Browser().post(link, TWICE).status_code == 404


def test_an_activated_login_is_not_invited_again(practice: Practice) -> None:
    login = invited(practice)
    Browser().post(path_to(login), TWICE)
    with within(practice.organization), pytest.raises(ValidationError, match="activated already"):
        send_activation(now_of(login))


def test_one_person_has_one_login_in_a_practice(practice: Practice) -> None:
    with pytest.raises(ValidationError, match="Maria Rivera has this address and a login here already") as caught:
        invited(practice, practice.mom.user.email.upper())
    assert list(caught.value.message_dict) == ["email"]
    with within(practice.organization):
        practice.mom.deactivate()
    with pytest.raises(ValidationError, match="Reactivate that one"):
        invited(practice, practice.mom.user.email)


@pytest.mark.parametrize("address", ["", "no address", "a@b", "two@mail.example, three@mail.example"])
def test_what_is_no_address_is_refused(practice: Practice, address: str) -> None:
    before = User.objects.count()
    with pytest.raises(ValidationError) as caught:
        invited(practice, address)
    assert list(caught.value.message_dict) == ["email"]
    assert User.objects.count() == before


def test_a_refused_invitation_leaves_nobody_behind(practice: Practice, other_practice: Practice) -> None:
    with pytest.raises(OutOfScope):
        invited(practice, clients=[other_practice.child])
    with pytest.raises(ValidationError):
        invited(practice, is_user_admin=True)  # permissions are for staff
    assert not User.objects.filter(email=ADDRESS).exists()
    assert letters_to(ADDRESS) == []


def test_only_staff_of_the_practice_invite_S1(practice: Practice, other_practice: Practice) -> None:
    for stranger in (other_practice.owner, practice.mom):
        with pytest.raises(PermissionDenied):
            invited(practice, by=stranger)
    with within(practice.organization):
        practice.therapist.deactivate()
    with pytest.raises(PermissionDenied):
        invited(practice, by=practice.therapist)


def test_a_mistyped_address_is_corrected_before_activation_S4(practice: Practice) -> None:
    login = invited(practice, "grandam@mail.example")
    old_link = path_to(login)
    with within(practice.organization):
        correct_email(login, " GRANDMA@mail.example", by=practice.owner)
    assert now_of(login).user.email == ADDRESS
    assert Browser().post(old_link, TWICE).status_code == 404
    assert not User.objects.filter(email="grandam@mail.example").exists()  # made for the mistake alone
    assert Browser().post(link_in(letters_to(ADDRESS)[0]), TWICE).status_code == 302


def test_what_a_stranger_turned_off_is_on_again_once_the_address_is_corrected_S4_E3(practice: Practice) -> None:
    """Who gets the emails of others presses the link in them that stops them; the family would then hear nothing."""
    login = invited(practice, "grandam@mail.example")
    with within(practice.organization):
        reminders, invoices = (
            Preference.objects.get(login=login, feature=feature) for feature in (Feature.APPOINTMENTS, Feature.INVOICES)
        )
        reminders.choose(Channel.EMAIL, on=False, by=login.user)
        invoices.choose(Channel.EMAIL, on=False, by=practice.owner.user)
    correct_email(login, ADDRESS, by=practice.owner)
    with within(practice.organization):
        emailed = Preference.objects.filter(login=login, email_since__isnull=False).values_list("feature", flat=True)
        assert Feature.APPOINTMENTS in emailed
        assert Feature.INVOICES not in emailed, "that was not the stranger"
        change = PreferenceChange.objects.filter(login=login).first()
        assert change
        assert (change.feature, change.became, change.by) == (Feature.APPOINTMENTS, True, practice.owner.user)


def test_a_user_who_is_somebody_stays_when_an_address_is_corrected_S4(
    practice: Practice, other_practice: Practice
) -> None:
    """Used elsewhere, invited elsewhere, or with a password: only the login is re-pointed."""
    used = other_practice.mom.user
    login = invited(practice, used.email)
    correct_email(login, ADDRESS, by=practice.owner)
    used.refresh_from_db()
    assert used.check_password(PASSWORD)
    invited(other_practice, ADDRESS)
    correct_email(login, "third@mail.example", by=practice.owner)
    with everywhere("the test"):
        assert [each.organization for each in Login.objects.filter(user__email=ADDRESS)] == [
            other_practice.organization
        ]


def test_correcting_to_the_address_of_a_user_takes_nothing_over_S4(
    practice: Practice, other_practice: Practice
) -> None:
    login = invited(practice)
    victim = other_practice.mom.user
    correct_email(login, victim.email, by=practice.owner)
    Browser().post(path_to(now_of(login)), TWICE)
    victim.refresh_from_db()
    assert victim.check_password(PASSWORD)
    assert now_of(login).activated_at is None


def test_an_address_is_not_corrected_after_activation_S4(practice: Practice) -> None:
    login = invited(practice)
    Browser().post(path_to(login), TWICE)
    with pytest.raises(ValidationError, match="Only its owner can change the address"):
        correct_email(login, "thief@mail.example", by=practice.owner)
    assert now_of(login).user.email == ADDRESS
    assert letters_to("thief@mail.example") == []


def test_working_as_a_login_activates_it_S4(practice: Practice) -> None:
    """However somebody signed in: an address in use is theirs."""
    browser = Browser()
    sign_in(browser, practice.mom.user.email)
    browser.get("/")
    with pytest.raises(ValidationError):
        correct_email(practice.mom, "thief@mail.example", by=practice.owner)


def test_an_address_is_not_corrected_to_one_that_has_a_login_here(practice: Practice) -> None:
    login = invited(practice)
    with pytest.raises(ValidationError, match="Daniel Rivera has this address"):
        correct_email(login, practice.dad.user.email, by=practice.owner)
    assert now_of(login).user.email == ADDRESS


def test_a_client_is_not_a_sign_in(practice: Practice) -> None:
    before = User.objects.count()
    with within(practice.organization):
        Client.objects.create(organization=practice.organization, first_name="Leo")
    assert User.objects.count() == before


def test_a_second_click_is_no_error_and_no_second_password(practice: Practice) -> None:
    """Two requests that both saw a user without a password: the first decides."""
    login = invited(practice)
    first, second = (by_token(path_to(login).split("/")[3]) for _click in range(2))
    assert first
    assert second
    assert first.accept(password=NEW_PASSWORD)
    assert not second.accept(password="another horse 99")
    assert now_of(login).user.check_password(NEW_PASSWORD)


def test_a_first_password_is_for_whoever_has_none_S4(practice: Practice) -> None:
    login = invited(practice)
    invitation = by_token(path_to(login).split("/")[3])
    assert invitation
    user = now_of(login).user
    user.set_password(PASSWORD)
    user.save()
    with pytest.raises(PermissionDenied):
        invitation.accept(password=NEW_PASSWORD)
    assert now_of(login).activated_at is None
    assert now_of(login).user.check_password(PASSWORD)
