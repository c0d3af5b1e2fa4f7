"""axe-core on a page: what it finds that keeps people from using it (W1).

axe runs as the tester's own script, which the page's content security policy does not concern: the policy stays on.
"""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

GRAVE = ("serious", "critical")
ABOUT_COLOURS = ("color-contrast", "link-in-text-block")
"""Of the rules that axe applies unless told otherwise, those that have to do with colours (its tag cat.color)."""

RUN = """([rules, grave]) => axe.run(document, {
  resultTypes: ["violations"], elementRef: false,
  ...(rules.length ? {runOnly: {type: "rule", values: rules}} : {}),
}).then((results) => results.violations
  .filter((each) => grave.includes(each.impact))
  .map((each) => [each.id, each.impact, each.help, each.nodes.map((node) => node.html.slice(0, 160))]))"""


def serious_violations(page: Page, *rules: str) -> list[str]:
    """Its serious and critical violations, each in a line, with the first elements that have it.

    With `rules`, only of these.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[Any] = page.evaluate(RUN, [list(rules), GRAVE])
    return [f"{rule} ({impact}): {help_}: {'; '.join(elements[:3])}" for rule, impact, help_, elements in found]


def no_serious_violations(page: Page) -> None:
    """Fails with what axe found on this page as it is now: its width, its colours, what is open in it."""
    assert serious_violations(page) == [], page.url
