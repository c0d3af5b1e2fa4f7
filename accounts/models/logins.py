"""Logins: a user's place in one organization, and the clients each is linked to."""

from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.fields import PhoneField
from accounts.models.organizations import Organization
from accounts.models.people import Client, User
from accounts.tenancy import TenantManager, TenantModel, TenantQuerySet


class Role(models.TextChoices):
    STAFF = "staff", _("Staff")
    CLIENT = "client", _("Client")


class LoginQuerySet(TenantQuerySet["Login"]):
    def active(self) -> "LoginQuerySet":
        return self.filter(active_since__isnull=False)

    def inactive(self) -> "LoginQuerySet":
        return self.filter(active_since__isnull=True)

    def waiting(self) -> "LoginQuerySet":
        """Invited, and not activated yet."""
        return self.active().filter(activated_at__isnull=True)

    def clients(self) -> "LoginQuerySet":
        """Logins of clients and their families, not of staff."""
        return self.filter(role=Role.CLIENT)

    def staff(self) -> "LoginQuerySet":
        return self.filter(role=Role.STAFF)

    def linked_like(self, login: "Login") -> "LoginQuerySet":
        """Client logins of the clients whom this staff login serves."""
        # Not by Exists: of 5,000 logins SQLite would look through the links of each (measured: 13 seconds).
        theirs = ClientLink.objects.filter(client__in=login.links.values("client"))
        return self.clients().filter(pk__in=theirs.values("login"))

    def visible_to(self, login: "Login") -> "LoginQuerySet":
        """Client logins: all of them for a user admin, for other staff those of their clients (P4, S3).

        A client login sees none but its own.
        """
        if login.role == Role.CLIENT:
            return self.filter(pk=login.pk)
        return self.clients() if login.is_user_admin else self.linked_like(login)


class Login(TenantModel):
    """A user's place in one organization. A user can have logins in several."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="logins")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="logins")
    role = models.CharField(_("role"), max_length=10, choices=Role)
    name = models.CharField(_("name"), max_length=120)
    phone = PhoneField(_("mobile phone"), blank=True)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="en")
    is_organization_admin = models.BooleanField(_("organization admin"), default=False)
    is_user_admin = models.BooleanField(_("user admin"), default=False)
    is_schedule_admin = models.BooleanField(_("schedule admin"), default=False)
    active_since = models.DateTimeField(_("active since"), null=True, blank=True, default=timezone.now)
    activated_at = models.DateTimeField(_("activated at"), null=True, blank=True)
    clients: "models.ManyToManyField[Client, ClientLink]" = models.ManyToManyField(
        Client, through="accounts.ClientLink", related_name="logins"
    )

    objects = TenantManager.from_queryset(LoginQuerySet)()

    class Meta(TenantModel.Meta):
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="login_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="login_role_known"),
            models.CheckConstraint(
                condition=Q(role=Role.STAFF)
                | Q(is_organization_admin=False, is_user_admin=False, is_schedule_admin=False),
                name="login_permissions_are_for_staff",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "role", "name"], name="login_by_name"),
            models.Index(fields=["phone"], name="login_by_phone"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        permissions = self.is_organization_admin or self.is_user_admin or self.is_schedule_admin
        if self.role == Role.CLIENT and permissions:
            raise ValidationError(_("Permissions are for staff; a client login has none."))

    @property
    def is_of_client(self) -> bool:
        """Of a client or their family, not of staff."""
        return self.role == Role.CLIENT

    def is_managed_by(self, staff: "Login") -> bool:
        """Whether this member of staff may close this client login, or give it to another address.

        A user admin may, and whoever serves all of its clients: nobody gains or takes more than they see (S3, S4).
        """
        if staff.is_user_admin:
            return True
        return staff.role == Role.STAFF and not self.links.exclude(client__in=staff.links.values("client")).exists()

    def activate(self) -> bool:
        """Note that its owner has come: they accepted the invitation. False if that is known, or it is closed."""
        if self.activated_at is not None:
            return False
        now = timezone.now()
        waiting = Login.objects.active().filter(pk=self.pk, user=self.user_id, activated_at__isnull=True)
        activated = bool(waiting.update(activated_at=now))
        self.refresh_from_db(fields=["activated_at"])
        return activated

    def deactivate(self) -> bool:
        """Close this login: it cannot sign in and is told nothing (N5). False if it was closed already."""
        closed = Login.objects.filter(pk=self.pk, active_since__isnull=False).update(active_since=None)
        self.active_since = None
        return bool(closed)

    def reactivate(self) -> bool:
        """Open this login again from now on. False if it is open already."""
        opened = Login.objects.filter(pk=self.pk, active_since__isnull=True).update(active_since=timezone.now())
        self.refresh_from_db(fields=["active_since"])
        return bool(opened)

    def link(self, client: Client, *, at: datetime | None = None) -> "ClientLink":
        """Link a client; a link that exists keeps its age (R9)."""
        link, _created = ClientLink.objects.get_or_create(
            login=self,
            client=client,
            defaults={"organization_id": self.organization_id, "linked_since": at or timezone.now()},
        )
        return link

    def unlink(self, client: Client) -> bool:
        """Remove the link. False if there was none."""
        removed, _rows = ClientLink.objects.filter(login=self, client=client).delete()
        return bool(removed)


class ClientLink(TenantModel):
    """A login and a client that belong together: mom and dad for one child, one dad for two children.

    For a client login: whose news it gets. For a staff login: whom it serves.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    login = models.ForeignKey(Login, on_delete=models.CASCADE, related_name="links")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="links")
    linked_since = models.DateTimeField(_("linked since"), default=timezone.now)

    objects: TenantManager["ClientLink"] = TenantManager()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["login", "client"], name="link_once")]

    def __str__(self) -> str:
        return f"{self.login_id} – {self.client_id}"
