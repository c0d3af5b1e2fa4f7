"""Server time: from the call of the WSGI application to the last byte of what it answers, in a warm process."""

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from wsgiref.util import setup_testing_defaults

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.models import Login

WARM_UP = 10


@dataclass(frozen=True)
class Took:
    """Milliseconds; queries of one request; size in kB."""

    p50: float
    p95: float
    longest: float
    queries: int
    size: float


class Visitor:
    """Somebody signed in as this login (None: nobody), asking for pages as a browser does."""

    def __init__(self, login: Login | None) -> None:
        browser = Browser()
        if login:
            browser.force_login(login.user, backend="django.contrib.auth.backends.ModelBackend")
        self._cookies = "; ".join(f"{name}={cookie.value}" for name, cookie in browser.cookies.items())
        self._application = WSGIHandler()

    def get(self, address: str, query: dict[str, Any]) -> bytes:
        """The body of a page that is shown; another answer is an error of the list of pages."""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": address,
            "QUERY_STRING": urlencode(query),
            "HTTP_COOKIE": self._cookies,
            "HTTP_ACCEPT_LANGUAGE": "en-US,en",
        }
        setup_testing_defaults(environ)
        said: list[str] = []

        def start_response(status: str, _headers: Any, _error: Any = None, /) -> Callable[[bytes], object]:
            said.append(status)
            return bytes  # to write with; nobody does any more

        response: Iterable[bytes] = self._application(environ, start_response)
        body = b"".join(response)
        if close := getattr(response, "close", None):
            close()
        if said != ["200 OK"]:
            raise RuntimeError(f"{address} answers {said}")
        return body


def measure(visitor: Visitor, address: str, query: dict[str, Any], *, times: int) -> Took:
    for _each in range(WARM_UP):
        body = visitor.get(address, query)
    with CaptureQueriesContext(connection) as captured:
        visitor.get(address, query)
    queries = len(captured)  # now: the next request starts the log anew
    took = []
    for _each in range(times):
        begun = time.perf_counter()
        visitor.get(address, query)
        took.append((time.perf_counter() - begun) * 1000)
    return Took(
        p50=statistics.median(took),
        p95=statistics.quantiles(took, n=20, method="inclusive")[-1],
        longest=max(took),
        queries=queries,
        size=len(body) / 1000,
    )
