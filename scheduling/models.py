"""Appointments, and what people were last told about each."""

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.features import Channel
from accounts.models import Client, Login, Organization
from accounts.tenancy import TenantManager, TenantModel, TenantQuerySet
from notifications.models import Notification

LEAD = {Channel.EMAIL: timedelta(hours=24), Channel.TEXT: timedelta(hours=1)}  # R2
USEFUL_BEFORE = {Channel.EMAIL: timedelta(hours=2), Channel.TEXT: timedelta(minutes=10)}  # R8
AGENDA_SPAN = timedelta(hours=24)  # R5


def whole_minute(moment: datetime) -> datetime:
    """A start as it is kept: a whole minute in UTC.

    In UTC because Python subtracts hours from a local time by the clock on the wall, and a reminder's lead is
    elapsed time: a clock change in between must move nothing (R2).
    """
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


class AppointmentQuerySet(TenantQuerySet["Appointment"]):
    def scheduled(self) -> "AppointmentQuerySet":
        """Exactly Scheduled: the only ones that are reminded (R1)."""
        return self.filter(status=Appointment.Status.SCHEDULED)

    def due(self, channel: Channel, now: datetime) -> "AppointmentQuerySet":
        """Scheduled, not yet taken by the scan for this channel, and due: served by a partial index."""
        column = Appointment.due_column(channel)
        return self.scheduled().filter(**{f"{column}__lte": now}).order_by(column, "pk")


class Appointment(TenantModel):
    """One appointment of one client with one staff login.

    Everything about its schedule changes through `move` and `set_status`: they keep the calendar sequence, the
    moment it was put on the schedule, and the moments at which its reminders fall due.
    """

    class Status(models.TextChoices):
        SCHEDULED = "scheduled", _("Scheduled")
        ATTENDED = "attended", _("Attended")
        CANCELLED = "cancelled", _("Cancelled")
        LATE_CANCELLED = "late_cancelled", _("Late cancellation")
        NO_SHOW = "no_show", _("No-show")

    CALLED_OFF = (Status.CANCELLED, Status.LATE_CANCELLED)

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="appointments")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="appointments")
    staff = models.ForeignKey(Login, on_delete=models.PROTECT, related_name="appointments")
    starts_at = models.DateTimeField(_("starts"))
    minutes = models.PositiveSmallIntegerField(_("length in minutes"), default=50)
    location = models.CharField(_("where"), max_length=120, blank=True)
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.SCHEDULED)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    # Rises with every change of start or status: iCalendar's SEQUENCE (RFC 5545, 3.8.7.4; R10).
    sequence = models.PositiveIntegerField(default=0, editable=False)
    # When its present start was set or it became Scheduled, whichever is later (R6).
    on_schedule_since = models.DateTimeField(default=timezone.now, editable=False)
    # When each reminder falls due; null once the scan has taken it, or when there is nothing to remind.
    email_due_at = models.DateTimeField(null=True, editable=False)
    text_due_at = models.DateTimeField(null=True, editable=False)

    objects = TenantManager.from_queryset(AppointmentQuerySet)()

    class Meta(TenantModel.Meta):
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["scheduled", "attended", "cancelled", "late_cancelled", "no_show"]),
                name="appointment_status_known",
            ),
            models.CheckConstraint(condition=Q(minutes__gt=0), name="appointment_takes_time"),
        ]
        indexes = [
            models.Index(
                fields=["email_due_at", "id"],
                condition=Q(status="scheduled", email_due_at__isnull=False),
                name="appointment_email_due",
            ),
            models.Index(
                fields=["text_due_at", "id"],
                condition=Q(status="scheduled", text_due_at__isnull=False),
                name="appointment_text_due",
            ),
            models.Index(fields=["organization", "starts_at"], name="appointment_by_day"),
            models.Index(fields=["client", "starts_at"], name="appointment_by_client"),
            models.Index(fields=["staff", "starts_at"], name="appointment_by_staff"),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} UTC: {self.status}"

    @staticmethod
    def due_column(channel: Channel) -> str:
        return f"{channel.value}_due_at"

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def is_scheduled(self) -> bool:
        return self.status == self.Status.SCHEDULED

    @property
    def is_called_off(self) -> bool:
        return self.status in self.CALLED_OFF

    def late_for(self, channel: Channel) -> bool:
        """Put on the schedule less than the lead time ahead, so no reminder of its own (R6)."""
        return self.on_schedule_since > self.starts_at - LEAD[channel]

    def put_on_schedule(self, at: datetime) -> None:
        """Set everything that follows from this start being set now; the caller saves."""
        self.starts_at = whole_minute(self.starts_at)
        self.on_schedule_since = at
        still_ahead = self.starts_at > at
        self.email_due_at = self.starts_at - LEAD[Channel.EMAIL] if still_ahead else None
        self.text_due_at = self.starts_at - LEAD[Channel.TEXT] if still_ahead else None

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding:
            self.put_on_schedule(self.on_schedule_since)
        super().save(*args, **kwargs)

    @transaction.atomic
    def move(self, starts_at: datetime, *, at: datetime | None = None) -> bool:
        """Move to another start; its reminders follow (R7). False if it starts then already."""
        fresh = Appointment.objects.select_for_update().get(pk=self.pk)
        starts_at = whole_minute(starts_at)
        if moved := fresh.starts_at != starts_at:
            fresh.starts_at = starts_at
            fresh.sequence += 1
            fresh.put_on_schedule(at or timezone.now())
            fresh.save()
        self._become(fresh)
        return moved

    @transaction.atomic
    def set_status(self, status: Status, *, at: datetime | None = None) -> bool:
        """Cancel, reinstate, mark attended or no-show. False if it is so already."""
        fresh = Appointment.objects.select_for_update().get(pk=self.pk)
        if changed := fresh.status != status:
            fresh.status = status
            fresh.sequence += 1
            if fresh.is_scheduled:
                fresh.put_on_schedule(at or timezone.now())
            fresh.save()
        self._become(fresh)
        return changed

    def _become(self, fresh: "Appointment") -> None:
        for field in self._meta.concrete_fields:
            setattr(self, field.attname, getattr(fresh, field.attname))


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
