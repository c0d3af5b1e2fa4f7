"""The beat: Celery's own, in a thread, with its schedule in memory."""

import threading
import time
from typing import Any

from celery import Celery
from celery.beat import Scheduler, Service

STALE_AFTER = 10.0  # seconds without a tick; it ticks every second


class MemoryScheduler(Scheduler):
    """Keeps no file: every start begins the schedule anew, and the first scan does not wait for it."""

    ticked_at = float("-inf")

    def tick(self, *args: Any, **kwargs: Any) -> float:
        pause: float = super().tick(*args, **kwargs)
        MemoryScheduler.ticked_at = time.monotonic()
        return pause


class Beat:
    name = "beat"

    def __init__(self, app: Celery) -> None:
        # A beat that sleeps longer cannot be stopped in reasonable time.
        self._service = Service(app, max_interval=1, scheduler_cls=MemoryScheduler)
        self.thread = threading.Thread(target=self._service.start, name="beat", daemon=True)

    def is_running(self) -> bool:
        return self.thread.is_alive() and time.monotonic() - MemoryScheduler.ticked_at < STALE_AFTER

    def stop(self) -> None:
        self._service.stop()
