"""Signing in and out, the forgotten password, and what strangers learn by trying (S5)."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from urllib.parse import quote

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Login, Organization, User
from accounts.tenancy import within
from notifications.letters import deliver_letters
from notifications.models import Letter, OutboxLetter
from tests.accounts.mailbox import NEW_PASSWORD, PASSWORD, letters_to, link_in
from tests.conftest import Practice

pytestmark = pytest.mark.django_db

NOBODY = "nobody@nowhere.example"


@pytest.fixture(autouse=True)
def nobody_tried_before() -> None:
    cache.clear()


@pytest.fixture
def browser() -> Browser:
    return Browser()


def sign_in(browser: Browser, email: str, password: str = PASSWORD, **fields: str):  # type: ignore[no-untyped-def]  # the test client's response
    return browser.post("/account/login/", {"login": email, "password": password, **fields})


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/account/").status_code == 200


def test_a_person_signs_in_and_out_with_email_and_password(browser: Browser, practice: Practice) -> None:
    response = sign_in(browser, practice.mom.user.email.upper())
    assert (response.status_code, response["Location"]) == (302, "/")
    assert "Maria Rivera" in browser.get("/account/").content.decode()
    response = browser.post("/account/logout/")
    assert response["Location"] == "/account/login/"
    assert not is_signed_in(browser)


def test_signing_in_leads_to_the_page_that_was_wanted(browser: Browser, practice: Practice) -> None:
    response = browser.get("/account/")
    assert response["Location"] == "/account/login/?next=/account/"
    assert sign_in(browser, practice.mom.user.email, next="/account/")["Location"] == "/account/"


@pytest.mark.parametrize("evil", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_signing_in_leads_to_no_other_site(browser: Browser, practice: Practice, evil: str) -> None:
    assert sign_in(browser, practice.mom.user.email, next=evil)["Location"] == "/"


@pytest.mark.parametrize(
    "address",
    ["/account/signup/", "/account/signup/passkey/", "/account/email/verify/", "/account/confirm-email/", "/accounts/"],
)
def test_there_is_no_signing_up_S5(browser: Browser, practice: Practice, address: str) -> None:
    assert browser.get(address).status_code == 404
    assert browser.post(address, {"email": NOBODY, "password1": NEW_PASSWORD}).status_code == 404
    assert not User.objects.filter(email=NOBODY).exists()


def words(response) -> str:  # type: ignore[no-untyped-def]  # the test client's response
    """A page without what differs each time: tokens against forgery."""
    import re

    return re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]*"', "", response.content.decode())


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer_S5(browser: Browser, practice: Practice) -> None:
    known, unknown = practice.mom.user.email, "maria.r1vera@harbor-kids-therapy.example"
    answers = [sign_in(browser, address, "wrong") for address in (known, unknown)]
    assert [answer.status_code for answer in answers] == [200, 200]
    pages = [words(answer).replace(address, "") for answer, address in zip(answers, (known, unknown), strict=True)]
    assert "do not belong together" in pages[0]
    assert pages[0] == pages[1]


def test_a_user_who_is_invited_but_has_no_password_is_answered_like_a_stranger_S5(
    browser: Browser, practice: Practice
) -> None:
    User.objects.create_user("invited@mail.example")
    answers = [sign_in(browser, address, "wrong") for address in ("invited@mail.example", "invitee@mail.example")]
    assert words(answers[0]).replace("invited@", "") == words(answers[1]).replace("invitee@", "")


@pytest.mark.parametrize("known", [True, False])
def test_the_sixth_bad_password_is_refused_whoever_it_is_for_S5(
    browser: Browser, practice: Practice, known: bool
) -> None:
    email = practice.mom.user.email if known else NOBODY
    for _attempt in range(5):
        assert "do not belong together" in words(sign_in(browser, email, "wrong"))
    assert "Too many attempts" in words(sign_in(browser, email, "wrong"))
    if known:
        assert "Too many attempts" in words(sign_in(browser, email))
        assert not is_signed_in(browser)
        # Others are not kept out, and after five minutes nobody is.
        assert sign_in(Browser(), practice.dad.user.email).status_code == 302
        with time_machine.travel(timezone.now() + timedelta(minutes=5, seconds=1)):
            assert sign_in(browser, email).status_code == 302


def test_attempts_are_counted_where_every_process_sees_them_S5(settings: Settings) -> None:
    """Not in a process's own memory, and not in a Redis that may be gone (docs/decisions/0009)."""
    assert settings.CACHES["default"]["BACKEND"] == "django.core.cache.backends.db.DatabaseCache"
    cache.set("seen", "by all")
    from accounts.models import Throttle

    assert Throttle.objects.filter(cache_key__contains="seen").exists()


