"""`make bench-pages`: the server time of the pages of a large practice; ends with 1 if one is too slow.

What is measured, and on what, is in bench/README.md. To measure another page, add a line to PAGES; if it lists what
`bench/practice.py` does not make yet, add that there.
"""

import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.servers import PrivatePostgres

SLOWEST = 150.0  # milliseconds, at the 95th percentile
TIMES = 100


@dataclass(frozen=True)
class Page:
    """A page by the name of its route, who asks for it, and what is in the query string."""

    what: str
    who: str  # of the people that `bench/practice.py` makes, or "" for a visitor
    name: str
    query: dict[str, str | int] = field(default_factory=dict)
    subject: str = ""  # whose id is in the address, by the name that `bench/practice.py` gives it


PAGES = (
    Page("Front page", "", "home"),
    Page("Home of staff", "owner", "home"),
    Page("Home of a family", "parent", "home"),
    Page("My Account", "parent", "my_account"),
    Page("Calendar: a week of everyone", "owner", "calendar", {"staff": "all"}),
    Page("Calendar: a day of everyone", "owner", "calendar", {"staff": "all", "view": "day"}),
    Page("Calendar: the list", "owner", "calendar", {"staff": "all", "view": "list"}),
    Page("A booking form", "owner", "appointment_book"),
    Page("Appointments of a family", "parent", "my_appointments"),
    Page("Outbox", "", "outbox:people"),
    Page("Outbox: the record", "", "outbox:record"),
    Page("Outbox: the record, page 100", "", "outbox:record", {"page": 100}),
    Page("Outbox: one person", "", "outbox:person", subject="parent"),
)


@contextmanager
def database() -> Iterator[str]:
    """The address of a server: the one in DATABASE_URL, or one of its own for as long as it takes."""
    if given := os.environ.get("DATABASE_URL"):
        yield given
    else:
        with PrivatePostgres(keeps_commits=True) as postgres:
            yield postgres.url


@contextmanager
def blink(database_url: str) -> Iterator[None]:
    """Django with Blink's settings, and an empty database `test_...` on that server; it is dropped at the end.

    The connections are pooled, as in production.
    """
    with tempfile.TemporaryDirectory() as folder:
        fixed = {"DATABASE_URL": database_url, "BLINK_ENV_FILE": os.devnull, "DATA_DIR": folder, "DELIVERY": "outbox"}
        os.environ.update({**fixed, "REDIS_URL": "", "LOG_LEVEL": "WARNING"})
        os.environ["DJANGO_SETTINGS_MODULE"] = "blink.settings"
        from django.conf import settings

        if not settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
            sys.exit("DATABASE_URL must name a PostgreSQL database, or be unset: then one is started.")
        settings.DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 4, "timeout": 10}}
        import django
        from django.db import connection

        django.setup()
        name = connection.settings_dict["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            yield
        finally:
            connection.creation.destroy_test_db(name, verbosity=0)


def main() -> int:
    with database() as url, blink(url):
        # Only now is there a Django to import these with.
        from django.db import connection
        from django.urls import reverse

        from bench.measuring import Visitor, measure
        from bench.practice import fill

        practice = fill()
        version = ".".join(str(connection.cursor().connection.info.server_version // each) for each in (10_000,))
        print(
            f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, PostgreSQL {version}; "
            f"one process, one request after another, {TIMES} of each page after it was warm; "
            f"load before it began: {os.getloadavg()[0]:.1f}.\n"
        )
        print(f"{'Server time in milliseconds':<50}{'p50':>8}{'p95':>8}{'max':>8}{'queries':>9}{'kB':>7}")
        slow = []
        for page in PAGES:
            visitor = Visitor(practice.people[page.who] if page.who else None)
            address = reverse(page.name, args=[practice.subjects[page.subject]] if page.subject else [])
            took = measure(visitor, address, page.query, times=TIMES)
            print(
                f"{page.what:<50}{took.p50:>8.1f}{took.p95:>8.1f}{took.longest:>8.1f}{took.queries:>9}{took.size:>7.0f}"
            )
            if took.p95 > SLOWEST:
                slow.append(page.what)
    if slow:
        print(f"\nToo slow, over {SLOWEST:.0f} ms at the 95th percentile: {', '.join(slow)}")
        return 1
    print(f"\nEvery page takes less than {SLOWEST:.0f} ms at the 95th percentile.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
