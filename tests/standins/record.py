"""What a stand-in accepted: kept in memory for the test that started it, in a file for other processes."""

import json
import threading
from pathlib import Path
from typing import Generic, TypeVar

Entry = TypeVar("Entry")


class Record(Generic[Entry]):
    """Entries by key in the order they came. Safe to use from several threads.

    With a `log`, each entry is appended there as one line of JSON and flushed before `add` returns, so that
    a line is there for everything the provider took responsibility for, however the process ends.
    """

    def __init__(self, log: Path | None = None) -> None:
        self._changed = threading.Condition()
        self._entries: dict[str, Entry] = {}
        self._log = log

    def add(self, key: str, entry: Entry, line: dict[str, object]) -> None:
        """Keep an entry; `line` is what the log says of it."""
        with self._changed:
            if self._log is not None:
                with self._log.open("a", encoding="utf-8") as log:
                    log.write(json.dumps(line) + "\n")
            self._entries[key] = entry
            self._changed.notify_all()

    def replace(self, key: str, entry: Entry) -> None:
        """Put another entry in the place of one that is there. The log keeps what was first said."""
        with self._changed:
            if key not in self._entries:
                raise KeyError(key)
            self._entries[key] = entry
            self._changed.notify_all()

    def get(self, key: str) -> Entry | None:
        """One entry, or None."""
        with self._changed:
            return self._entries.get(key)

    def all(self) -> tuple[Entry, ...]:
        """Every entry, oldest first."""
        with self._changed:
            return tuple(self._entries.values())

    def wait_for(self, count: int, *, within: float) -> tuple[Entry, ...]:
        """Every entry once there are `count`. Raises TimeoutError after `within` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._entries) >= count, within):
                raise TimeoutError(f"{len(self._entries)} of {count} within {within} seconds")
            return tuple(self._entries.values())

    def clear(self) -> None:
        """Forget every entry; the log stays."""
        with self._changed:
            self._entries.clear()