def test_a_forgotten_password_is_reset_by_a_letter_that_works_once(browser: Browser, practice: Practice) -> None:
    user = practice.mom.user
    assert browser.post("/account/password/reset/", {"email": user.email}).status_code == 302
    (letter,) = letters_to(user.email)
    assert letter.subject == "Choose a new password"
    link = link_in(letter)
    page = browser.get(link, follow=True)
    form = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert browser.post(page.request["PATH_INFO"], form)["Location"] == "/account/password/reset/key/done/"
    assert sign_in(browser, user.email, NEW_PASSWORD).status_code == 302
    assert "no longer works" in Browser().get(link, follow=True).content.decode()
    assert letters_to(user.email)[-1].subject == "A change to how you sign in"


def test_a_reset_ends_the_wait_after_too_many_attempts(browser: Browser, practice: Practice) -> None:
    user = practice.mom.user
    for _attempt in range(6):
        sign_in(browser, user.email, "wrong")
    browser.post("/account/password/reset/", {"email": user.email})
    page = browser.get(link_in(letters_to(user.email)[0]), follow=True)
    browser.post(page.request["PATH_INFO"], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    assert sign_in(browser, user.email, NEW_PASSWORD).status_code == 302


def test_asking_for_a_reset_says_nothing_about_who_has_an_account_S5(browser: Browser, practice: Practice) -> None:
    answers = [browser.post("/account/password/reset/", {"email": e}) for e in (practice.mom.user.email, NOBODY)]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [
        (302, "/account/password/reset/done/")
    ] * 2
    # Both are written to, so both take as long; a stranger learns that there is nothing to reset.
    (letter,) = letters_to(NOBODY)
    assert "no sign-in" in letter.subject
    assert "/password/reset/key/" not in letter.body


def test_a_reset_leads_to_our_address_whatever_host_the_request_named(browser: Browser, practice: Practice) -> None:
    browser.post("/account/password/reset/", {"email": practice.mom.user.email}, headers={"host": "localhost"})
    link_in(letters_to(practice.mom.user.email)[0])  # checks that it begins with PUBLIC_URL


def test_letters_are_in_the_readers_language(browser: Browser, practice: Practice) -> None:
    with within(practice.organization):
        Login.objects.filter(pk=practice.mom.pk).update(language="fr")
    browser.post("/account/password/reset/", {"email": practice.mom.user.email})
    assert 'lang="fr"' in letters_to(practice.mom.user.email)[0].html


def test_a_password_is_changed_with_the_present_one_and_its_owner_is_told(browser: Browser, practice: Practice) -> None:
    sign_in(browser, practice.mom.user.email)
    elsewhere = Browser()
    sign_in(elsewhere, practice.mom.user.email)
    form = {"oldpassword": "wrong", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert "not your present password" in browser.post("/account/password/change/", form).content.decode()
    answer = browser.post("/account/password/change/", {**form, "oldpassword": PASSWORD})
    assert answer["Location"] == "/account/"
    assert "password was changed" in letters_to(practice.mom.user.email)[0].body
    assert is_signed_in(browser)
    assert not is_signed_in(elsewhere)


def test_a_closed_user_gets_no_further_than_a_word_of_explanation(browser: Browser, practice: Practice) -> None:
    User.objects.filter(pk=practice.mom.user_id).update(is_active=False)
    response = sign_in(browser, practice.mom.user.email)
    assert response["Location"] == "/account/inactive/"
    assert not is_signed_in(browser)


def test_a_login_that_is_deactivated_is_gone_with_the_next_request(browser: Browser, practice: Practice) -> None:
    sign_in(browser, practice.mom.user.email)
    assert is_signed_in(browser)
    with within(practice.organization):
        practice.mom.deactivate()
    assert browser.get("/account/")["Location"] == "/"
    assert "Harbor Kids Therapy" not in browser.get("/").content.decode()


def test_idle_staff_sessions_end_and_those_of_families_do_not_S5(practice: Practice, settings: Settings) -> None:
    staff, family = Browser(), Browser()
    sign_in(staff, practice.therapist.user.email)
    sign_in(family, practice.mom.user.email)
    assert is_signed_in(staff)
    later = timezone.now() + timedelta(seconds=settings.STAFF_IDLE_LIMIT - 10)
    with time_machine.travel(later):
        assert is_signed_in(staff)  # which counts as doing something
    with time_machine.travel(later + timedelta(seconds=settings.STAFF_IDLE_LIMIT - 10)):
        assert is_signed_in(staff)
    with time_machine.travel(later + timedelta(seconds=2 * settings.STAFF_IDLE_LIMIT + 10)):
        response = staff.get("/account/?tab=1")
        assert response["Location"] == f"/account/login/?next={quote('/account/?tab=1')}"
        assert not is_signed_in(staff)
        assert is_signed_in(family)


def test_idle_sessions_of_platform_admins_end_S5(db: None, settings: Settings) -> None:
    """They see every practice, so their computers least of all are everybody's."""
    admin = User.objects.create_superuser("pat@blink.example", PASSWORD)
    browser = Browser()
    sign_in(browser, admin.email, remember="on")
    now = timezone.now()
    with time_machine.travel(now + timedelta(seconds=settings.STAFF_IDLE_LIMIT - 60)):
        assert browser.get("/admin/").status_code == 200
    with time_machine.travel(now + timedelta(seconds=2 * settings.STAFF_IDLE_LIMIT)):
        assert browser.get("/admin/")["Location"] == "/account/login/?next=/admin/"
        assert "_auth_user_id" not in browser.session


def test_a_page_that_fetches_its_news_keeps_nobody_signed_in_S5(practice: Practice, settings: Settings) -> None:
    staff = Browser()
    sign_in(staff, practice.therapist.user.email)
    staff.get("/account/")
    htmx = {"hx-request": "true"}
    with time_machine.travel(timezone.now() + timedelta(seconds=settings.STAFF_IDLE_LIMIT - 10)):
        assert staff.get("/account/", headers=htmx).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(seconds=settings.STAFF_IDLE_LIMIT + 10)):
        assert staff.get("/account/", headers=htmx)["HX-Refresh"] == "true"
        assert not is_signed_in(staff)


def test_keeping_signed_in_is_a_choice(practice: Practice) -> None:
    for choice, lasts in (({}, False), ({"remember": "on"}, True)):
        browser = Browser()
        sign_in(browser, practice.mom.user.email, **choice)
        assert bool(browser.cookies["sessionid"]["max-age"]) == lasts


# --- the second factor


def with_app(user: User) -> str:
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    TOTP.activate(user, secret)
    return secret


def code(secret: str) -> str:
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def test_with_an_authenticator_app_a_password_is_not_enough_S5(browser: Browser, practice: Practice) -> None:
    secret = with_app(practice.mom.user)
    response = sign_in(browser, practice.mom.user.email, next="/account/")
    assert response["Location"].startswith("/account/2fa/authenticate/")
    assert not is_signed_in(browser)
    page = browser.post("/account/2fa/authenticate/", {"code": "000000"})
    assert "This code is not right" in page.content.decode()
    assert browser.post("/account/2fa/authenticate/", {"code": code(secret)})["Location"] == "/account/"
    assert is_signed_in(browser)


def test_an_app_is_set_up_after_the_password_was_asked_again_and_its_owner_is_told_S5(
    browser: Browser,
    practice: Practice,
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[list[object]]],
) -> None:
    user = practice.mom.user
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    response = browser.get("/account/2fa/app/activate/")
    assert response["Location"] == f"/account/reauthenticate/?next={quote('/account/2fa/app/activate/', safe='')}"
    browser.post(response["Location"], {"password": PASSWORD, "next": "/account/2fa/app/activate/"})
    page = browser.get("/account/2fa/app/activate/")
    secret = page.context["form"].secret
    assert secret in page.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post("/account/2fa/app/activate/", {"code": code(secret)})
    assert answer["Location"] == "/account/2fa/codes/"
    codes = browser.get("/account/2fa/codes/").context["unused_codes"]
    assert len(codes) == 10
    assert "authenticator app was added" in letters_to(user.email)[0].body

    # Each recovery code lets in once.
    for expected in (302, 200):
        other = Browser()
        sign_in(other, user.email)
        assert other.post("/account/2fa/authenticate/", {"code": codes[0]}).status_code == expected


