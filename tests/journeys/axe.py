"""axe-core on a page: what it finds that keeps people from using it (W1).

axe runs as the tester's own script, which the page's content security policy does not concern: the policy stays on.
"""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

GRAVE = ("serious", "critical")
RUN = """([tags, grave]) => axe.run(document, {
  resultTypes: ["violations"], elementRef: false,
  ...(tags.length ? {runOnly: {type: "tag", values: tags}} : {}),
}).then((results) => results.violations
  .filter((each) => grave.includes(each.impact))
  .map((each) => [each.id, each.impact, each.help, each.nodes.map((node) => node.html.slice(0, 160))]))"""


def serious_violations(page: Page, *tags: str) -> list[str]:
    """Its serious and critical violations, each in a line, with the first elements that have it.

    With tags, such as "cat.color", only of axe's rules that bear one of them.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[Any] = page.evaluate(RUN, [list(tags), GRAVE])
    return [f"{rule} ({impact}): {help_}: {'; '.join(elements[:3])}" for rule, impact, help_, elements in found]


def no_serious_violations(page: Page) -> None:
    """Fails with what axe found on this page as it is now: its width, its colours, what is open in it."""
    assert serious_violations(page) == [], page.url
