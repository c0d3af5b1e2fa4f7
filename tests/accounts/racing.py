"""Several threads doing the same thing at the same moment, each with a database connection of its own."""

import threading
from collections.abc import Callable
from typing import TypeVar

from django.db import connection

T = TypeVar("T")


def race(act: Callable[[], T], threads: int = 4) -> list[T]:
    """What each thread's `act` returned. An exception in one of them is raised here."""
    answers: list[T] = []
    errors: list[BaseException] = []
    start = threading.Barrier(threads)

    def run() -> None:
        try:
            start.wait(10)
            answers.append(act())
        except BaseException as error:  # noqa: BLE001 (raised again below, where the test sees it)
            errors.append(error)
        finally:
            connection.close()

    running = [threading.Thread(target=run) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(30)
    if errors:
        raise errors[0]
    return answers