def test_a_practice_that_wants_a_second_factor_of_its_staff_gets_it_S5(
    browser: Browser, practice: Practice, other_practice: Practice
) -> None:
    Organization.objects.filter(pk=practice.organization.pk).update(staff_second_factor=True)
    user = practice.therapist.user
    sign_in(browser, user.email)
    for address in ("/", "/staff/", "/logins/", "/account/", "/account/notifications/", "/account/preferences/"):
        assert browser.get(address)["Location"] == "/account/2fa/"
    assert "wants its staff to sign in with a second factor" in browser.get("/account/2fa/").content.decode()
    with_app(user)
    assert browser.get("/").status_code == 200

    # Families, and staff of practices that do not ask, go on as they are.
    for login in (practice.mom, other_practice.therapist):
        other = Browser()
        sign_in(other, login.user.email)
        assert other.get("/").status_code == 200


def test_recovery_codes_alone_are_no_second_factor_S5(browser: Browser, practice: Practice) -> None:
    Organization.objects.filter(pk=practice.organization.pk).update(staff_second_factor=True)
    sign_in(browser, practice.owner.user.email)
    Authenticator.objects.create(user=practice.owner.user, type=Authenticator.Type.RECOVERY_CODES, data={"seed": ""})
    assert browser.get("/")["Location"] == "/account/2fa/"


