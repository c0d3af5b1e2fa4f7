"""Loading the demo, once, into a database that has nobody in it."""

from datetime import datetime

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Organization, User
from accounts.tenancy import everywhere
from blink.demo import ADMIN_EMAIL, PASSWORD, bristol, montreal, replies, seattle
from blink.demo.building import make_user


class NotHere(Exception):
    """The demo does not belong in this installation."""


def belongs_here() -> bool:
    """Not in production, whose passwords nobody may know; not with providers, since its people do not exist.

    And in SQLite alone: a PostgreSQL database may be, or become, production's, and the demo's platform admin has a
    password that everybody knows.
    """
    return not settings.PRODUCTION and settings.DELIVERY == "outbox" and connection.vendor == "sqlite"


def load_if_empty() -> bool:
    """Load the demo, unless somebody is there already. Whether it did. Raises NotHere."""
    if not belongs_here():
        raise NotHere("The demo is only for a SQLite database, with DELIVERY=outbox, and never for production.")
    return load()


@transaction.atomic
def load(now: datetime | None = None) -> bool:
    """Load the demo around this moment into whatever database this is, unless somebody is there. Whether it did.

    Everybody but the demo's own tests goes through `load_if_empty`.
    """
    if Organization.objects.exists() or User.objects.exists():
        return False
    now = (now or timezone.now()).replace(second=0, microsecond=0)
    password_hash = make_password(PASSWORD)
    make_user(ADMIN_EMAIL, password_hash, is_superuser=True)
    elio = make_user("elio.iversen@mail.example", password_hash)
    seattle.build(now, password_hash, elio)
    montreal.build(now, password_hash, elio)
    bristol.build(now, password_hash)
    with everywhere("a number may be known in more than one practice"):
        replies.arrive(now, replies.TEXTS)
    return True
