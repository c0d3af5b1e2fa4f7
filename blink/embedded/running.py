"""Starting the parts in order, watching them, and stopping them in order."""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from celery import Celery
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connections

from blink import health
from blink.celery import app as celery_app
from blink.demo import story
from blink.demo.loading import belongs_here, load_if_empty
from blink.embedded.beat import Beat
from blink.embedded.lock import InUse, sole_owner
from blink.embedded.stopping import StopWish
from blink.embedded.web import PortUnavailable, Web
from blink.embedded.worker import Worker
from notifications.waking import wake
from scheduling.tasks import scan

logger = logging.getLogger(__name__)

LOOK_EVERY = 0.2  # seconds
READY_WITHIN = 30.0  # seconds
STOP_WITHIN = 8.0  # seconds


class CannotRun(Exception):
    """Blink cannot start, or had to stop; the message is for the person at the terminal."""


class Part(Protocol):
    """What runs in a thread of its own. `is_running` is whether it does its work just now."""

    name: str
    thread: threading.Thread

    def is_running(self) -> bool: ...
    def stop(self) -> None: ...


def run(*, port: int, say: Callable[[str], None], welcome: Callable[[str], str]) -> None:
    """Run until somebody wishes it to stop. `welcome` makes the first words from the address.

    In the main thread. Raises CannotRun.
    """
    try:
        with StopWish() as wish, sole_owner(settings.DATA_DIR) as note:
            web = Web(get_wsgi_application(), port)
            note(f"process {os.getpid()}, {web.address}")
            _run(web, wish, say, welcome)
    except InUse as owner:
        raise CannotRun(f"Blink is already running in this folder ({owner}). Stop it there first.") from None
    except PortUnavailable as why:
        raise CannotRun(str(why)) from None


def _run(web: Web, wish: StopWish, say: Callable[[str], None], welcome: Callable[[str], str]) -> None:
    started: list[Part] = []

    def start(part: Part) -> None:
        health.checks[part.name] = part.is_running
        part.thread.start()
        started.append(part)

    prepared = False
    health.checks["prepared"] = lambda: prepared
    try:
        start(web)
        _prepare(say)
        if wish.is_wished():
            return
        for part in _workers(celery_app):
            start(part)
        _wait_until_ready(started, wish)
        if wish.is_wished():
            return
        # Nobody waits for the next full minute: what is due, or was left over, goes out now.
        scan.delay()
        wake()
        web.open()
        prepared = True  # not before: whoever sees 200 may ask for a page, and it is there
        say(welcome(web.address))
        _watch(started, wish)
        say("Stopping...")
    finally:
        _stop(started)


def _prepare(say: Callable[[str], None]) -> None:
    """Tables, and on an empty database the demo. Safe to repeat."""
    call_command("migrate", interactive=False, verbosity=0)
    if not belongs_here():
        say(
            "The demo is not loaded: it is only for SQLite with DELIVERY=outbox. "
            "`.venv/bin/python manage.py createsuperuser` makes a platform admin."
        )
    elif load_if_empty():
        say("The demo is loaded: three practices, their staff, families and appointments.")
    connections.close_all()


def _workers(app: Celery) -> Sequence[Part]:
    app.set_default()
    return Worker(app), Beat(app)


def _wait_until_ready(parts: Sequence[Part], wish: StopWish) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while late := [part.name for part in parts if not part.is_running()]:
        if wish.is_wished():
            return
        if time.monotonic() > deadline:
            raise CannotRun(f"Blink could not start: {', '.join(late)} did not come up.")
        time.sleep(0.05)


def _watch(parts: Sequence[Part], wish: StopWish) -> None:
    """Until the wish to stop; raises CannotRun if a part ends by itself."""
    tale = story.Teller()
    while not wish.is_wished():
        if ended := [part.name for part in parts if not part.thread.is_alive()]:
            raise CannotRun(f"Blink stopped, because this part of it ended: {', '.join(ended)}.")
        tale.go_on()
        time.sleep(LOOK_EVERY)


def _stop(parts: Sequence[Part]) -> None:
    """Stop all at once. What does not end in time is left to the ledger's lease: nothing is lost or doubled."""
    deadline = time.monotonic() + STOP_WITHIN
    for part in reversed(parts):
        part.stop()
    for part in parts:
        part.thread.join(max(0.0, deadline - time.monotonic()))
    late = [part.name for part in parts if part.thread.is_alive()]
    connections.close_all()
    if late:
        logger.warning("Not waiting any longer for: %s. What it was sending is taken up again later.", ", ".join(late))
        # A pool's threads would keep the interpreter from ending.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)
