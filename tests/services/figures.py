"""What a test measured, in a line that can be quoted; pytest shows it with `-s`."""

import statistics
import sys
from collections.abc import Sequence


def figures(*words: object) -> None:
    """Print one line."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")


def milliseconds(seconds: Sequence[float]) -> str:
    """The median and the longest of some times."""
    return f"p50 {statistics.median(seconds) * 1000:.2f} ms, max {max(seconds) * 1000:.2f} ms"
