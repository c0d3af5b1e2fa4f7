"""The browser, the running Blink, and people at their devices.

- `desk(login)`: somebody at a desk, 1280 × 800. `phone(login)`: with a phone in hand, 360 × 740, touched.
  Without a login: a visitor. Each call is a browser of its own, with no cookies.
- `@every_way`: the journey is walked three times: by mouse or finger, by keyboard alone, and without JavaScript.
- `site`: the clock (`site.time_passes(hours=23)`) and the mailboxes (`site.latest_email(to=...)`).

A journey fails, whatever it looked at, if a page asked another host for something, broke the content security policy
or had an error (`tests/journeys/watching.py`). Pictures of what people saw when a journey failed are in `var/journeys`.
"""

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import pytest
import time_machine
from django.conf import settings as django_settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright
from pytest_django import DjangoDbBlocker, Settings

from accounts.models import Login
from tests.journeys import chromium
from tests.journeys.hands import Hands, Keyboard, Pointer
from tests.journeys.people import Person
from tests.journeys.site import Site, serving
from tests.journeys.watching import Watch

PATIENCE = 10_000  # milliseconds, on a machine that has much else to do
Way = Literal["by hand", "by keyboard", "without JavaScript"]
FAILED: pytest.StashKey[bool] = pytest.StashKey()


@dataclass(frozen=True)
class Device:
    width: int
    height: int
    touch: bool = False


class OpensContext(Protocol):
    def __call__(self, device: Device = ..., **options: Any) -> BrowserContext: ...


DESK, PHONE = Device(1280, 800), Device(360, 740, touch=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each is a journey, and may commit: the server's threads must see what it wrote."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.journeys)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """Playwright, and Django's consent to live beside it.

    Its synchronous interface runs an event loop in this very thread, which Django takes for asynchronous code. It is
    none: a query is never interrupted by another.
    """
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        expect.set_options(timeout=PATIENCE)
        yield playwright


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for all journeys of this process; each has contexts of its own in it."""
    try:
        program = chromium.found()
    except chromium.NoChromium as why:
        pytest.fail(str(why))
    browser = playwright.chromium.launch(executable_path=program, args=chromium.arguments())
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def address(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Where this process's own Blink answers, with this process's own database."""
    if connection.vendor != "postgresql":
        pytest.fail("The journeys need PostgreSQL: leave DATABASE_URL unset, and one is started.")
    with django_db_blocker.unblock(), serving(WSGIHandler()) as address:
        yield address


@pytest.fixture
def site(address: str, transactional_db: None, settings: Settings) -> Iterator[Site]:
    settings.PUBLIC_URL = address  # so that links in emails lead here
    with time_machine.travel(timezone.now(), tick=True) as clock:
        yield Site(address, clock)


class Sits(Protocol):
    """`desk(practice.owner)`: a person with a browser of their own."""

    def __call__(self, login: Login | None = None) -> Person: ...


@pytest.fixture
def way(request: pytest.FixtureRequest) -> Way:
    """How this journey is walked."""
    return getattr(request, "param", "by hand")


every_way = pytest.mark.parametrize("way", ["by hand", "by keyboard", "without JavaScript"], indirect=True)


@pytest.fixture
def new_context(browser: Browser, site: Site, request: pytest.FixtureRequest) -> Iterator[OpensContext]:
    """A fresh browser of an American in Seattle; its options are Playwright's. Watched until the test ends."""
    opened: list[tuple[BrowserContext, Watch]] = []

    def open_one(device: Device = DESK, **options: Any) -> BrowserContext:
        screen = {"width": device.width, "height": device.height}
        context = browser.new_context(
            **{
                "viewport": screen,
                "has_touch": device.touch,
                "is_mobile": device.touch,
                "locale": "en-US",
                "timezone_id": "America/Los_Angeles",
                "reduced_motion": "reduce",
                **options,
            }
        )
        context.set_default_timeout(PATIENCE)
        opened.append((context, Watch(context, site.address)))
        return context

    yield open_one
    if request.node.stash.get(FAILED, True):
        take_pictures(request.node.name, [page for context, _watch in opened for page in context.pages])
    for context, _watch in opened:
        context.close()
    assert [trouble for _context, watch in opened for trouble in watch.trouble] == []


def take_pictures(name: str, pages: list[Page]) -> None:
    """Of what people see now; best effort, for whoever mends the journey."""
    folder = Path(django_settings.DATA_DIR) / "journeys"
    folder.mkdir(parents=True, exist_ok=True)
    for number, page in enumerate(pages, 1):
        page.screenshot(path=folder / f"{re.sub(r'[^A-Za-z0-9]+', '-', name)}-{number}.png", full_page=True)


def sits_at(device: Device, site: Site, way: Way, new_context: OpensContext) -> Sits:
    def sit(login: Login | None = None) -> Person:
        page = new_context(device, java_script_enabled=way != "without JavaScript").new_page()
        hands: Hands = Keyboard(page) if way == "by keyboard" else Pointer(page, touch=device.touch)
        return Person(site, page, hands, login)

    return sit


@pytest.fixture
def desk(site: Site, way: Way, new_context: OpensContext) -> Sits:
    return sits_at(DESK, site, way, new_context)


@pytest.fixture
def phone(site: Site, way: Way, new_context: OpensContext) -> Sits:
    return sits_at(PHONE, site, way, new_context)


@pytest.fixture
def without_javascript(site: Site, new_context: OpensContext) -> Sits:
    """A desk whose browser runs no scripts, for a journey that is only about that."""
    return sits_at(DESK, site, "without JavaScript", new_context)
