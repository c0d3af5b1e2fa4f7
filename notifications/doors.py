"""Which pages about the people of some rows their reader may open: no link leads where somebody is refused (S3)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from accounts.models import Client, Login, Role
from notifications.models import Notification


@dataclass(frozen=True)
class Doors:
    """Of the logins and clients in question those that are visible to the reader; None means all of them."""

    reader: Login
    logins: frozenset[int] | None = None
    clients: frozenset[int] | None = None

    @classmethod
    def of(cls, reader: Login, rows: Iterable[Notification]) -> "Doors":
        """For these rows. A fixed number of queries, whatever theirs."""
        if reader.is_user_admin:
            return cls(reader)
        listed = list(rows)
        logins = Login.objects.visible_to(reader).filter(pk__in={row.login_id for row in listed})
        clients = Client.objects.visible_to(reader).filter(pk__in={row.client_id for row in listed})
        return cls(
            reader,
            frozenset(logins.values_list("pk", flat=True)),
            frozenset(clients.values_list("pk", flat=True)),
        )

    def login(self, login: Login) -> str:
        """One's own account, the page of a client login, or of somebody who works here; or nothing."""
        if login.pk == self.reader.pk:
            return reverse("my_account")
        if login.role == Role.CLIENT:
            return reverse("login", args=[login.pk]) if self._sees_login(login) else ""
        return reverse("staff_member", args=[login.pk]) if self.reader.is_organization_admin else ""

    def preferences(self, login: Login) -> str:
        """Where they are changed; what staff choose to be told nobody else changes."""
        is_theirs = login.role == Role.CLIENT or login.pk == self.reader.pk
        page = self.login(login) if is_theirs else ""
        return f"{page}#preferences" if page else ""

    def client(self, client_id: int | None) -> str:
        return reverse("client", args=[client_id]) if client_id and self._sees_client(client_id) else ""

    def organization(self) -> str:
        return reverse("organization") if self.reader.is_organization_admin else ""

    def record_of_login(self, login: Login) -> str:
        seen = login.pk == self.reader.pk or self._sees_login(login)
        return reverse("record_of_login", args=[login.pk]) if seen else ""

    def record_of_client(self, client_id: int | None) -> str:
        return reverse("record_of_client", args=[client_id]) if client_id and self._sees_client(client_id) else ""

    def _sees_login(self, login: Login) -> bool:
        return self.logins is None or login.pk in self.logins

    def _sees_client(self, client_id: int) -> bool:
        return self.clients is None or client_id in self.clients
