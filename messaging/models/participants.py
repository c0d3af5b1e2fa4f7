"""Who takes part in a conversation, and how far each has read."""

from datetime import datetime

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Client, ClientLink, Login, Organization, Role
from accounts.models.logins import LoginQuerySet
from accounts.tenancy import TenantManager, TenantModel, TenantQuerySet


def who_may_take_part(client: Client) -> LoginQuerySet:
    """Active logins linked to this client, of the family and of staff; and user admins, who see every client (S3)."""
    linked = Exists(ClientLink.objects.filter(login=OuterRef("pk"), client=client))
    return Login.objects.active().filter(linked | Q(role=Role.STAFF, is_user_admin=True))


class ParticipantQuerySet(TenantQuerySet["Participant"]):
    def with_standing(self) -> "ParticipantQuerySet":
        """With the login, and whether it is linked to the client: what `is_present` reads."""
        link = ClientLink.objects.filter(login=OuterRef("login"), client=OuterRef("conversation__client"))
        standing = {"is_linked": Exists(link)}
        return self.select_related("login").annotate(**standing).order_by("login__name", "login")


class Participant(TenantModel):
    """A login in a conversation. It stays when the login is unlinked or deactivated: who read what is history."""

    # No indexes of their own: those below serve every query, and SQLite would take the organization's for a better one.
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+", db_index=False)
    conversation = models.ForeignKey(
        "messaging.Conversation", on_delete=models.CASCADE, related_name="participants", db_index=False
    )
    login = models.ForeignKey(Login, on_delete=models.CASCADE, related_name="+", db_index=False)
    # The newest message that this login has had before its eyes, by id; 0 for none. Only moves forward.
    read_through = models.BigIntegerField(default=0)
    read_at = models.DateTimeField(_("last read"), null=True)
    joined_at = models.DateTimeField(_("joined"), default=timezone.now)

    objects = TenantManager.from_queryset(ParticipantQuerySet)()

    # Set by `with_standing`.
    is_linked: bool

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["conversation", "login"], name="participant_once")]
        indexes = [models.Index(fields=["login", "conversation"], name="participant_by_login")]

    def __str__(self) -> str:
        return f"{self.conversation_id}: {self.login_id}"

    @property
    def is_present(self) -> bool:
        """Whether this login can read and be told now. Needs `with_standing`."""
        return self.login.active_since is not None and self.sees_the_client

    @property
    def sees_the_client(self) -> bool:
        """Linked to the client, or a user admin, who sees every client (S3). Needs `with_standing`."""
        return self.is_linked or self.login.is_user_admin

    def mark_read(self, through: int, *, at: datetime | None = None) -> bool:
        """Note that this login has seen the messages up to this id. False if it had seen them already."""
        rows = Participant.objects.filter(pk=self.pk, read_through__lt=through)
        return bool(rows.update(read_through=through, read_at=at or timezone.now()))
