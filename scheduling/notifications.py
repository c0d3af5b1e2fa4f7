"""What scheduling tells people: reminders, and corrections of reminders that went out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.features import Channel, Feature
from accounts.links import public_url
from notifications import reasons
from notifications.kinds import Content, Delivery, EventKind, Kind, Recipient
from notifications.models import Notification
from notifications.notify import notify
from notifications.reasons import Reason, Skip
from scheduling.agenda import LISTED_FIELDS, agendas_of
from scheduling.ahead import REMINDER, family_links, lane_of, reminders_ahead
from scheduling.calendar import calendar_of
from scheduling.lines import Line
from scheduling.mentions import last_told, mention
from scheduling.models import LEAD, Appointment, Mention, hold_still

NOT_SCHEDULED = Reason("appointment_not_scheduled", _("the appointment is no longer Scheduled"))
MOVED = Reason("appointment_moved", _("the appointment was moved, and its reminder with it"))
BOOKED_LATE = {
    Channel.EMAIL: Reason("booked_late_for_email", _("it was put on the schedule less than 24 hours ahead")),
    Channel.TEXT: Reason("booked_late_for_text", _("it was put on the schedule less than one hour ahead")),
}
ALREADY_LISTED = Reason(
    "already_listed",
    _("an earlier reminder to this login already listed it at this time"),
    your_why=_("an earlier reminder to you already listed it at this time"),
    told_all_the_same=True,
)
NOTHING_TO_CORRECT = Reason(
    "nothing_to_correct",
    _("what this login was told before is right"),
    your_why=_("what you were told before is right"),
    told_all_the_same=True,
)
OVERTAKEN = Reason("appointment_changed_again", _("the appointment changed again, and a later notice says how"))
CALENDAR_NAME = "appointment.ics"
JUST_BEFORE = timedelta(seconds=1)  # nothing is ever sent at or after the start (R8)


class AppointmentKind(Kind):
    """What reminders and their corrections have in common."""

    feature = Feature.APPOINTMENTS

    def load(self, ids: Iterable[int]) -> Mapping[int, Appointment]:
        wanted = list(ids)
        hold_still(wanted)
        return Appointment.objects.filter(pk__in=wanted).select_related(*LISTED_FIELDS).in_bulk()

    def describe(self, subject: Appointment) -> str:
        line = Line(subject)
        return gettext("%(day)s, %(time)s, with %(staff)s") % {
            "day": line.short_day,
            "time": line.time,
            "staff": line.staff,
        }

    def unsent(self, notification_ids: Sequence[int]) -> None:
        Mention.objects.filter(notification__in=notification_ids).delete()

    def unsure(self, notification_ids: Sequence[int]) -> None:
        # They may have been read, so a change is corrected; but nobody may go without a reminder on that account.
        Mention.objects.filter(notification__in=notification_ids).update(is_reminder=False)


class AppointmentReminder(AppointmentKind):
    """The email 24 hours before, an agenda; the text one hour before. Rows come from the scan, in bulk."""

    slug = REMINDER
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
                context={
                    "lines": [Line(appointment) for appointment in listed],
                    "line": Line(listed[0]),
                    "link": _page_of(listed),
                },
                calendar=partial(calendar_of, listed),
                calendar_name=CALENDAR_NAME,
            )
        # A retry of an email in doubt lists again what it listed before: those mentions stand.
        Mention.objects.bulk_create(mentions, ignore_conflicts=True)
        return contents

    def sent_after_all(self, notification: Notification) -> None:
        told = Appointment.objects.filter(pk=notification.subject_id).first()
        if told is not None:
            start = notification.due_at + LEAD[Channel(notification.channel)]
            noted = mention(notification, told, is_reminder=True, starts_at=start)
            noted.called_off = False  # whatever became of it since
            _note_again(noted)
        # All that it listed is told, but for what another reminder has listed meanwhile (R5).
        doubted = Mention.objects.filter(notification=notification, is_reminder=False)
        doubted.exclude(Exists(_told_by_reminder())).update(is_reminder=True)

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

    def upcoming(self, organization_id: int, *, now: datetime, until: datetime) -> Iterator[Delivery]:
        due: dict[Channel, list[int]] = {}
        for channel in Channel:  # two queries, for each has its own partial index
            column = {f"{Appointment.due_column(channel)}__lte": until}
            rows = Appointment.objects.scheduled().filter(organization_id=organization_id, **column)
            due[channel] = list(rows.values_list("pk", flat=True))
        appointments = self.load({pk for ids in due.values() for pk in ids})
        links = family_links(appointments.values())
        for channel, ids in due.items():
            for row in reminders_ahead([appointments[pk] for pk in ids if pk in appointments], channel, links, now=now):
                yield Delivery(row, appointments[row.subject_id])


class AppointmentChanged(AppointmentKind, EventKind):
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

    def client_id(self, subject: Appointment) -> int:
        return subject.client_id

    def lane(self, subject: Appointment, channel: Channel) -> str:
        return lane_of(channel, subject.pk)

    def useful_until(self, subject: Appointment) -> datetime:
        return subject.starts_at - JUST_BEFORE

    def objection(self, notification: Notification, subject: Appointment, now: datetime) -> Skip | None:
        return Skip(reasons.TOO_LATE) if now > self.useful_until(subject) else None

    def compose(self, deliveries: Sequence[Delivery], now: datetime) -> Mapping[int, Content | Skip]:
        rows = [delivery.notification for delivery in deliveries]
        told = last_told({row.subject_id for row in rows}, before={row.pk for row in rows})
        in_doubt = [row.pk for row in rows if row.in_doubt]
        attempted = {own.notification_id: own for own in Mention.objects.filter(notification__in=in_doubt)}
        contents = {
            row.pk: _correction(
                delivery, told.get((row.login_id, row.channel, row.subject_id)), attempted.get(row.pk), now
            )
            for row, delivery in zip(rows, deliveries, strict=True)
        }
        Mention.objects.bulk_create(
            mention(delivery.notification, delivery.subject, is_reminder=False)
            for delivery in deliveries
            if isinstance(contents[delivery.notification.pk], Content) and delivery.notification.pk not in attempted
        )
        return contents

    def sent_after_all(self, notification: Notification) -> None:
        told = Appointment.objects.filter(pk=notification.subject_id).first()
        if told is not None:
            noted = mention(notification, told, is_reminder=False)
            if notification.key != self.key(told):
                # It changed since, and nobody knows how it stood when this left: whatever it said, say it anew.
                noted.called_off = not told.is_called_off
            _note_again(noted)


def _told_by_reminder() -> QuerySet[Mention]:
    """Of what an outer query has, the reminders that told the same."""
    same = ("login", "channel", "appointment", "starts_at")
    return Mention.objects.reminders().filter(**{name: OuterRef(name) for name in same})


def _note_again(noted: Mention) -> None:
    """Keep what was told after all, unless it never was forgotten, and correct it where it no longer holds."""
    if not Mention.objects.filter(notification=noted.notification_id).exists():
        Mention.objects.bulk_create([noted], ignore_conflicts=True)
        notify(AppointmentChanged, noted.appointment)


def _correction(delivery: Delivery, before: Mention | None, own: Mention | None, now: datetime) -> Content | Skip:
    """What sets right what was told `before`; `own` is what an earlier attempt at this, in doubt, said."""
    appointment: Appointment = delivery.subject
    if before is None or (own is None and before.is_still_right(appointment)):
        return Skip(NOTHING_TO_CORRECT)
    if own is not None and not own.is_still_right(appointment):
        return Skip(OVERTAKEN)  # its Message-ID may be in the mailbox already, saying something else (E5)
    # Moved and then cancelled: cancelled is the time that they know.
    known = before.starts_at if appointment.is_called_off else appointment.starts_at
    # As of now: a later change may have brought the start nearer than it was when this row was written (T9).
    useful_until = min(known, appointment.starts_at) - JUST_BEFORE
    if now > useful_until:
        return Skip(reasons.TOO_LATE)
    method = "CANCEL" if appointment.is_called_off else "PUBLISH"
    return Content(
        template=_template(appointment, before),
        context={
            "line": Line(appointment, as_told=known),
            "before": Line(appointment, as_told=before.starts_at),
            "link": _page_of([appointment]),
        },
        calendar=partial(calendar_of, [appointment], method=method),
        calendar_name=CALENDAR_NAME,
        calendar_method=method,
        useful_until=useful_until,
    )


def _page_of(listed: Sequence[Appointment]) -> str:
    """Where a family finds these after signing in: one appointment's page, or the list."""
    path = reverse("my_appointment", args=[listed[0].pk]) if len(listed) == 1 else reverse("my_appointments")
    return public_url(listed[0].organization, path)


def _template(appointment: Appointment, before: Mention) -> str:
    if appointment.is_called_off:
        return "scheduling/cancelled"
    return "scheduling/on_again" if before.called_off else "scheduling/moved"
