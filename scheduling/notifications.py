"""What scheduling tells people: reminders, and corrections of reminders that went out."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import formats
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from accounts.features import Channel, Feature
from accounts.models import ClientLink
from notifications import reasons
from notifications.kinds import Content, Delivery, Kind, Recipient
from notifications.models import Notification
from notifications.reasons import Reason, Skip
from scheduling.calendar import calendar_of
from scheduling.models import AGENDA_SPAN, LEAD, USEFUL_BEFORE, Appointment, Mention, hold_still

NOT_SCHEDULED = Reason("appointment_not_scheduled", _("the appointment is no longer Scheduled"))
MOVED = Reason("appointment_moved", _("the appointment was moved, and its reminder with it"))
BOOKED_LATE = {
    Channel.EMAIL: Reason("booked_late_for_email", _("it was put on the schedule less than 24 hours ahead")),
    Channel.TEXT: Reason("booked_late_for_text", _("it was put on the schedule less than one hour ahead")),
}
ALREADY_LISTED = Reason("already_listed", _("an earlier reminder to this login already listed it at this time"))
NOTHING_TO_CORRECT = Reason("nothing_to_correct", _("what this login was told before is right"))


LISTED_FIELDS = ("organization", "client__organization", "staff")


@dataclass(frozen=True)
class Line:
    """One appointment as people read it: in the client's own time zone, with the zone's abbreviation (R4)."""

    appointment: Appointment
    # The start that people were told, where it is not the present one.
    as_told: datetime | None = None

    @property
    def starts(self) -> datetime:
        return (self.as_told or self.appointment.starts_at).astimezone(self.appointment.client.zone)

    @property
    def day(self) -> str:
        if self.starts.day == 1:
            # Translators: as "l, F j", for the first of a month: French writes "1er".
            return formats.date_format(self.starts, pgettext("the first of a month", "l, F j"))
        # Translators: a date such as "Tuesday, November 24", in Django's date format letters.
        return formats.date_format(self.starts, gettext("l, F j"))

    @property
    def short_day(self) -> str:
        """For texts, where room is dear."""
        if self.starts.day == 1:
            # Translators: as "D, M j", for the first of a month: French writes "1er".
            return formats.date_format(self.starts, pgettext("the first of a month", "D, M j"))
        # Translators: a short date such as "Tue, Nov 24", in Django's date format letters.
        return formats.date_format(self.starts, gettext("D, M j"))

    @property
    def time(self) -> str:
        # Translators: a time of day such as "10:00 AM", in Django's date format letters.
        clock = formats.date_format(self.starts, gettext("g:i A"))
        zone = self.starts.tzname() or ""
        # Some zones have no letters of their own, only an offset.
        return f"{clock} {zone}" if zone[:1].isalpha() else f"{clock} UTC{zone}"

    @property
    def client(self) -> str:
        return self.appointment.client.first_name

    @property
    def staff(self) -> str:
        return self.appointment.staff.name

    @property
    def location(self) -> str:
        return self.appointment.location


class AppointmentKind(Kind):
    """What reminders and their corrections have in common."""

    feature = Feature.APPOINTMENTS

    def client_id(self, subject: Appointment) -> int:
        return subject.client_id

    def load(self, ids: Iterable[int]) -> Mapping[int, Appointment]:
        wanted = list(ids)
        hold_still(wanted)
        return Appointment.objects.filter(pk__in=wanted).select_related(*LISTED_FIELDS).in_bulk()

    def unsent(self, notification_ids: Sequence[int]) -> None:
        Mention.objects.filter(notification__in=notification_ids).delete()


def lane_of(channel: Channel | str, appointment_id: int) -> str:
    """Emails about appointments leave a login one by one (R5's agenda); texts per appointment."""
    return "agenda" if channel == Channel.EMAIL else f"appointment:{appointment_id}"


class AppointmentReminder(AppointmentKind):
    """The email 24 hours before, an agenda; the text one hour before. Rows come from the scan, in bulk."""

    slug = "appointment.reminder"
    label = _("Appointment reminder")

    def objection(self, notification: Notification, subject: Appointment, now: datetime) -> Skip | None:
        channel = Channel(notification.channel)
        if not subject.is_scheduled:
            return Skip(NOT_SCHEDULED)
        if subject.starts_at - LEAD[channel] != notification.due_at:
            return Skip(MOVED)
        return Skip(BOOKED_LATE[channel]) if subject.late_for(channel) else None

    def compose(self, deliveries: Sequence[Delivery], now: datetime) -> Mapping[int, Content | Skip]:
        contents: dict[int, Content | Skip] = {}
        mentions: list[Mention] = []
        for delivery, listed in zip(deliveries, agendas_of(deliveries), strict=True):
            row = delivery.notification
            if not listed:
                contents[row.pk] = Skip(ALREADY_LISTED)
                continue
            mentions += [mention(row, appointment, is_reminder=True) for appointment in listed]
            contents[row.pk] = Content(
                template="scheduling/reminder",
                context={"lines": [Line(appointment) for appointment in listed], "line": Line(listed[0])},
                calendar=calendar_of(listed) if row.channel == Channel.EMAIL else b"",
            )
        # A retry of an email in doubt lists again what it listed before: those mentions stand.
        Mention.objects.bulk_create(mentions, ignore_conflicts=True)
        return contents

    def foresee(self, deliveries: Sequence[Delivery]) -> Mapping[int, Skip]:
        skips: dict[int, Skip] = {}
        listed: set[tuple[int, str, int, datetime]] = set()
        for position, agenda in enumerate(agendas_of(deliveries)):
            row, first = deliveries[position].notification, deliveries[position].subject
            names = [(row.login_id, row.channel, appointment.pk, appointment.starts_at) for appointment in agenda]
            if (row.login_id, row.channel, first.pk, first.starts_at) in listed or first not in agenda:
                skips[position] = Skip(ALREADY_LISTED)
            else:
                listed.update(names)
        return skips

    def upcoming(self, organization_id: int, *, now: datetime, until: datetime) -> Iterator[Notification]:
        rows: list[Notification] = []
        for channel in Channel:
            column = Appointment.due_column(channel)
            appointments = (
                Appointment.objects.scheduled()
                .filter(organization_id=organization_id, **{f"{column}__lte": until, f"{column}__isnull": False})
                .select_related(*LISTED_FIELDS)
            )
            links = defaultdict(list)
            for link in ClientLink.objects.filter(
                login__role="client", client__in={appointment.client_id for appointment in appointments}
            ).select_related("login__user", "login__organization"):
                links[link.client_id].append(link)
            rows += [
                Notification(
                    organization=appointment.organization,
                    login=link.login,
                    client=appointment.client,
                    feature=self.feature,
                    kind=self.slug,
                    channel=channel,
                    subject_id=appointment.pk,
                    lane=lane_of(channel, appointment.pk),
                    due_at=appointment.starts_at - LEAD[channel],
                    useful_until=appointment.starts_at - USEFUL_BEFORE[channel],
                    next_attempt_at=max(now, appointment.starts_at - LEAD[channel]),
                )
                for appointment in appointments
                for link in links[appointment.client_id]
            ]
        return iter(sorted(rows, key=lambda row: (row.due_at, row.subject_id, row.login_id)))


class AppointmentChanged(AppointmentKind):
    """The correction: moved, cancelled or on again, for whoever was told otherwise by that channel (R7).

    Which of the three is decided when it leaves, from what the login was last told and what is true then.
    """

    slug = "appointment.changed"
    label = _("Appointment changed")

    def key(self, subject: Appointment) -> str:
        return f"appointment:{subject.pk}:changed:{subject.sequence}"

    def audience(self, subject: Appointment) -> list[Recipient]:
        return [
            Recipient(told.login_id, Channel(told.channel))
            for told in last_told([subject.pk]).values()
            if not told.is_still_right(subject)
        ]

    def lane(self, subject: Appointment, channel: Channel) -> str:
        return lane_of(channel, subject.pk)

    def useful_until(self, subject: Appointment) -> datetime:
        return subject.starts_at - timedelta(seconds=1)  # nothing is ever sent after the start (R8)

    def objection(self, notification: Notification, subject: Appointment, now: datetime) -> Skip | None:
        return Skip(reasons.TOO_LATE) if now > self.useful_until(subject) else None

    def compose(self, deliveries: Sequence[Delivery], now: datetime) -> Mapping[int, Content | Skip]:
        rows = [delivery.notification for delivery in deliveries]
        # An attempt in doubt mentioned the change itself: compare with what came before it.
        told = last_told({row.subject_id for row in rows}, before={row.pk for row in rows})
        contents: dict[int, Content | Skip] = {}
        mentions: list[Mention] = []
        for delivery in deliveries:
            row, appointment = delivery.notification, delivery.subject
            before = told.get((row.login_id, row.channel, appointment.pk))
            if before is None or before.is_still_right(appointment):
                contents[row.pk] = Skip(NOTHING_TO_CORRECT)
                continue
            if appointment.is_called_off and before.starts_at <= now:
                contents[row.pk] = Skip(reasons.TOO_LATE)  # the time that they know has come
                continue
            mentions.append(mention(row, appointment, is_reminder=False))
            contents[row.pk] = correction(row, appointment, before)
        Mention.objects.bulk_create(mentions)
        return contents


def correction(row: Notification, appointment: Appointment, before: Mention) -> Content:
    """What sets right what was told before."""
    template = (
        "scheduling/cancelled"
        if appointment.is_called_off
        else "scheduling/on_again"
        if before.called_off
        else "scheduling/moved"
    )
    method = "CANCEL" if appointment.is_called_off else "PUBLISH"
    # Moved and then cancelled: cancelled is the time that they know.
    line = Line(appointment, as_told=before.starts_at if appointment.is_called_off else None)
    return Content(
        template=template,
        context={"line": line, "before": Line(appointment, as_told=before.starts_at)},
        calendar=calendar_of([appointment], method=method) if row.channel == Channel.EMAIL else b"",
        calendar_method=method,
    )


def mention(row: Notification, appointment: Appointment, *, is_reminder: bool) -> Mention:
    """What this notification tells about this appointment, to be written with the attempt."""
    return Mention(
        organization_id=row.organization_id,
        notification=row,
        login_id=row.login_id,
        channel=row.channel,
        appointment=appointment,
        starts_at=appointment.starts_at,
        called_off=appointment.is_called_off,
        is_reminder=is_reminder,
    )


def last_told(appointment_ids: Iterable[int], *, before: Iterable[int] = ()) -> dict[tuple[int, str, int], Mention]:
    """The latest mention by (login, channel, appointment), leaving out those of the notifications `before`."""
    mentions = Mention.objects.filter(appointment__in=appointment_ids).exclude(notification__in=before)
    return {(told.login_id, told.channel, told.appointment_id): told for told in mentions.order_by("pk")}


def agendas_of(deliveries: Sequence[Delivery]) -> list[list[Appointment]]:
    """What each reminder lists: a text its appointment, an email the agenda (R5).

    An agenda is every Scheduled appointment of the login's clients from the first's start up to, not including,
    24 hours later, but for those that an earlier reminder email to that login listed at that time. Empty when the
    reminder's own appointment was listed before.
    """
    rows = [delivery.notification for delivery in deliveries]
    links = defaultdict(list)
    for link in ClientLink.objects.filter(
        login__in={row.login_id for row in rows if row.channel == Channel.EMAIL},
        client__active_since__isnull=False,
    ).select_related("client"):
        links[link.login_id].append(link)

    nearby = _near(deliveries, {link.client_id for of_login in links.values() for link in of_login})
    listed_before = {
        (told.login_id, told.channel, told.appointment_id, told.starts_at)
        for told in Mention.objects.reminders()
        .filter(
            login__in={row.login_id for row in rows},
            appointment__in={row.subject_id for row in rows}
            | {appointment.pk for of_client in nearby.values() for appointment in of_client},
        )
        .exclude(notification__in=[row.pk for row in rows if row.pk])
    }

    agendas: list[list[Appointment]] = []
    for delivery in deliveries:
        row, first = delivery.notification, delivery.subject
        found = [first]
        if row.channel == Channel.EMAIL:
            found += [
                appointment
                for link in links[row.login_id]
                if _counted(link, row.due_at)
                for appointment in nearby[link.client_id]
                if first.starts_at <= appointment.starts_at < first.starts_at + AGENDA_SPAN
                and appointment.pk != first.pk
            ]
        unlisted = [
            appointment
            for appointment in sorted(found, key=lambda one: (one.starts_at, one.pk))
            if (row.login_id, row.channel, appointment.pk, appointment.starts_at) not in listed_before
        ]
        agendas.append(unlisted if first in unlisted else [])
    return agendas


def _counted(link: ClientLink, decided_at: datetime) -> bool:
    """Whether the link, and its client's care, counted at the moment of the decision (R9)."""
    since = link.client.active_since
    return since is not None and max(since, link.linked_since) <= decided_at


def _near(deliveries: Sequence[Delivery], client_ids: set[int]) -> dict[int, list[Appointment]]:
    """Scheduled appointments of these clients within the batch's agendas, by client."""
    starts = [delivery.subject.starts_at for delivery in deliveries if delivery.notification.channel == Channel.EMAIL]
    nearby: dict[int, list[Appointment]] = defaultdict(list)
    if not starts:
        return nearby
    window: dict[str, Any] = {"starts_at__gte": min(starts), "starts_at__lt": max(starts) + AGENDA_SPAN}
    candidates = Appointment.objects.scheduled().filter(client__in=client_ids, **window)
    hold_still(candidates.values_list("pk", flat=True))
    for appointment in candidates.select_related(*LISTED_FIELDS):
        nearby[appointment.client_id].append(appointment)
    return nearby
