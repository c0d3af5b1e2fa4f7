"""The worker: a real Celery worker, its consumer and its pool as threads of this process."""

import logging
import threading

from celery import Celery
from celery.worker import WorkController, state

NAME = "embedded@localhost"
THREADS = 2  # SQLite's writers queue anyway: one to send, one so that the scan need not wait for it


class Worker:
    """Not `celery.apps.worker.Worker`: that one takes over the process, with its signals, logs and banner."""

    name = "worker"

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._ready = threading.Event()
        self._controller = WorkController(
            app=app,
            hostname=NAME,
            pool="threads",
            concurrency=THREADS,
            ready_callback=lambda consumer: self._ready.set(),
            use_eventloop=False,  # it would exchange locks that the other threads need
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        self.thread = threading.Thread(target=self._controller.start, name="worker", daemon=True)

    def is_running(self) -> bool:
        """Whether it takes tasks."""
        return self._ready.is_set() and self.thread.is_alive()

    def stop(self) -> None:
        """End the way a worker ends at SIGTERM: nothing new is taken, what is under way is finished."""
        # What Celery's own signal handlers set; before it is up it hears nothing else.
        setattr(state, "should_stop", 0)  # noqa: B010 (Celery's types take its starting value, None, for its type)
        # It looks at that only every few seconds, but a message it takes at once. It would warn of our own wish.
        logging.getLogger("celery.worker.control").setLevel(logging.ERROR)
        self._app.control.shutdown(destination=[NAME])
