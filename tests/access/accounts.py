"""Who gets what at the addresses of accounts."""

from tests.access.rows import Row, row
from tests.conftest import Practice

#    anonymous mom stranger therapist colleague owner outsider
ROWS: dict[str, Row] = {
    "account/": row("302 200 200 200 200 200 200"),
    "account/login/": row("200 302 302 302 302 302 302", "200 302 302 302 302 302 302"),
    "account/logout/": row("302 200 200 200 200 200 200", "302 302 302 302 302 302 302"),
}


def objects(practice: Practice) -> dict[str, list[int]]:
    """One of everything that has an address here, by what rows call it. Runs in the practice's scope."""
    return {"client": [practice.child.pk], "mom": [practice.mom.pk]}
