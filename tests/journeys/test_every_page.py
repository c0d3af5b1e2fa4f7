"""Every page there is, for everybody who is shown it: on a phone and at a desk, in light and dark (W1).

The list is the table of access (tests/access): a page that is missing there fails tests/test_access.py, so none is
forgotten here. Each is opened once for each role and then looked at in every way.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from types import ModuleType
from urllib.parse import urlsplit

import pytest
from django.http import HttpResponseBase
from django.test import Client as Browser
from playwright.sync_api import Page

from accounts.features import Feature
from accounts.models import Login
from accounts.tenancy import everywhere
from notifications.outbox.mail import FORMS
from notifications.unsubscribe_links import link_for
from tests import access
from tests.access.rows import ROLES
from tests.conftest import Practice
from tests.journeys.axe import ABOUT_COLOURS, serious_violations
from tests.journeys.conftest import DESK, PHONE, Sits
from tests.journeys.site import Site, send_everything_due
from tests.pages import signed_in
from tests.test_access import Route, address

SHAPE = """() => ({
  headings: document.querySelectorAll("h1").length,
  language: document.documentElement.lang,
  title: document.title,
  tooWide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
})"""


ENOUGH = len("– Blink") + 2  # characters of a title that says more than whose page it is


def faults(page: Page) -> Iterator[str]:
    """What is wrong with the page that is open."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for device in (DESK, PHONE):
            page.set_viewport_size({"width": device.width, "height": device.height})
            shape = page.evaluate(SHAPE)
            if shape["tooWide"] > 0:
                yield f"{device.width} {scheme}: scrolls sideways by {shape['tooWide']} px"
            rules = ABOUT_COLOURS if scheme == "dark" else ()  # all that dark changes
            yield from (f"{device.width} {scheme}: {each}" for each in serious_violations(page, *rules))
    if shape["headings"] != 1 or not shape["language"] or len(shape["title"]) < ENOUGH:
        yield f"any width: {shape['headings']} h1, in {shape['language']!r}, entitled {shape['title']!r}"


def look_at_all(page: Page, site: Site, paths: list[str]) -> None:
    """Fails with all that is wrong with any of them."""
    found = []
    for path in paths:
        page.goto(site.address + path)
        found += [f"{path} at {fault}" for fault in faults(page)]
    assert not found, "\n".join(found)


def shown(browser: Browser, paths: list[str]) -> list[str]:
    """Those of them that are pages; not a calendar file or a PDF. Fails if one is not shown, or if none is a page."""
    answers = {path: browser.get(path) for path in paths}
    assert {path: answer.status_code for path, answer in answers.items() if answer.status_code != 200} == {}
    pages = [path for path, answer in answers.items() if is_page(answer)]
    assert pages
    return pages


def is_page(response: HttpResponseBase) -> bool:
    return response["Content-Type"].startswith("text/html")


Objects = dict[str, Sequence[int | str]]


def of_app(app: ModuleType, role: str, objects: Objects) -> list[str]:
    """The addresses that this role is shown by the table of one app, with one of each of these objects."""
    rows = {pattern: row for pattern, row in app.ROWS.items() if row.get[ROLES.index(role)] == 200}
    return [address(Route(pattern, ""), objects.get(row.of, [])) for pattern, row in rows.items()]


@pytest.fixture
def busy(site: Site, practice: Practice) -> Practice:
    """A practice with something on every page; its owner has every permission."""
    with everywhere("the test"):
        practice.owner.is_schedule_admin = True
        practice.owner.save()
    practice.appointment(starts_in=timedelta(hours=24))
    practice.appointment(starts_in=timedelta(hours=3))
    practice.appointment(starts_in=timedelta(hours=-30))
    send_everything_due()
    return practice


@pytest.mark.parametrize("app", access.APPS, ids=lambda app: app.__name__.rpartition(".")[2])
@pytest.mark.parametrize("role", ["owner", "mom"])
def test_pages_of_members_W1(app: ModuleType, role: str, site: Site, busy: Practice, desk: Sits) -> None:
    login: Login = getattr(busy, role)
    paths = shown(signed_in(login), of_app(app, role, access.member_objects(busy)))
    look_at_all(desk(login).is_signed_in().page, site, paths)


@pytest.mark.parametrize("role", ["owner", "mom"])
def test_the_home_page_and_one_that_is_not_there_W1(role: str, site: Site, busy: Practice, desk: Sits) -> None:
    login: Login = getattr(busy, role)
    look_at_all(desk(login).is_signed_in().page, site, ["/", "/no/such/page/"])


def test_pages_of_visitors_W1(site: Site, busy: Practice, desk: Sits) -> None:
    """Signing in and what is on the way to it; the outbox of the embedded default; stopping emails by their link."""
    email = site.latest_email(to=busy.mom).pk
    outbox = ["", "record/", f"people/{busy.mom.pk}/", *(f"emails/{email}/?form={form}" for form in FORMS)]
    objects = access.member_objects(busy)
    entrance = [path for app in access.APPS for path in of_app(app, "anonymous", objects)]
    unsubscribe = urlsplit(link_for(busy.mom, Feature.APPOINTMENTS)).path
    paths = [
        "/",
        "/no/such/page/",
        *(f"/outbox/{path}" for path in outbox),
        *shown(Browser(), [*entrance, unsubscribe]),
    ]
    paths.append(f"{unsubscribe}cut")
    assert "/account/login/" in paths
    look_at_all(desk().page, site, paths)
