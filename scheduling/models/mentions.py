"""What people were last told about each appointment."""

from collections.abc import Iterable

from django.db import connection, models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.features import Channel
from accounts.models import Login, Organization
from accounts.tenancy import TenantManager, TenantModel, TenantQuerySet
from notifications.models import Notification
from scheduling.models.appointments import Appointment


class MentionQuerySet(TenantQuerySet["Mention"]):
    def reminders(self) -> "MentionQuerySet":
        return self.filter(is_reminder=True)


class Mention(TenantModel):
    """What a login was told about an appointment by one channel: by a reminder, or by a correction of one.

    The latest is what that person believes. Written with the attempt, before the provider is called, and taken
    back if the provider certainly did not get it.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="+")
    login = models.ForeignKey(Login, on_delete=models.CASCADE, related_name="+")
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="mentions")
    starts_at = models.DateTimeField(_("start, as told"))
    called_off = models.BooleanField(_("told that it is cancelled"))
    is_reminder = models.BooleanField(_("by a reminder"))
    created_at = models.DateTimeField(default=timezone.now)

    objects = TenantManager.from_queryset(MentionQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            # Each appointment is listed in exactly one reminder per login and channel, for each start (R5, R9).
            models.UniqueConstraint(
                fields=["login", "channel", "appointment", "starts_at"],
                condition=Q(is_reminder=True),
                name="mention_reminds_once",
            ),
        ]
        indexes = [models.Index(fields=["appointment", "login", "channel", "-id"], name="mention_latest")]

    def __str__(self) -> str:
        return f"{self.channel}: {self.starts_at:%Y-%m-%d %H:%M} UTC{' called off' if self.called_off else ''}"

    def is_still_right(self, appointment: Appointment) -> bool:
        """Whether what was told still holds. Attended and no-show correct nothing."""
        if appointment.is_called_off:
            return self.called_off
        if appointment.is_scheduled:
            return not self.called_off and self.starts_at == appointment.starts_at
        return True


def hold_still(appointment_ids: Iterable[int]) -> None:
    """Until this transaction ends these appointments cannot change; waits for changes under way.

    So a reminder and a change never miss each other: either the reminder is written with the new time, or the
    change sees what was told and corrects it. Shared locks: workers do not wait for each other. SQLite, whose
    writers queue, needs none; nor does the forecast, which runs outside a transaction and promises nothing.
    """
    if connection.vendor != "postgresql" or not connection.in_atomic_block:
        return
    if ids := sorted(set(appointment_ids)):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM scheduling_appointment WHERE id = ANY(%s) ORDER BY id FOR SHARE", [ids])
