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
        self.start_anew()

    def start_anew(self) -> None:
        """Forget everything. A forked process must: it inherits the object, perhaps a held lock, but no thread."""
        self._changed = threading.Condition()
        self._wanted = False
        self._publishing = False
        self._thread: threading.Thread | None = None
        self.paused_until = 0.0  # on the monotonic clock

    def wake(self) -> None:
        """Ask for a worker; returns at once, raises nothing."""
        with self._changed:
            if time.monotonic() < self.paused_until:
                return
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="waker", daemon=True)
                try:
                    self._thread.start()
                except RuntimeError as error:  # the process may have no more threads, or is about to end
                    self._thread = None
                    logger.warning("No thread for a wake-up (%s); the sweep takes over.", error)
                    return
            self._wanted = True
            self._changed.notify_all()

    def flush(self, timeout: float) -> bool:
        """Wait until what was asked for is published or given up, at most `timeout` seconds. True if it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not (self._wanted or self._publishing), timeout)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._wanted)
                self._wanted, self._publishing = False, True
            published = self._publish()
            with self._changed:
                self._publishing = False
                if not published:
                    # What was asked for meanwhile would only fail as slowly again.
                    self._wanted = False
                    self.paused_until = time.monotonic() + PAUSE_AFTER_FAILURE
                self._changed.notify_all()

    def _publish(self) -> bool:
        """Put one message into the broker; False if it took none."""
        from notifications.tasks import deliver  # tasks import what wakes them

        try:
            deliver.apply_async(expires=60, retry=False)
        except Exception as error:  # noqa: BLE001 (whatever the broker's client raises, the sweep takes over)
            logger.warning("The broker took no wake-up (%s); the sweep takes over.", type(error).__name__)
            return False
        return True


_waker = Waker()
wake = _waker.wake
os.register_at_fork(after_in_child=_waker.start_anew)
atexit.register(_waker.flush, FLUSH_AT_EXIT)
