"""Watching a browser for what no page of ours may do, whatever else a journey looks at.

Trouble is: a request to another host; an error in the console, a breach of the content security policy among them;
an uncaught error of a script; an answer of 500 and above; a file or a fragment that is not there. A page itself may
answer 4xx: then the journey says what it expects to see.
"""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

NOT_LOADED = "Failed to load resource"  # how the console repeats what an answer already said
GIVEN_UP = ("net::ERR_ABORTED",)  # by the browser itself, on its way to another page, or for a download


class Watch:
    """All the trouble of one context, in words; empty if there is none."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.trouble: list[str] = []
        self._host = urlsplit(address).netloc
        context.on("request", self._asked)
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)
        context.on("console", self._said)
        context.on("weberror", self._broke)

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob", "about"} and parts.netloc != self._host:
            self.trouble.append(f"asked another host: {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure not in GIVEN_UP:
            self.trouble.append(f"not loaded: {request.url} ({request.failure})")

    def _answered(self, response: Response) -> None:
        asked = response.request
        is_page = asked.is_navigation_request() and asked.resource_type == "document"
        if response.status >= (500 if is_page else 400):
            self.trouble.append(f"answered {response.status}: {response.url}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(NOT_LOADED):
            self.trouble.append(f"the console says: {message.text} ({message.location.get('url', '')})")

    def _broke(self, error: WebError) -> None:
        self.trouble.append(f"a script failed: {error.error}")
