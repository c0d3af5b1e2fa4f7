"""Who gets what at the addresses of notifications."""

from notifications.models import TextThread
from tests.access.rows import Row, row
from tests.conftest import Practice
from tests.notifications.replies import write

#    anonymous mom stranger therapist colleague owner outsider
ROWS: dict[str, Row] = {
    "account/preferences/": row("302 302 302 302 302 302 302", "302 302 302 302 302 302 302"),
    "account/emails-again/": row("302 302 302 302 302 302 302", "302 302 302 302 302 302 302"),
    "account/notifications/": row("302 200 200 200 200 200 200"),
    "logins/<int:pk>/preferences/": row("302 404 404 302 404 302 404", "302 404 404 302 404 302 404", of="mom"),
    "record/": row("302 404 404 200 200 200 200"),
    "record/clients/<int:pk>/": row("302 404 404 200 404 200 404", "302 404 404 405 405 405 405", of="client"),
    "record/logins/<int:pk>/": row("302 404 404 200 404 200 404", "302 404 404 405 405 405 405", of="mom"),
    "replies/": row("302 404 404 200 200 200 200"),
    "replies/<int:pk>/": row("302 404 404 200 404 200 404", "302 404 404 405 405 405 405", of="text thread"),
    "replies/<int:pk>/done/": row("302 404 404 405 405 405 405", "302 404 404 302 404 302 404", of="text thread"),
    "forecast/": row("302 404 404 200 200 200 200"),
}


def objects(practice: Practice) -> dict[str, list[int]]:
    """One of everything that has an address here, by what rows call it. Runs in the practice's scope."""
    write("running late, sorry", practice.mom.phone)
    return {"text thread": [TextThread.objects.get().pk]}
