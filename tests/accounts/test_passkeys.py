"""Passkeys in a real browser, with an authenticator that Chromium plays (S5)."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import Login
from tests.accounts.mailbox import PASSWORD
from tests.conftest import make_practice

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def mom(live_server: LiveServer) -> Login:
    return make_practice().mom


@pytest.fixture
def page(live_server: LiveServer, mom: Login) -> Iterator[Page]:
    """A browser whose device can keep passkeys. Nothing that it says on its console is a complaint."""
    complaints = []
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's loop is in this thread, and interrupts nothing
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        context = browser.new_context(base_url=live_server.url)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        session = context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        yield page
        browser.close()
    assert complaints == []


def sign_in(page: Page, login: Login) -> None:
    page.goto("/account/login/")
    page.get_by_label("Email").fill(login.user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.goto("/account/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_passkey_is_made_and_then_signs_in_alone_or_after_the_password_S5(page: Page, mom: Login) -> None:
    sign_in(page, mom)
    page.goto("/account/2fa/passkeys/add/")
    page.get_by_label("Password", exact=True).fill(PASSWORD)  # once more, before anything about signing in changes
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name").fill("My phone")
    page.get_by_label("Sign in with it alone").check()
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto("/account/2fa/passkeys/")
    expect(page.get_by_role("cell", name="My phone", exact=True)).to_be_visible()

    sign_out(page)
    page.goto("/account/login/?next=/account/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="My Account")).to_be_visible()

    sign_out(page)
    sign_in(page, mom)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("link", name="My Account")).to_be_visible()


def test_who_has_no_passkey_is_told_so_and_signs_in_otherwise(page: Page, mom: Login) -> None:
    page.goto("/account/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("The passkey was not used")).to_be_visible()
    sign_in(page, mom)
    expect(page.get_by_role("link", name="My Account")).to_be_visible()
