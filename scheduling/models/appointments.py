"""Appointments: when, with whom, and what became of each."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.features import Channel
from accounts.models import Client, ClientLink, Login, Organization, Role
from accounts.tenancy import TenantManager, TenantModel, TenantQuerySet
from scheduling.models.series import Series

LEAD = {Channel.EMAIL: timedelta(hours=24), Channel.TEXT: timedelta(hours=1)}  # R2
USEFUL_BEFORE = {Channel.EMAIL: timedelta(hours=2), Channel.TEXT: timedelta(minutes=10)}  # R8
AGENDA_SPAN = timedelta(hours=24)  # R5
MOST_MINUTES = 12 * 60  # the longest appointment


def whole_minute(moment: datetime) -> datetime:
    """A start as it is kept: a whole minute in UTC.

    In UTC because Python subtracts hours from a local time by the clock on the wall, and a reminder's lead is
    elapsed time: a clock change in between must move nothing (R2).
    """
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


class AppointmentQuerySet(TenantQuerySet["Appointment"]):
    def visible_to(self, login: Login) -> "AppointmentQuerySet":
        """What this login may see (S3).

        Schedule admins and user admins: everybody's. Other staff: their own, and those of the clients linked to
        them. Clients: those of the clients linked to them.
        """
        if login.is_schedule_admin or login.is_user_admin:
            return self.all()
        of_linked_clients = Q(client__in=ClientLink.objects.filter(login=login).values("client"))
        return self.filter(of_linked_clients | Q(staff=login) if login.role == Role.STAFF else of_linked_clients)

    def between(self, start: datetime, end: datetime) -> "AppointmentQuerySet":
        """Those that start from `start` up to, not including, `end`."""
        return self.filter(starts_at__gte=start, starts_at__lt=end)

    def on_pages(self) -> "AppointmentQuerySet":
        """With what pages print of each: who, with whom, and in which zone."""
        return self.select_related("organization", "client__organization", "staff")

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

    # One of a weekly series, counted from 1; or on its own.
    series = models.ForeignKey(Series, on_delete=models.PROTECT, null=True, editable=False, related_name="appointments")
    position = models.PositiveSmallIntegerField(null=True, editable=False)
    # The form that it was booked with, so that the same form sent twice books once.
    booking = models.UUIDField(null=True, editable=False)

    # Rises with every change of what a calendar shows: iCalendar's SEQUENCE (RFC 5545, 3.8.7.4; R10).
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
            models.CheckConstraint(
                condition=Q(series__isnull=True, position__isnull=True) | Q(series__isnull=False, position__gte=1),
                name="appointment_in_series_has_position",
            ),
            models.UniqueConstraint(fields=["series", "position"], name="appointment_once_in_series"),
            models.UniqueConstraint(fields=["organization", "booking"], name="appointment_booked_once"),
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

    def may_be_edited_by(self, login: Login) -> bool:
        """Schedule admins edit everyone's schedule, other staff their own."""
        return login.role == Role.STAFF and (login.is_schedule_admin or self.staff_id == login.pk)

    def has_come(self, now: datetime) -> bool:
        """Whether its day has begun in the practice: before that nobody can have attended or missed it."""
        zone = self.organization.zone
        return self.starts_at.astimezone(zone).date() <= now.astimezone(zone).date()

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

    @transaction.atomic
    def arrange(self, **changes: Any) -> bool:
        """Change `staff`, `minutes` or `location`. False if they are so already.

        The start stays, so nothing that people were told is wrong; calendars read the new sequence (R10).
        """
        fresh = Appointment.objects.select_for_update().get(pk=self.pk)
        changed = {name: value for name, value in changes.items() if getattr(fresh, name) != value}
        if changed:
            for name, value in changed.items():
                setattr(fresh, name, value)
            fresh.sequence += 1
            fresh.save()
        self._become(fresh)
        return bool(changed)

    def _become(self, fresh: "Appointment") -> None:
        for field in self._meta.concrete_fields:
            setattr(self, field.attname, getattr(fresh, field.attname))
