"""Users (a person's sign-in) and clients (the person who receives care)."""

from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.organizations import Organization, time_zone_choices
from accounts.tenancy import TenantManager, TenantModel, TenantQuerySet

if TYPE_CHECKING:
    from accounts.models.logins import Login


class UserManager(BaseUserManager["User"]):
    """Users are looked up by email, in any case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A new user; without a password they cannot sign in until they set one."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A platform admin."""
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Lower case throughout: nobody has two accounts that differ by a capital."""
        return (email or "").strip().lower()


class User(AbstractBaseUser, PermissionsMixin):
    """One person's sign-in. Where they belong is in their logins."""

    email = models.EmailField(_("email"), unique=True)
    is_active = models.BooleanField(_("may sign in"), default=True)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["email"]
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_any_case")]

    def __str__(self) -> str:
        return self.email

    @property
    def is_platform_admin(self) -> bool:
        """Runs the whole installation, in Django admin."""
        return self.is_superuser

    @property
    def is_staff(self) -> bool:
        """Django admin's own word for who may enter it; nothing to do with staff of a practice."""
        return self.is_platform_admin

    def clean(self) -> None:
        super().clean()
        self.email = type(self).objects.normalize_email(self.email)


class ClientQuerySet(TenantQuerySet["Client"]):
    def active(self) -> "ClientQuerySet":
        return self.filter(active_since__isnull=False)

    def discharged(self) -> "ClientQuerySet":
        return self.filter(active_since__isnull=True)

    def linked_to(self, login: "Login") -> "ClientQuerySet":
        """Those whom this login belongs to or serves."""
        return self.filter(pk__in=login.links.values("client"))

    def visible_to(self, login: "Login") -> "ClientQuerySet":
        """Everyone for a user admin, for all others those linked to them (S3)."""
        return self.all() if login.is_user_admin else self.linked_to(login)


class Client(TenantModel):
    """The person who receives care. Not a sign-in: see `Login` and `ClientLink`."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="clients")
    first_name = models.CharField(_("first name"), max_length=80)
    last_name = models.CharField(_("last name"), max_length=80, blank=True)
    born_on = models.DateField(_("date of birth"), null=True, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, choices=time_zone_choices, blank=True)
    active_since = models.DateTimeField(_("active since"), null=True, blank=True, default=timezone.now)

    objects = TenantManager.from_queryset(ClientQuerySet)()

    class Meta(TenantModel.Meta):
        ordering = ["first_name", "last_name", "pk"]
        indexes = [models.Index(fields=["organization", "first_name", "last_name"], name="client_by_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def age(self) -> int | None:
        """In whole years, by the calendar of the time zone that is active; None where the birthday is not known."""
        if self.born_on is None:
            return None
        today = timezone.localdate()
        return today.year - self.born_on.year - ((today.month, today.day) < (self.born_on.month, self.born_on.day))

    @property
    def zone(self) -> ZoneInfo:
        """The client's own time zone, else the practice's (R4)."""
        return ZoneInfo(self.time_zone or self.organization.time_zone)

    def discharge(self) -> bool:
        """End care: nothing more is sent about this client (N5). False if it was ended already."""
        ended = Client.objects.filter(pk=self.pk, active_since__isnull=False).update(active_since=None)
        self.active_since = None
        return bool(ended)

    def readmit(self) -> bool:
        """Resume care from now on. False if the client is active already."""
        now = timezone.now()
        resumed = Client.objects.filter(pk=self.pk, active_since__isnull=True).update(active_since=now)
        self.refresh_from_db(fields=["active_since"])
        return bool(resumed)
