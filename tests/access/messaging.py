"""Who gets what at the addresses of messaging."""

from tests.access.rows import Row
from tests.conftest import Practice

ROWS: dict[str, Row] = {}


def objects(practice: Practice) -> dict[str, list[int]]:
    """One of everything that has an address here, by what rows call it. Runs in the practice's scope."""
    return {}
