"""How a person works a page: with a mouse or a finger, or with the keyboard alone.

Both do the same things to the same fields and buttons, so a journey is written once and walked both ways.
"""

from datetime import datetime
from typing import Any, Protocol

from playwright.sync_api import Locator, Page, expect

MOST_TABS = 400  # more than any page has to stop at


class Hands(Protocol):
    def press(self, target: Locator) -> None:
        """A link or a button."""

    def write(self, field: Locator, text: str) -> None:
        """Replace what is in a field. Dates and times in ISO form, as the field's value has them."""

    def pick(self, field: Locator, option: str) -> None:
        """An option of a list, by its words."""

    def set(self, box: Locator, *, on: bool) -> None:
        """A check box; or a radio button, on."""


class Pointer:
    """A mouse, or a finger where the screen is one to touch."""

    def __init__(self, page: Page, *, touch: bool) -> None:
        self._touch = touch

    def press(self, target: Locator) -> None:
        if self._touch:
            target.tap()
        else:
            target.click()

    def write(self, field: Locator, text: str) -> None:
        field.fill(text)

    def pick(self, field: Locator, option: str) -> None:
        field.select_option(label=option)

    def set(self, box: Locator, *, on: bool) -> None:
        if box.is_checked() != on:
            self.press(box)
        expect(box).to_be_checked(checked=on)


# The element that has the focus, in a word or two, for the message that something is never reached.
FOCUSED = """() => {
  const at = document.activeElement;
  const name = at?.getAttribute("aria-label") || at?.innerText || at?.name || "";
  return at ? `${at.tagName.toLowerCase()} ${name}`.slice(0, 60) : "";
}"""
# Whether this element has the focus; of radio buttons, whether any of its group has.
IS_REACHED = """(target) => {
  const at = document.activeElement;
  return at === target || (target.type === "radio" && at.type === "radio" && at.name === target.name);
}"""
# Whether one can see where the focus is: an outline or a shadow, on it, its label, what surrounds it or lies over it.
IS_SEEN = """(target) => {
  const hasOutline = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  const isMarked = (each, part) => {
    const style = getComputedStyle(each, part);
    return hasOutline(style) || style.boxShadow !== "none";
  };
  const at = document.activeElement;
  const around = [at, at.parentElement, at.closest("li, label, .card"), ...(at.labels || [])];
  return around.some((each) => each && [null, "::before", "::after"].some((part) => isMarked(each, part)));
}"""


class Keyboard:
    """Keys alone: Tab to get there, Enter, Space and arrows to act. What has the focus must show it (W1)."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def reach(self, target: Locator) -> None:
        """Tab until it has the focus. Fails where the keyboard never gets to it."""
        expect(target).to_be_visible()
        passed: list[str] = []
        while not target.evaluate(IS_REACHED):
            passed.append(self._page.evaluate(FOCUSED))
            assert len(passed) < MOST_TABS, f"the keyboard never reaches {target}; it passed {passed[:80]}"
            self._page.keyboard.press("Tab")
        assert target.evaluate(IS_SEEN), f"one cannot see that {target} has the focus"

    def press(self, target: Locator) -> None:
        self.reach(target)
        self._page.keyboard.press("Enter")

    def write(self, field: Locator, text: str) -> None:
        self.reach(field)
        kind = field.get_attribute("type") or ""
        if kind in TYPED:
            self._page.keyboard.press("Delete")
            self._page.keyboard.type(_as_typed(kind, text))
        else:
            self._page.keyboard.press("ControlOrMeta+a")
            self._page.keyboard.press("Delete")
            self._page.keyboard.insert_text(text)
        expect(field).to_have_value(text)

    def pick(self, field: Locator, option: str) -> None:
        self.reach(field)
        labels = [" ".join(label.split()) for label in field.locator("option").all_inner_texts()]
        assert option in labels, f"{option!r} is not among {labels}"
        self._page.keyboard.press("Home")
        for _each in labels:
            if self._chosen(field) == option:
                return
            self._page.keyboard.press("ArrowDown")
        raise AssertionError(f"the keyboard cannot choose {option!r}")

    def set(self, box: Locator, *, on: bool) -> None:
        self.reach(box)
        if box.get_attribute("type") == "radio":
            for _each in range(MOST_TABS):
                if box.is_checked():
                    return
                self._page.keyboard.press("ArrowDown")
        elif box.is_checked() != on:
            self._page.keyboard.press("Space")
        expect(box).to_be_checked(checked=on)

    def _chosen(self, field: Locator) -> str:
        words: Any = field.evaluate("(list) => list.selectedOptions[0]?.label ?? ''")
        return " ".join(str(words).split())


# How an American types a date and a time, field by field; the browser of a journey is one.
TYPED = {"date": "%m%d%Y", "time": "%I%M%p", "datetime-local": "%m%d%Y\t%I%M%p"}


def _as_typed(kind: str, text: str) -> str:
    moment = datetime.strptime(text, "%H:%M") if kind == "time" else datetime.fromisoformat(text)  # noqa: DTZ007 (a wall clock's)
    return moment.strftime(TYPED[kind])
