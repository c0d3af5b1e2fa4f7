from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


class BlinkConfig(AppConfig):
    name = "blink"

    def ready(self) -> None:
        connection_created.connect(keep_to_owner, dispatch_uid="blink.keep_to_owner")


def keep_to_owner(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Let nobody else on this computer read the embedded default's database, which SQLite makes as the umask says."""
    file = Path(str(connection.settings_dict["NAME"]))
    if connection.vendor == "sqlite" and file == settings.DATA_DIR / "blink.sqlite3":
        for each in (file, *(file.with_name(file.name + suffix) for suffix in ("-wal", "-shm"))):
            if each.exists():
                each.chmod(0o600)


class PlatformAdminConfig(AdminConfig):
    default_site = "blink.admin.PlatformAdminSite"
