"""Who gets what at the addresses of billing."""

from tests.access.rows import Row, row
from tests.billing.invoicing import make_draft, make_issued
from tests.conftest import Practice

#    anonymous mom stranger therapist colleague owner outsider
LIST = row("302 404 404 200 200 200 200")
WRITE = row("302 404 404 200 200 200 200", "302 404 404 200 200 200 200")
READ = row("302 404 404 200 404 200 404", "302 404 404 405 405 405 405", of="issued")
# Asks, and acts on an empty POST; what cannot be done with it as it is leads back to it.
ASK_DRAFT = row("302 404 404 200 404 200 404", "302 404 404 302 404 302 404", of="draft")
ASK_ISSUED = row("302 404 404 200 404 200 404", "302 404 404 302 404 302 404", of="issued")
FORM = row("302 404 404 200 404 200 404", "302 404 404 200 404 200 404", of="issued")
AWAY = row("302 404 404 302 404 302 404", "302 404 404 302 404 302 404", of="issued")
MINE = row("302 200 404 404 404 404 404", "302 405 405 404 404 404 404", of="issued")

ROWS: dict[str, Row] = {
    "invoices/": LIST,
    "invoices/new/": WRITE,
    "invoices/<int:pk>/": READ,
    "invoices/<int:pk>/print/": READ,
    "invoices/<int:pk>/pdf": READ,
    "invoices/<int:pk>/edit/": FORM,
    "invoices/<int:pk>/issue/": ASK_DRAFT,
    "invoices/<int:pk>/delete/": ASK_DRAFT,
    "invoices/<int:pk>/paid/": FORM,
    "invoices/<int:pk>/unpaid/": AWAY,
    "invoices/<int:pk>/void/": ASK_ISSUED,
    "my/invoices/": row("302 200 200 404 404 404 404"),
    "my/invoices/<int:pk>/": MINE,
    "my/invoices/<int:pk>/print/": MINE,
    "my/invoices/<int:pk>/pdf": MINE,
}


def objects(practice: Practice) -> dict[str, list[int]]:
    """One of everything that has an address here, by what rows call it. Runs in the practice's scope."""
    return {"draft": [make_draft(practice).pk], "issued": [make_issued(practice).pk]}
