"""One process per data folder: a second one is told so, before it touches anything."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class InUse(Exception):
    """Another process has the folder. The message is what it noted about itself."""


@contextmanager
def sole_owner(folder: Path) -> Iterator[Callable[[str], None]]:
    """Own the folder until the block ends, or until the process dies however it dies.

    Yields a function that notes who the owner is, for those who come later. Raises InUse.
    """
    # Not removed afterwards: whoever waits for a removed file would own nothing.
    with (folder / "owner").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise InUse(file.read().strip() or "another process") from None

        def note(words: str) -> None:
            file.truncate(0)
            file.write(words)
            file.flush()

        note(f"process {os.getpid()}")
        yield note
        file.truncate(0)
