"""Loading the demo, once, into a database that has nobody in it."""

from datetime import datetime

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts.models import Organization, User
from blink.demo import ADMIN_EMAIL, PASSWORD, bristol, montreal, seattle
from blink.demo.building import make_user


class NotHere(Exception):
    """The demo does not belong in this installation."""


def belongs_here() -> bool:
    """Not in production, whose passwords nobody may know; not with providers, since its people do not exist."""
    return not settings.PRODUCTION and settings.DELIVERY == "outbox"


@transaction.atomic
def load_if_empty(now: datetime | None = None) -> bool:
    """Load the demo around this moment, unless somebody is there already. Whether it did. Raises NotHere."""
    if not belongs_here():
        raise NotHere("The demo is only for an installation with DELIVERY=outbox that is not in production.")
    if Organization.objects.exists() or User.objects.exists():
        return False
    now = (now or timezone.now()).replace(second=0, microsecond=0)
    password_hash = make_password(PASSWORD)
    make_user(ADMIN_EMAIL, password_hash, is_superuser=True)
    elio = make_user("elio.iversen@mail.example", password_hash)
    seattle.build(now, password_hash, elio)
    montreal.build(now, password_hash, elio)
    bristol.build(now, password_hash)
    return True
