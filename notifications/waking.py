"""Waking the workers, without ever making anybody wait for the broker.

The ledger is the queue, so a wake-up carries nothing: it says "there is work". One thread per process publishes
them, so a request spends no time on the network; many wake-ups in a moment become one; and after a failure the
thread stops trying for a while, because the sweep finds the work within 15 seconds anyway.
See docs/decisions/0003-waking.md.
"""

import atexit
import logging
import os
import threading
import time

logger = logging.getLogger(__name__)

PAUSE_AFTER_FAILURE = 30.0  # seconds; two sweeps
FLUSH_AT_EXIT = 2.0  # seconds that a short-lived command waits for its last wake-up


class Waker:
    """A thread that turns any number of `wake()` calls into one published task at a time."""

    def __init__(self) -> None:
        self._wanted = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._pid = 0
        self.paused_until = 0.0

    def wake(self) -> None:
        """Ask for a worker; returns at once, raises nothing."""
        if time.monotonic() < self.paused_until:
            return
        self._ensure_thread()
        self._idle.clear()
        self._wanted.set()

    def flush(self, timeout: float) -> bool:
        """Wait until what was asked for is published, at most `timeout` seconds. True if it is."""
        return self._idle.wait(timeout)

    def _ensure_thread(self) -> None:
        with self._lock:
            # A forked server process inherits the object but not the thread.
            if self._thread is None or self._pid != os.getpid() or not self._thread.is_alive():
                self._pid = os.getpid()
                self._wanted, self._idle = threading.Event(), threading.Event()
                self._thread = threading.Thread(target=self._run, name="waker", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        wanted, idle = self._wanted, self._idle
        while True:
            wanted.wait()
            wanted.clear()
            self._publish()
            if not wanted.is_set():
                idle.set()

    def _publish(self) -> None:
        from notifications.tasks import deliver  # tasks import what wakes them

        try:
            deliver.apply_async(expires=60, retry=False)
        except Exception as error:  # noqa: BLE001 (whatever the broker's client raises, the sweep takes over)
            self.paused_until = time.monotonic() + PAUSE_AFTER_FAILURE
            logger.warning("The broker took no wake-up (%s); the sweep takes over.", type(error).__name__)


_waker = Waker()
wake = _waker.wake
atexit.register(_waker.flush, FLUSH_AT_EXIT)