def test_a_platform_admin_removes_a_lost_second_factor_and_the_owner_is_told(
    browser: Browser, practice: Practice
) -> None:
    with_app(practice.mom.user)
    admin = User.objects.create_superuser("pat@blink.example")
    browser.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    form = {"action": "remove_second_factor", "_selected_action": [practice.mom.user_id]}
    assert browser.post("/admin/accounts/user/", form).status_code == 302
    assert not Authenticator.objects.exists()
    assert "second factor was removed" in letters_to(practice.mom.user.email)[0].body
    assert sign_in(Browser(), practice.mom.user.email)["Location"] == "/"


# --- the address


def ask(browser: Browser, new: str) -> None:
    browser.post("/account/reauthenticate/", {"password": PASSWORD})
    assert browser.post("/account/email/", {"email": new}).status_code == 302


def test_only_its_owner_changes_an_address_and_the_new_one_is_confirmed_S4(
    browser: Browser, practice: Practice
) -> None:
    user, old, new = practice.mom.user, practice.mom.user.email, "maria@new.example"
    sign_in(browser, old)
    ask(browser, new.upper())
    user.refresh_from_db()
    assert user.email == old
    (letter,) = letters_to(new)
    link = link_in(letter)

    # Whoever a mistyped address belongs to can do nothing with the link: it needs the owner, signed in.
    stranger = Browser()
    assert stranger.post(link)["Location"].startswith("/account/login/")
    sign_in(stranger, practice.dad.user.email)
    assert stranger.post(link).status_code == 404

    assert browser.get(link).status_code == 200
    user.refresh_from_db()
    assert user.email == old  # a GET changes nothing
    assert browser.post(link)["Location"] == "/"
    user.refresh_from_db()
    assert user.email == new
    assert new in letters_to(old)[-1].body
    assert browser.post(link).status_code == 404  # once
    assert sign_in(Browser(), new).status_code == 302
    assert sign_in(Browser(), old).status_code == 200


