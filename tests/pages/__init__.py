"""What tests of pages share: a browser that is signed in, and lists whose cost does not grow with their rows."""

from collections.abc import Callable

from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.middleware import CHOSEN
from accounts.models import Login


def signed_in(login: Login) -> Browser:
    """A browser whose user works as this login."""
    browser = Browser()
    browser.force_login(login.user, backend="django.contrib.auth.backends.ModelBackend")
    session = browser.session
    session[CHOSEN] = login.pk
    session.save()
    return browser


def queries_of(browser: Browser, url: str) -> list[str]:
    """The queries of a page that is shown."""
    browser.get(url)  # whatever is cached for good, is by now
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = browser.get(url)
    assert response.status_code == 200, f"{url} answers {response.status_code}"
    return [query["sql"] for query in captured.captured_queries]


def same_queries(browser: Browser, url: str, add: Callable[[int], object], *, rows: int = 50) -> None:
    """Assert that the page takes the same number of queries with 1 row and with 50; `add(number)` makes one."""
    add(0)
    one = queries_of(browser, url)
    for number in range(1, rows):
        add(number)
    many = queries_of(browser, url)
    assert len(many) == len(one), "\n".join([f"{len(one)} queries became {len(many)}:", *many])
