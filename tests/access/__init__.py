"""The table of access for pages of members: one module per app, joined here."""

from collections.abc import Iterator, Sequence

from accounts.tenancy import within
from tests.access import accounts, billing, homework, messaging, notifications, scheduling
from tests.access.rows import Row
from tests.conftest import Practice

APPS = (accounts, notifications, scheduling, messaging, billing, homework)


def member_rows() -> Iterator[tuple[str, Row]]:
    """Every pattern with its row. A pattern with two rows is an error of the table."""
    seen = set()
    for app in APPS:
        for pattern, row in app.ROWS.items():
            if pattern in seen:
                raise ValueError(f"{pattern} has two rows.")
            seen.add(pattern)
            yield pattern, row


def member_objects(practice: Practice) -> dict[str, Sequence[int | str]]:
    """The objects of every app, all of this practice."""
    found: dict[str, Sequence[int | str]] = {}
    with within(practice.organization):
        for app in APPS:
            found.update(app.objects(practice))
    return found
