"""From one practice to another, to one's own alone; and the addresses in notices."""

import pytest
from django.conf import settings
from django.test import Client as Browser

from accounts.links import public_url
from accounts.models import Login, Role
from accounts.tenancy import within
from tests.conftest import Practice, make_login

pytestmark = pytest.mark.django_db


@pytest.fixture
def there(practice: Practice, other_practice: Practice) -> Login:
    """Mom's login in the other practice."""
    return make_login(other_practice.organization, "Maria There", user=practice.mom.user)


@pytest.fixture
def browser(practice: Practice, there: Login) -> Browser:
    """Mom, signed in at the first practice."""
    browser = Browser()
    browser.force_login(practice.mom.user, backend="django.contrib.auth.backends.ModelBackend")
    browser.post(f"/switch/{practice.mom.pk}/")
    return browser


def where(browser: Browser) -> str:
    """The login that the pages are of, as it stands at their top right (P3)."""
    page = browser.get("/account/").content.decode()
    return next(name for name in ("Maria Rivera", "Maria There") if f"<p><strong>{name}</strong>" in page)


def test_a_person_with_logins_in_two_practices_switches(browser: Browser, there: Login) -> None:
    assert where(browser) == "Maria Rivera"
    assert f'action="/switch/{there.pk}/"' in browser.get("/").content.decode()
    response = browser.post(f"/switch/{there.pk}/", follow=True)
    assert "You are now in Outside Counseling." in response.content.decode()
    assert where(browser) == "Maria There"


def test_nobody_switches_by_a_link(browser: Browser, there: Login) -> None:
    assert browser.get(f"/switch/{there.pk}/").status_code == 405
    assert where(browser) == "Maria Rivera"


def test_one_switches_to_ones_own_logins_alone_S1(
    browser: Browser, practice: Practice, other_practice: Practice
) -> None:
    for login in (practice.dad, practice.owner, other_practice.owner):
        assert browser.post(f"/switch/{login.pk}/").status_code == 404
    assert browser.post("/switch/999999999/").status_code == 404
    assert where(browser) == "Maria Rivera"


def test_one_does_not_switch_to_a_closed_login(browser: Browser, there: Login) -> None:
    with within(there.organization_id):
        there.deactivate()
    assert browser.post(f"/switch/{there.pk}/").status_code == 404
    assert browser.get("/at/outside-counseling/account/").status_code == 404


def test_the_address_in_a_notice_leads_to_the_right_practice(browser: Browser, there: Login) -> None:
    address = public_url(there.organization, "/account/?tab=2").removeprefix(settings.PUBLIC_URL)
    response = browser.get(address)
    assert response["Location"] == "/account/?tab=2"
    assert where(browser) == "Maria There"
    assert browser.get(public_url(there.organization, "/").removeprefix(settings.PUBLIC_URL))["Location"] == "/"


def test_who_is_not_signed_in_signs_in_first_and_then_goes_on(practice: Practice, there: Login) -> None:
    browser = Browser()
    for slug in ("outside-counseling", "no-such-practice"):  # nobody learns which practices there are
        response = browser.get(f"/at/{slug}/account/?tab=2")
        assert response["Location"] == f"/account/login/?next=/at/{slug}/account/%3Ftab%3D2"
    form = {"login": practice.mom.user.email, "password": "correct horse", "next": "/at/outside-counseling/account/"}
    response = browser.post("/account/login/", form)
    assert browser.get(response["Location"])["Location"] == "/account/"
    assert where(browser) == "Maria There"


def test_an_address_of_somebody_elses_practice_leads_nowhere_S1(practice: Practice, other_practice: Practice) -> None:
    browser = Browser()
    browser.force_login(practice.dad.user, backend="django.contrib.auth.backends.ModelBackend")
    for slug in ("outside-counseling", "no-such-practice"):
        assert browser.get(f"/at/{slug}/account/").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/evil.example",
        "//evil.example/",
        "\\evil.example",
        "/\\evil.example",
        "%5Cevil.example",
        "%2Fevil.example",
        "%2F%2Fevil.example",
        "%09//evil.example",
        "https://evil.example/",
        "%0d%0aLocation:%20https://evil.example/",
        "javascript:alert(1)",
    ],
)
def test_an_address_never_leads_out_of_blink_S1(browser: Browser, path: str) -> None:
    response = browser.get(f"/at/outside-counseling/{path}")
    if response.status_code == 302:
        location = response["Location"]
        # A path of our own, whatever a browser makes of it.
        assert location.startswith("/")
        assert location[1:2] not in ("/", "\\")
        assert not set("\\\r\n\t") & set(location)
    else:
        assert response.status_code == 404


def test_a_closed_login_is_left_for_another_with_the_next_request(browser: Browser, practice: Practice) -> None:
    with within(practice.organization):
        practice.mom.deactivate()
    assert where(browser) == "Maria There"


def test_staff_here_and_parent_there_sees_each_for_what_it_is(practice: Practice, other_practice: Practice) -> None:
    staff = make_login(other_practice.organization, "Maria There", Role.STAFF, user=practice.mom.user)
    browser = Browser()
    browser.force_login(practice.mom.user, backend="django.contrib.auth.backends.ModelBackend")
    browser.post(f"/switch/{practice.mom.pk}/")
    assert 'class="has-tabs"' in browser.get("/account/").content.decode()
    browser.post(f"/switch/{staff.pk}/")
    assert 'class="has-rail"' in browser.get("/account/").content.decode()
