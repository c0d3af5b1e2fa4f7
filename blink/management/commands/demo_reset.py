"""`manage.py demo_reset`: throw the demo's database away, so that the next start begins anew."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from blink.embedded.lock import InUse, sole_owner


class Command(BaseCommand):
    help = "Remove the embedded default's SQLite database. Nothing else is ever removed."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        database = Path(str(settings.DATABASES["default"]["NAME"]))
        if settings.PRODUCTION or database != settings.DATA_DIR / "blink.sqlite3":
            raise CommandError(
                "This removes only the demo's own SQLite file, and this Blink is set to another database. "
                "Nothing was removed."
            )
        try:
            with sole_owner(settings.DATA_DIR):
                connections.close_all()
                removed = [_remove(database.with_name(database.name + suffix)) for suffix in ("", "-wal", "-shm")]
        except InUse as owner:
            raise CommandError(
                f"Blink is running in this folder ({owner}). Stop it first; nothing was removed."
            ) from None
        self.stdout.write(
            "The demo's data is gone; the next `make run` starts over." if any(removed) else "There is no demo data."
        )


def _remove(file: Path) -> bool:
    existed = file.exists()
    file.unlink(missing_ok=True)
    return existed
