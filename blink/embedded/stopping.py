"""Ctrl-C and SIGTERM, as a wish that the main thread reads when it suits."""

import signal
from types import FrameType
from typing import Any

_WISHES = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class StopWish:
    """While entered, signals to end only make `is_wished` true. In the main thread; the old handlers come back.

    An attribute and not an Event: a handler runs in the middle of whatever the main thread does, and an Event's
    lock may be held just then.
    """

    def __init__(self) -> None:
        self._wished = False
        self._before: dict[int, Any] = {}

    def is_wished(self) -> bool:
        return self._wished

    def __enter__(self) -> "StopWish":
        for number in _WISHES:
            # `nohup` asks that a closed terminal be ignored.
            if number == getattr(signal, "SIGHUP", None) and signal.getsignal(number) == signal.SIG_IGN:
                continue
            self._before[number] = signal.signal(number, self._wish)
        return self

    def __exit__(self, *exc_info: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _wish(self, number: int, frame: FrameType | None) -> None:
        self._wished = True
