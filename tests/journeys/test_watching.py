"""That trouble is noticed: each kind of it made on purpose, in a page of ours."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.axe import serious_violations
from tests.journeys.site import Site
from tests.journeys.watching import Watch


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """The front page, with no scripts running by themselves."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(site.address)
    yield page
    context.close()


@pytest.mark.parametrize(
    ("script", "said"),
    {
        "another host": ("new Image().src = 'http://tracker.example/x.png'", "asked another host: http://tracker"),
        "a style in the page": (
            "document.head.append(Object.assign(document.createElement('style'), {textContent: 'p {color: red}'}))",
            "Content Security Policy",
        ),
        "a script in the page": (
            "document.head.append(Object.assign(document.createElement('script'), {textContent: 'let x = 1'}))",
            "Content Security Policy",
        ),
        "a script that fails": ("setTimeout(() => { throw new Error('torn') })", "a script failed: torn"),
        "a word in the console": ("console.error('oh no')", "the console says: oh no"),
        "a file that is not there": ("new Image().src = '/static/nothing.png'", "answered 404"),
    }.values(),
)
def test_trouble_is_noticed(page: Page, site: Site, script: str, said: str) -> None:
    watch = Watch(page.context, site.address)
    page.evaluate(f"() => {{ {script} }}")
    page.wait_for_timeout(1)
    for _turn in range(200):
        if any(said in each for each in watch.trouble):
            return
        page.wait_for_timeout(25)
    pytest.fail(f"unnoticed; only {watch.trouble}")


def test_no_other_host_is_ever_reached(page: Page) -> None:
    """Not even by a page without a policy: the browser knows no address but this computer's."""
    page.goto("about:blank")
    failed = page.evaluate("() => fetch('http://blink.example/').then(() => '', (error) => error.message)")
    assert failed == "Failed to fetch"


def test_a_page_that_is_at_peace_has_no_trouble(page: Page, site: Site) -> None:
    watch = Watch(page.context, site.address)
    page.goto(f"{site.address}/outbox/")
    page.goto(f"{site.address}/no/such/page/")
    assert watch.trouble == []


def test_axe_finds_what_is_wrong_and_runs_under_the_policy_W1(page: Page) -> None:
    watch = Watch(page.context, page.url)
    assert serious_violations(page) == []
    page.evaluate("() => document.querySelector('main').append(document.createElement('button'))")
    page.evaluate(
        "() => document.querySelector('h1').style.setProperty('color', 'color-mix(in srgb, white 90%, black)')"
    )
    wrong = serious_violations(page)
    assert any(each.startswith("button-name (critical)") for each in wrong), wrong
    assert any(each.startswith("color-contrast (serious)") for each in wrong), wrong
    assert watch.trouble == []
