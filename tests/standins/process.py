"""Run a stand-in as a process of its own."""

import signal
import sys
import threading
from contextlib import AbstractContextManager
from typing import Protocol


class Standin(AbstractContextManager["Standin"], Protocol):
    """What can be run: something with an address while it is entered."""

    @property
    def url(self) -> str: ...


def serve(standin: Standin, *, until_stdin_closes: bool) -> None:
    """Say `ready URL` on standard output and serve until SIGTERM or SIGINT.

    With `until_stdin_closes` also until standard input ends: whoever holds the other end of that pipe takes
    the stand-in with it, however it dies.
    """
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    if until_stdin_closes:

        def read_on() -> None:
            sys.stdin.read()
            told.set()

        threading.Thread(target=read_on, daemon=True).start()
    with standin:
        sys.stdout.write(f"ready {standin.url}\n")
        sys.stdout.flush()
        told.wait()
