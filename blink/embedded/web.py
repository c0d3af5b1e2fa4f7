"""The web server: waitress, in a thread, on the loopback address only."""

import errno
import threading
from collections.abc import Callable, Iterable
from typing import Any

from waitress import create_server, wasyncore

HOST = "127.0.0.1"
THREADS = 8
STARTING = b"Blink is starting. Try again in a moment.\n"

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class PortUnavailable(Exception):
    """The port cannot be listened on; the message says why and what to do."""


class Web:
    """Listens from the moment it is made, so that a taken port is known before anything else is done.

    Until `open` is called every request but `/healthz` is asked to come back: there may be no tables yet.
    """

    name = "web"

    def __init__(self, application: Application, port: int) -> None:
        """Raises PortUnavailable."""
        self._application = application
        self._opened = False
        self._stopping = False
        self._sockets: dict[int, Any] = {}
        try:
            self._server = create_server(
                self._gate, map=self._sockets, host=HOST, port=port, threads=THREADS, ident=None
            )
        except OSError as error:
            raise PortUnavailable(_why_not(error, port)) from None
        self.address = f"http://{HOST}:{port}"
        self.thread = threading.Thread(target=self._serve, name="web", daemon=True)

    def open(self) -> None:
        self._opened = True

    def is_running(self) -> bool:
        return self.thread.is_alive()

    def stop(self) -> None:
        """Take no more requests; those under way have a few seconds."""
        self._stopping = True
        self._server.pull_trigger()

    def _serve(self) -> None:
        # waitress's own `run` ends only by an exception in the main thread; one round at a time can be stopped.
        while not self._stopping:
            wasyncore.loop(timeout=1, map=self._sockets, count=1, use_poll=True)
        self._server.task_dispatcher.shutdown(timeout=3)
        wasyncore.close_all(self._sockets, ignore_all=True)

    def _gate(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if self._opened or environ["PATH_INFO"] == "/healthz":
            return self._application(environ, start_response)
        headers = [("Content-Type", "text/plain"), ("Retry-After", "2"), ("Cache-Control", "no-store")]
        start_response("503 Service Unavailable", headers)
        return [STARTING]


def _why_not(error: OSError, port: int) -> str:
    another = "Choose another one, for example: make run PORT=8080"
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is already in use by another program. {another}"
    if error.errno == errno.EACCES:
        return f"Port {port} may not be used by this account. {another}"
    return f"Port {port} cannot be used ({error.strerror}). {another}"
