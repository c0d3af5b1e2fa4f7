from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import signals  # noqa: F401 (connects the receivers)
        from accounts.menu import Entry, register
        from accounts.models import Role

        register(
            Entry(label=_("Clients"), url_name="client_list", icon="users", order=20, role=Role.STAFF),
            Entry(label=_("Logins for Clients"), url_name="login_list", icon="key-round", order=70, role=Role.STAFF),
            Entry(
                label=_("Staff"),
                url_name="staff_list",
                icon="id-card",
                order=80,
                role=Role.STAFF,
                needs="is_organization_admin",
            ),
            Entry(
                label=_("Organization"),
                url_name="organization",
                icon="building-2",
                order=90,
                role=Role.STAFF,
                needs="is_organization_admin",
            ),
        )
