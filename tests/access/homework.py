"""Who gets what at the addresses of homework."""

from tests.access.rows import Row, row
from tests.conftest import Practice
from tests.homework.conftest import add

#    anonymous mom stranger therapist colleague owner outsider
ROWS: dict[str, Row] = {
    "homework/": row("302 404 404 200 200 200 200"),
    "homework/add/": row("302 404 404 200 200 200 200", "302 404 404 200 200 200 200"),  # asks for whom
    "homework/<int:pk>/": row("302 404 404 200 404 200 404", "302 404 404 405 405 405 405", of="homework"),
    "homework/<int:pk>/edit/": row("302 404 404 200 404 200 404", "302 404 404 200 404 200 404", of="homework"),
    "homework/<int:pk>/delete/": row("302 404 404 200 404 200 404", "302 404 404 302 404 302 404", of="homework"),
    "homework/<int:pk>/done/": row("302 404 404 405 405 405 405", "302 404 404 302 404 302 404", of="homework"),
    "homework/<int:pk>/not-done/": row("302 404 404 405 405 405 405", "302 404 404 302 404 302 404", of="homework"),
    "my/homework/": row("302 200 200 404 404 404 404"),
    "my/homework/<int:pk>/": row("302 200 404 404 404 404 404", "302 405 405 404 404 404 404", of="homework"),
    "my/homework/<int:pk>/done/": row("302 405 405 404 404 404 404", "302 302 404 404 404 404 404", of="homework"),
    "my/homework/<int:pk>/not-done/": row("302 405 405 404 404 404 404", "302 302 404 404 404 404 404", of="homework"),
}


def objects(practice: Practice) -> dict[str, list[int]]:
    """One of everything that has an address here, by what rows call it. Runs in the practice's scope."""
    return {"homework": [add(practice).pk]}
