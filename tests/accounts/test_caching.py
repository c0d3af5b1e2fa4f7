"""Nothing of what signed-in people see is kept by a cache, or in a cookie."""

import pytest
from django.test import Client as Browser

from accounts.models import Login
from tests.conftest import Practice
from tests.pages import signed_in

STAFF = ("/", "/clients/", "/calendar/", "/record/", "/account/", "/account/2fa/", "/nothing-here/")
FAMILY = ("/", "/my/appointments/", "/my/messages/", "/my/homework/", "/my/invoices/", "/account/")


def kept_by(browser: Browser, path: str) -> str:
    return str(browser.get(path).get("Cache-Control", ""))


@pytest.mark.parametrize(("who", "pages"), [("owner", STAFF), ("mom", FAMILY)])
def test_no_cache_keeps_what_a_signed_in_person_sees_S1(practice: Practice, who: str, pages: tuple[str, ...]) -> None:
    """On a computer that several people use, "back" after signing out shows nothing."""
    login: Login = getattr(practice, who)
    browser = signed_in(login)
    for page in pages:
        policy = kept_by(browser, page)
        assert "no-store" in policy, page
        assert "private" in policy, page


def test_what_is_downloaded_is_not_kept_either_S1(practice: Practice) -> None:
    appointment = practice.appointment()
    policy = kept_by(signed_in(practice.mom), f"/my/appointments/{appointment.pk}/appointment.ics")
    assert "no-store" in policy


def test_what_was_confirmed_and_not_yet_read_goes_with_the_session_S1(practice: Practice) -> None:
    """The next visitor of the computer is not told whom the last one discharged."""
    browser = signed_in(practice.owner)
    browser.post(f"/clients/{practice.child.pk}/discharge/")
    assert "messages" not in browser.cookies
    browser.post("/account/logout/")
    assert "Mia" not in browser.get("/account/login/").content.decode()


def test_the_front_page_of_strangers_may_be_kept(db: None) -> None:
    assert "no-store" not in kept_by(Browser(), "/")
