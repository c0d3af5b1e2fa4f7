"""People with a browser before them. A journey reads as their story:

    maria = phone(practice.mom)
    maria.signs_in()
    maria.opens("My Account")
    maria.ticks("Text")
    maria.presses("Save")
    maria.sees("Saved")

Everything is found as a person finds it: links, buttons and fields by their names, the rest by its words. Each verb
waits until the page is so far, ten seconds at most. After a change, see its confirmation before looking into the
outbox.
"""

import re
from dataclasses import dataclass, replace
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from accounts.models import Login
from notifications.models import OutboxLetter, OutboxMessage
from tests.journeys.hands import Hands
from tests.journeys.site import Site
from tests.pages import signed_in

PASSWORD = "correct horse"  # of the cast
AREAS = "section, form, article, fieldset, dialog, aside, nav, li, tr, figure"


@dataclass(frozen=True)
class Person:
    """Somebody at one page of one browser. `area` is the part of the page that they look at: all of it at first."""

    site: Site
    page: Page
    hands: Hands
    login: Login | None = None
    area: Locator | None = None

    # Getting about

    def goes_to(self, where: str, *args: Any) -> None:
        """An address, or the name of a page and the ids in its address: `goes_to("client", mia.pk)`."""
        path = where if where.startswith(("/", "http:")) else reverse(where, args=args)
        self.page.goto(path if path.startswith("http:") else self.site.address + path)

    def opens(self, name: str) -> None:
        """A link, by its whole name. What it is folded away in, such as the menu on a phone, is opened first."""
        self.hands.press(self._revealed("link", name))

    def opens_about(self, words: str) -> None:
        """The first link with these words in its name: a row of a list, say."""
        named = self._whole().get_by_role("link", name=words)
        expect(named.first).to_be_attached()
        self.hands.press(named.filter(visible=True).first)

    def follows(self, link: str, *, of: OutboxMessage | OutboxLetter) -> None:
        """A link of an email, by its words: the address that it leads to is opened in this browser."""
        found = re.findall(r'<a\b[^>]*href="([^"]+)"[^>]*>(.*?)</a>', of.html, re.DOTALL)
        named = {" ".join(re.sub(r"<[^>]*>", " ", words).split()): href for href, words in found}
        assert link in named, f"the email has no link {link!r}, but {sorted(named)}"
        self.goes_to(named[link].replace("&amp;", "&"))

    def signs_in(self, *, password: str = PASSWORD) -> None:
        """On the sign-in page, with email and password."""
        self.goes_to("/account/login/")
        self.signs_in_here(password=password)

    def signs_in_here(self, *, password: str = PASSWORD) -> None:
        """On the sign-in page that they were led to; it goes on to where they wanted."""
        assert self.login, "nobody without a login signs in"
        self.types("Email", self.login.user.email)
        self.types("Password", password)
        self.presses("Sign in")
        expect(self.page).not_to_have_url(re.compile("/login/"))

    def is_signed_in(self) -> Self:
        """Already, for journeys that are about something else: `tilda = desk(owner).is_signed_in()`."""
        assert self.login, "nobody without a login is signed in"
        session = signed_in(self.login).cookies[settings.SESSION_COOKIE_NAME]
        self.page.context.add_cookies([{"name": session.key, "value": session.value, "url": self.site.address}])
        return self

    # Doing things

    def presses(self, name: str) -> None:
        """A button, by its whole name; what it is folded away in is opened first."""
        self.hands.press(self._revealed("button", name))

    def unfolds(self, words: str) -> None:
        """What is folded away below these words."""
        self.hands.press(self._whole().locator("summary").filter(has_text=words))

    def types(self, label: str, text: str) -> None:
        """Into the field with this label, replacing what is there. Dates and times in ISO form."""
        self.hands.write(self._field(label), text)

    def chooses(self, label: str, option: str) -> None:
        """An option of the list with this label."""
        self.hands.pick(self._field(label), option)

    def ticks(self, label: str) -> None:
        """A check box or a radio button."""
        self.hands.set(self._field(label), on=True)

    def unticks(self, label: str) -> None:
        self.hands.set(self._field(label), on=False)

    def looks_at(self, words: str) -> Self:
        """The innermost part of the page with these words in it: a row, a card, a form. The verbs then keep to it."""
        part = self._whole().locator(AREAS).filter(has_text=words)
        expect(part.last).to_be_visible()
        return replace(self, area=part.last)

    # Seeing

    def sees(self, *words: str) -> None:
        """All of these are on the page, in sight. Upper and lower case count the same, for styles may change them."""
        for said in words:
            expect(self._whole()).to_contain_text(said, use_inner_text=True, ignore_case=True)

    def does_not_see(self, *words: str) -> None:
        for said in words:
            expect(self._whole()).not_to_contain_text(said, use_inner_text=True, ignore_case=True)

    def finds(self, label: str, value: str) -> None:
        """The field with this label holds this value."""
        expect(self._field(label)).to_have_value(value)

    def has_ticked(self, label: str, *, on: bool = True) -> None:
        expect(self._field(label)).to_be_checked(checked=on)

    def is_at(self, path: str) -> None:
        """The path of the page in sight, query and all."""
        expect(self.page).to_have_url(re.compile(re.escape(path) + "$"))

    def finds_nothing_at(self, where: str, *args: Any) -> None:
        """The page is not there for them: it answers 404, and says so."""
        path = where if where.startswith("/") else reverse(where, args=args)
        response = self.page.goto(self.site.address + path)
        assert response, path
        assert response.status == 404, f"{path} answers {response.status}"

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    def _whole(self) -> Locator:
        return self.area or self.page.locator("body")

    def _revealed(self, role: Literal["link", "button"], name: str) -> Locator:
        """The first in sight of this role and name; if there is none, the first that can be unfolded."""
        named = self._whole().get_by_role(role, name=name, exact=True, include_hidden=True)
        expect(named.first).to_be_attached()
        in_sight = named.filter(visible=True)
        if not in_sight.count():
            sheet = named.locator("xpath=ancestor::*[@popover]").first
            expect(sheet, f"{role} {name!r} is not in sight").to_be_attached()
            self.hands.press(self.page.locator(f"[popovertarget={sheet.get_attribute('id')}]").filter(visible=True))
        return in_sight.first

    def _field(self, label: str) -> Locator:
        # The name of a tick may leave out words of its label that are for the eye alone.
        tick = self._whole().get_by_role("checkbox", name=label, exact=True)
        return self._whole().get_by_label(label, exact=True).or_(tick).first
