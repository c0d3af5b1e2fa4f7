"""`make screenshots`: the pictures in docs/screenshots, made anew from the demo.

Which pages is in docs/screenshots/pages.toml; `python -m tests.journeys.screenshots record forecast` takes only these.
Blink runs on a database of its own in a temporary folder, always at the same moment, so that a picture changes only
where the page does. Words in a face that the machine lacks may look a little different on another one.
"""

import io
import os
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import time_machine
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.journeys import chromium

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
NOW = datetime(2026, 11, 18, 17, 30, tzinfo=UTC)  # half past nine in Seattle
LARGEST = 150_000  # bytes of one picture
COLOURS = (128, 64, 32)  # as many as fit
Scheme = Literal["light", "dark"]


@dataclass(frozen=True)
class Screen:
    width: int
    height: int
    tallest: int  # what is longer is cut off
    scale: int


SCREENS = (Screen(360, 740, 1200, 2), Screen(1280, 800, 1000, 1))


@dataclass(frozen=True)
class Shot:
    """One page of pages.toml."""

    name: str
    who: str = ""
    path: str = "/"
    opens: tuple[str, ...] = field(default_factory=tuple)
    dark: bool = False
    unsubscribes: str = ""

    @classmethod
    def all(cls) -> "list[Shot]":
        """Raises TypeError where pages.toml says something that is not known."""
        pages: list[dict[str, Any]] = tomllib.loads((FOLDER / "pages.toml").read_text())["page"]
        return [cls(**{**page, "opens": tuple(page.get("opens", ()))}) for page in pages]


@contextmanager
def demo() -> Iterator[str]:
    """Blink with its demo, minutes after it was started; yields the address. Its clock stands still."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update({"DATA_DIR": folder, "BLINK_ENV_FILE": os.devnull, "DELIVERY": "outbox"})
        os.environ.update({"DATABASE_URL": "", "REDIS_URL": "", "LOG_LEVEL": "WARNING"})
        os.environ["DJANGO_SETTINGS_MODULE"] = "blink.settings"
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # see `tests/journeys/conftest.py`
        import django

        django.setup()
        from django.conf import settings
        from django.core.handlers.wsgi import WSGIHandler
        from django.core.management import call_command

        from blink.demo import story
        from blink.demo.loading import load_if_empty
        from tests.journeys.site import send_everything_due, serving

        call_command("migrate", interactive=False, verbosity=0)
        with time_machine.travel(NOW, tick=False) as clock, serving(WSGIHandler()) as address:
            settings.PUBLIC_URL = address
            load_if_empty()
            for _minute in range(6):
                send_everything_due()
                story.go_on()
                clock.shift(timedelta(minutes=1))
            yield address


def login_of(email: str) -> Any:
    """A demo's person. Raises LookupError if there is none."""
    from accounts.models import Login
    from accounts.tenancy import everywhere

    with everywhere("pictures of the whole demo"):
        login = Login.objects.active().select_related("user").filter(user__email=email).first()
    if login is None:
        raise LookupError(f"pages.toml: the demo has no {email}")
    return login


def cookie_of(email: str) -> Any:
    """The session of a demo's person, signed in."""
    from tests.pages import signed_in

    (cookie,) = signed_in(login_of(email)).cookies.values()
    return cookie


def beginning(address: str, shot: Shot) -> str:
    """Where the way to a page begins."""
    from accounts.features import Feature
    from notifications.unsubscribe_links import link_for

    if shot.unsubscribes:
        return link_for(login_of(shot.unsubscribes), Feature.APPOINTMENTS)
    return address + shot.path


def take(browser: Browser, address: str, shot: Shot, screen: Screen, scheme: Scheme) -> bytes:
    """A picture of the page from its top, as PNG."""
    context = browser.new_context(
        viewport={"width": screen.width, "height": screen.height},
        device_scale_factor=screen.scale,
        color_scheme=scheme,
        reduced_motion="reduce",
        locale="en-US",
        timezone_id="America/Los_Angeles",
    )
    if shot.who:
        cookie = cookie_of(shot.who)
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
    page = context.new_page()
    page.goto(beginning(address, shot))
    for words in shot.opens:
        link = page.get_by_role("main").get_by_role("link", name=words)
        if not link.count():
            raise LookupError(f"pages.toml: on the way to {shot.name} there is no link {words!r}")
        link.first.click()
    page.wait_for_load_state("networkidle")
    tall: int = page.evaluate("() => document.documentElement.scrollHeight")
    page.set_viewport_size({"width": screen.width, "height": min(max(tall, screen.height), screen.tallest)})
    page.evaluate("() => window.scrollTo(0, 0)")
    png = page.screenshot(animations="disabled")
    context.close()
    return png


def lighter(png: bytes) -> bytes:
    """The same picture in few colours, as small as it gets. Raises ValueError if that is still too large."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in COLOURS:
        kept = io.BytesIO()
        picture.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
            kept, "PNG", optimize=True
        )
        if kept.tell() <= LARGEST:
            return kept.getvalue()
    raise ValueError(f"{kept.tell()} bytes even in {COLOURS[-1]} colours")


def main() -> None:
    wanted = sys.argv[1:]
    shots = [shot for shot in Shot.all() if not wanted or shot.name in wanted]
    for old in () if wanted else FOLDER.glob("*.png"):
        old.unlink()
    with demo() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.found(), args=chromium.arguments())
        for shot in shots:
            schemes: tuple[Scheme, ...] = ("light", "dark") if shot.dark else ("light",)
            for scheme in schemes:
                for screen in SCREENS:
                    ending = "-dark" if scheme == "dark" else ""
                    file = FOLDER / f"{shot.name}-{screen.width}{ending}.png"
                    file.write_bytes(lighter(take(browser, address, shot, screen, scheme)))
                    print(f"{file.name:<40}{file.stat().st_size / 1000:>6.0f} kB")
        browser.close()


if __name__ == "__main__":
    main()
