"""What staff do to the schedule: book, change, cancel; one appointment, or it and those that follow in its series.

Each is one transaction, and goes through the verbs of each appointment, so that reminders and corrections follow as
if each had been changed by hand (R6, R7). Appointments that are over never change with the others.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import Client, Login
from scheduling.models import Appointment, Series, at_wall_clock

Span = tuple[datetime, datetime]  # from, up to


@dataclass(frozen=True)
class Arrangement:
    """When, with whom, how long and where; `day` and `clock` as on the practice's wall."""

    staff: Login
    day: date
    clock: time
    minutes: int
    location: str = ""
    every: int = 1  # weeks
    times: int = 1

    def spans(self, client: Client) -> list[Span]:
        """When each appointment of a booking would take place."""
        zone = client.organization.zone
        days = [self.day + timedelta(weeks=self.every * number) for number in range(self.times)]
        return [self._span(at_wall_clock(day, self.clock, zone)) for day in days]

    def spans_of(self, appointment: Appointment, *, following: bool) -> list[Span]:
        """When this appointment, and those that follow, would take place if they were changed to this."""
        if not following:
            return [self._span(self.start_of(appointment))]
        return [self._span(start) for _one, start in self.starts(appointment, tail_of(appointment))]

    def start_of(self, appointment: Appointment) -> datetime:
        """When it would start: as it does, if the clock then shows this day and time; else at the first that shows it.

        So one in the second of a repeated hour stays there when only its place changes.
        """
        zone = appointment.organization.zone
        shows = appointment.starts_at.astimezone(zone).replace(fold=0, tzinfo=None)
        if shows == datetime.combine(self.day, self.clock):
            return appointment.starts_at
        return at_wall_clock(self.day, self.clock, zone)

    def starts(self, appointment: Appointment, tail: list[Appointment]) -> list[tuple[Appointment, datetime]]:
        """The start of each of the tail that would change, if `appointment` were moved to this day and time.

        When the time stays, each keeps its own, also one that was moved alone. When it changes, all keep step with
        the first, as if the series had begun there.
        """
        zone = appointment.organization.zone
        first = self.start_of(appointment)
        changing = [one for one in tail if one.pk == appointment.pk or _is_ahead(one)]
        if first == appointment.starts_at or appointment.series is None:
            return [(one, first if one.pk == appointment.pk else one.starts_at) for one in changing]
        every, position = appointment.series.every, appointment.position or 1
        weeks = {one.pk: timedelta(weeks=every * ((one.position or 1) - position)) for one in changing}
        return [(one, at_wall_clock(self.day + weeks[one.pk], self.clock, zone)) for one in changing]

    def is_what_became(self, first: Appointment, client: Client) -> bool:
        """Whether booking this for the client made `first`, and it is as it was then."""
        repeats = (first.series.every, first.series.times) if first.series else (self.every, 1)
        return (first.client_id, first.staff_id, first.starts_at, first.minutes, first.location, repeats) == (
            client.pk,
            self.staff.pk,
            self.spans(client)[0][0],
            self.minutes,
            self.location,
            (self.every, self.times),
        )

    def _span(self, start: datetime) -> Span:
        return start, start + timedelta(minutes=self.minutes)


class BookedAlready(Exception):
    """This form was sent before; `appointment` is the first that it booked."""

    def __init__(self, appointment: Appointment) -> None:
        super().__init__(appointment)
        self.appointment = appointment


class ChangedMeanwhile(Exception):
    """The appointment is not what it was when the form was filled in; it is loaded as it is now."""


def book(client: Client, arrangement: Arrangement, *, form: UUID | None = None) -> list[Appointment]:
    """Put one appointment, or a series of them, on the schedule.

    `form` names the form it came from. Raises BookedAlready if that was sent before: the database keeps the name
    unique, so of two at the same moment one is told so.
    """
    now = timezone.now()
    try:
        with transaction.atomic():
            series = _series(client, arrangement) if arrangement.times > 1 else None
            booked = [
                Appointment(
                    organization=client.organization,
                    client=client,
                    staff=arrangement.staff,
                    starts_at=start,
                    minutes=arrangement.minutes,
                    location=arrangement.location,
                    series=series,
                    position=position if series else None,
                    booking=form if position == 1 else None,
                )
                for position, (start, _end) in enumerate(arrangement.spans(client), start=1)
            ]
            for appointment in booked:
                appointment.put_on_schedule(now)
            return Appointment.objects.bulk_create(booked)
    except IntegrityError:
        earlier = Appointment.objects.filter(organization=client.organization, booking=form).first() if form else None
        if earlier is None:
            raise
        raise BookedAlready(earlier) from None


