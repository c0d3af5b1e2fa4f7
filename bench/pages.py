"""`make bench-pages`: the server time of the pages of a large practice; ends with 1 if one is too slow.

What is measured, and on what, is in bench/README.md. To measure another page, add a line to PAGES; if it lists what
`bench/practice.py` does not make yet, add that to `bench/dealings.py`.
"""

import gc
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.servers import PrivatePostgres

SLOWEST = 150.0  # milliseconds, at the 95th percentile
TIMES = int(os.environ.get("TIMES", "100"))  # requests of a round
ROUNDS = int(os.environ.get("ROUNDS", "1"))  # of which the best counts, on a machine that has something else to do


@dataclass(frozen=True)
class Page:
    """A page by the name of its route, who asks for it, and what is in the query string."""

    what: str
    who: str  # of the people that `bench/practice.py` makes, or "" for a visitor
    name: str
    query: dict[str, str | int] = field(default_factory=dict)
    subject: str = ""  # whose id is in the address, by the name that `bench/practice.py` gives it


OWNER, THERAPIST, PARENT = "owner", "therapist", "parent"  # the owner has every permission, the therapist none

PAGES = (
    Page("Front page", "", "home"),
    Page("Home of staff", OWNER, "home"),
    Page("Home of staff, without permissions", THERAPIST, "home"),
    Page("Calendar: a week, everyone's 200", OWNER, "calendar", {"staff": "all"}),
    Page("Calendar: a week, one's own", THERAPIST, "calendar"),
    Page("Calendar: a day, 20 staff side by side", OWNER, "calendar", {"staff": "all", "view": "day"}),
    Page("Calendar: the list", OWNER, "calendar", {"staff": "all", "view": "list"}),
    Page("Calendar: the list, searched", OWNER, "calendar", {"staff": "all", "view": "list", "q": "lake 12"}),
    Page("Booking: for whom?", OWNER, "appointment_book"),
    Page("An appointment", OWNER, "appointment", subject="appointment"),
    Page("Clients", OWNER, "client_list"),
    Page("Clients, page 90", OWNER, "client_list", {"page": 90}),
    Page("Clients, searched", OWNER, "client_list", {"q": "hana lake"}),
    Page("Clients of a therapist", THERAPIST, "client_list"),
    Page("A client", OWNER, "client", subject="client"),
    Page("Logins for Clients, all", OWNER, "login_list", {"show": "all"}),
    Page("Logins for Clients, all, page 90", OWNER, "login_list", {"show": "all", "page": 90}),
    Page("Logins for Clients, searched", OWNER, "login_list", {"show": "all", "q": "noor hill"}),
    Page("Logins for Clients of a therapist", THERAPIST, "login_list"),
    Page("A login and its preferences", OWNER, "login", subject="parent"),
    Page("Staff", OWNER, "staff_list"),
    Page("One of the staff", OWNER, "staff_member", subject="therapist"),
    Page("The practice", OWNER, "organization"),
    Page("Messages of everyone", OWNER, "message_list", {"all": 1}),
    Page("Messages of everyone, searched", OWNER, "message_list", {"all": 1, "q": "week 12 lake"}),
    Page("Messages of a therapist", THERAPIST, "message_list"),
    Page("A conversation", OWNER, "conversation", subject="conversation"),
    Page("Invoices", OWNER, "invoice_list"),
    Page("Invoices, overdue", OWNER, "invoice_list", {"status": "overdue"}),
    Page("Invoices, searched by name", OWNER, "invoice_list", {"q": "lake 12"}),
    Page("Invoices, searched by number", OWNER, "invoice_list", {"q": "0123"}),
    Page("Invoices of a therapist", THERAPIST, "invoice_list"),
    Page("An invoice", OWNER, "invoice", subject="invoice"),
    Page("An invoice as PDF", OWNER, "invoice_pdf", subject="invoice"),
    Page("Homework", OWNER, "homework_list"),
    Page("Homework, all of it, searched", OWNER, "homework_list", {"show": "all", "q": "page 12"}),
    Page("Homework of a therapist", THERAPIST, "homework_list"),
    Page("A piece of homework", OWNER, "homework", subject="homework"),
    Page("Record", OWNER, "record"),
    Page("Record, page 150", OWNER, "record", {"page": 150}),
    Page("Record, not sent", OWNER, "record", {"state": "not-sent"}),
    Page("Record, failed or not delivered", OWNER, "record", {"state": "trouble"}),
    Page("Record, texts", OWNER, "record", {"channel": "text"}),
    Page("Record, of a name", OWNER, "record", {"q": "hana lake"}),
    Page("Record of a kind that is not in it", OWNER, "record", {"kind": "homework.done"}),
    Page("Record of a therapist", THERAPIST, "record"),
    Page("Record of a therapist, failed", THERAPIST, "record", {"state": "trouble"}),
    Page("Record of a client", OWNER, "record_of_client", subject="client"),
    Page("Record of a login", OWNER, "record_of_login", subject="parent"),
    Page("Forecast", OWNER, "forecast"),
    Page("Forecast, who is not told", OWNER, "forecast", {"only": "untold"}),
    Page("Home of a family", PARENT, "home"),
    Page("Appointments of a family", PARENT, "my_appointments"),
    Page("Messages of a family", PARENT, "my_messages"),
    Page("A conversation, for a family", PARENT, "my_conversation", subject="conversation"),
    Page("Invoices of a family", PARENT, "my_invoice_list"),
    Page("An invoice, for a family", PARENT, "my_invoice", subject="invoice"),
    Page("Homework of a family", PARENT, "my_homework"),
    Page("My Account", PARENT, "my_account"),
    Page("My Account of staff", OWNER, "my_account"),
    Page("Notifications to a parent", PARENT, "my_notifications"),
    Page("Sign-in", "", "account_login"),
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
        gc.collect()
        gc.freeze()  # as `blink.wsgi` does
        version = ".".join(str(connection.cursor().connection.info.server_version // each) for each in (10_000,))
        print(
            f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, PostgreSQL {version}; "
            f"one process, one request after another, {TIMES} of each page after it was warm, "
            f"{f'the best of {ROUNDS} rounds' if ROUNDS > 1 else 'once'}; "
            f"load before it began: {os.getloadavg()[0]:.1f}.\n"
        )
        print(f"{'Server time in milliseconds':<50}{'p50':>8}{'p95':>8}{'max':>8}{'queries':>9}{'kB':>7}")
        slow = []
        for page in PAGES:
            visitor = Visitor(practice.people[page.who] if page.who else None)
            address = reverse(page.name, args=[practice.subjects[page.subject]] if page.subject else [])
            rounds = [measure(visitor, address, page.query, times=TIMES) for _round in range(ROUNDS)]
            took = min(rounds, key=lambda one: one.p95)
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