def test_the_new_address_needs_the_password_again(browser: Browser, practice: Practice) -> None:
    browser.force_login(practice.mom.user, backend="django.contrib.auth.backends.ModelBackend")
    response = browser.post("/account/email/", {"email": "maria@new.example"})
    assert response["Location"].startswith("/account/reauthenticate/")
    assert not Letter.objects.exists()


def test_wanting_an_address_that_somebody_has_says_so_to_them_alone_S5(browser: Browser, practice: Practice) -> None:
    sign_in(browser, practice.mom.user.email)
    ask(browser, practice.dad.user.email)
    page = browser.get("/account/email/").content.decode()
    assert f"We have written to {practice.dad.user.email}" in page
    (letter,) = letters_to(practice.dad.user.email)
    assert "yours already" in letter.body
    assert "/account/email/confirm/" not in letter.body


def test_an_address_that_was_taken_meanwhile_stays_with_its_owner_S4(browser: Browser, practice: Practice) -> None:
    sign_in(browser, practice.mom.user.email)
    ask(browser, "maria@new.example")
    link = link_in(letters_to("maria@new.example")[0])
    User.objects.create_user("maria@new.example")
    assert browser.post(link).status_code == 404
    practice.mom.user.refresh_from_db()
    assert practice.mom.user.email == "maria.rivera@harbor-kids-therapy.example"


def test_a_link_to_confirm_grows_old(browser: Browser, practice: Practice) -> None:
    sign_in(browser, practice.mom.user.email, remember="on")
    ask(browser, "maria@new.example")
    link = link_in(letters_to("maria@new.example")[0])
    with time_machine.travel(timezone.now() + timedelta(days=3, seconds=1)):
        assert browser.post(link).status_code == 404


def test_a_user_has_one_address_in_one_place_S4(browser: Browser, practice: Practice) -> None:
    """allauth's own table stays empty: an old address left there would still receive resets."""
    sign_in(browser, practice.mom.user.email)
    ask(browser, "maria@new.example")
    browser.post(link_in(letters_to("maria@new.example")[0]))
    browser.post("/account/password/reset/", {"email": "maria@new.example"})
    page = browser.get(link_in(letters_to("maria@new.example")[-1]), follow=True)
    browser.post(page.request["PATH_INFO"], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    assert sign_in(Browser(), "maria@new.example", NEW_PASSWORD).status_code == 302
    assert not EmailAddress.objects.exists()


# --- the demo


def test_the_sign_in_page_offers_the_people_of_the_demo(browser: Browser, settings: Settings, db: None) -> None:
    from blink.demo.loading import load

    load()
    page = browser.get("/account/login/").content.decode()
    assert "imogen@cedarfinch.example" in page
    assert "blink-demo" in page
    assert sign_in(Browser(), "imogen@cedarfinch.example", "blink-demo").status_code == 302
    # Whoever has another password by now is not among them.
    user = User.objects.get(email="imogen@cedarfinch.example")
    user.set_password("another")
    user.save()
    assert "imogen@cedarfinch.example" not in browser.get("/account/login/").content.decode()
    for name, value in (("DELIVERY", "providers"), ("PRODUCTION", True)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(settings, name, value)
            assert "blink-demo" not in browser.get("/account/login/").content.decode()


def test_where_real_people_are_no_password_is_told(browser: Browser, practice: Practice) -> None:
    page = browser.get("/account/login/").content.decode()
    assert "blink-demo" not in page
    assert practice.mom.user.email not in page


def test_nothing_that_lets_people_in_is_left_once_a_letter_is_sent(browser: Browser, practice: Practice) -> None:
    browser.post("/account/password/reset/", {"email": practice.mom.user.email})
    assert deliver_letters() == 1
    (letter,) = letters_to(practice.mom.user.email)
    assert (letter.subject, letter.body, letter.html) == ("", "", "")
    assert "/password/reset/key/" in OutboxLetter.objects.get().body  # the demo's own mailbox