@transaction.atomic
def change(
    appointment: Appointment, arrangement: Arrangement, *, following: bool = False, seen: int | None = None
) -> int:
    """Move, or change staff, length or place; returns how many appointments changed.

    Of those that follow only what this form changed is changed; cancelled ones stay as they are. `seen` is the
    sequence of what the form was filled in upon: raises ChangedMeanwhile rather than undo what a colleague changed
    since. The second half of a double click finds its own words, and changes nothing.
    """
    overtaken = _hold(appointment, following=following, seen=seen)
    differs = {
        name: wanted
        for name, wanted in {
            "staff": arrangement.staff,
            "minutes": arrangement.minutes,
            "location": arrangement.location,
        }.items()
        if getattr(appointment, name) != wanted
    }
    moved = arrangement.start_of(appointment) != appointment.starts_at
    if overtaken and (moved or differs):
        raise ChangedMeanwhile
    tail = split(appointment) if following else [appointment]
    starts = arrangement.starts(appointment, tail)
    if following and appointment.series is not None:
        series = appointment.series
        series.staff = arrangement.staff
        if moved:
            series.first_day, series.clock = arrangement.day, arrangement.clock
        series.save()
    changed = 0
    for one, start in starts:
        was_moved = one.move(start)
        changed += one.arrange(**differs) or was_moved
    appointment.refresh_from_db()
    return changed


@transaction.atomic
def call_off(
    appointment: Appointment, status: Appointment.Status, *, following: bool = False, seen: int | None = None
) -> int:
    """Cancel, late-cancel or mark as no-show; returns how many appointments changed.

    Those that follow are plainly cancelled: nobody is late for next month. `seen` as in `change`.
    """
    if _hold(appointment, following=following, seen=seen) and appointment.status != status:
        raise ChangedMeanwhile
    tail = split(appointment) if following else [appointment]
    changed = 0
    for one in tail:
        if one.pk == appointment.pk:
            changed += one.set_status(status)
        elif _is_ahead(one):
            changed += one.set_status(Appointment.Status.CANCELLED)
    appointment.refresh_from_db()
    return changed


def tail_of(appointment: Appointment) -> list[Appointment]:
    """This appointment and those that follow it in its series, in order."""
    if appointment.series_id is None:
        return [appointment]
    tail = Appointment.objects.filter(series=appointment.series_id, position__gte=appointment.position or 1)
    return list(tail.on_pages().select_related("series").order_by("position"))


def split(appointment: Appointment) -> list[Appointment]:
    """Make this appointment and those that follow a series of their own; returns them, in order.

    What was before keeps the old series, so a change to the rest says nothing about it. Runs in the caller's
    transaction; the series is locked, so of two such changes one waits for the other.
    """
    if appointment.series_id is None:
        return [appointment]
    series = Series.objects.select_for_update().get(pk=appointment.series_id)
    appointment.refresh_from_db()  # another split may have been quicker
    before = (appointment.position or 1) - 1
    if before and appointment.series_id == series.pk:
        rest = Series.objects.create(
            organization_id=series.organization_id,
            client_id=series.client_id,
            staff_id=series.staff_id,
            first_day=series.day(before + 1),
            clock=series.clock,
            every=series.every,
            times=series.times - before,
        )
        series.times = before
        series.save()
        Appointment.objects.filter(series=series, position__gt=before).update(
            series=rest, position=F("position") - before
        )
        appointment.refresh_from_db()
    return tail_of(appointment)


def _hold(appointment: Appointment, *, following: bool, seen: int | None) -> bool:
    """Lock it, load it as it is now, and say whether that is something else than was `seen`.

    The series before its appointments, as `split` has it, so that two never wait for each other.
    """
    if following and appointment.series_id is not None:
        Series.objects.select_for_update().get(pk=appointment.series_id)
    Appointment.objects.select_for_update().get(pk=appointment.pk)
    appointment.refresh_from_db()
    return seen is not None and appointment.sequence != seen


def _series(client: Client, arrangement: Arrangement) -> Series:
    return Series.objects.create(
        organization=client.organization,
        client=client,
        staff=arrangement.staff,
        first_day=arrangement.day,
        clock=arrangement.clock,
        every=arrangement.every,
        times=arrangement.times,
    )


def _is_ahead(appointment: Appointment) -> bool:
    """Whether a change of the whole series touches it: still Scheduled, and not begun."""
    return appointment.is_scheduled and appointment.starts_at > timezone.now()
