"""What a stand-in is told to do differently, and when."""

import threading
from dataclasses import dataclass
from typing import Generic, TypeVar

Behaviour = TypeVar("Behaviour")


@dataclass
class _Line(Generic[Behaviour]):
    behaviour: Behaviour
    at: str
    to: str | None
    times_left: int | None


class Script(Generic[Behaviour]):
    """Behaviours waiting for their cue. First added, first played; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: list[_Line[Behaviour]] = []

    def add(self, behaviour: Behaviour, *, at: str, to: str | None, times: int | None) -> None:
        """Play this at a stage, for one recipient or (None) all, so many times or (None) until `clear`."""
        with self._lock:
            self._lines.append(_Line(behaviour, at, to.casefold() if to else None, times))

    def take(self, *, at: str, to: str | None = None) -> Behaviour | None:
        """The behaviour to play now, counted as played. None: behave as usual."""
        with self._lock:
            for line in self._lines:
                if line.at != at or (line.to is not None and line.to != (to or "").casefold()):
                    continue
                if line.times_left is not None:
                    line.times_left -= 1
                    if line.times_left <= 0:
                        self._lines.remove(line)
                return line.behaviour
        return None

    def clear(self) -> None:
        """Behave as usual from now on."""
        with self._lock:
            self._lines.clear()
