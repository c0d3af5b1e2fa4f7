"""What the reminder sender must do, as plainly as it can be written: R1 to R9, with N5, O2, O3, O5, T1 to T3.

The real sender is checked against this model, so nothing here is shared with it: no database, no rules
module, and clarity before speed. Times are aware UTC datetimes.

How it works
------------
* What must be on for a notice to go out (feature, preference, link, login, client) is a `Switch`, which
  knows since when it is on. Every notice has a *moment*: a reminder's is when it fell due, a correction's
  is when the appointment changed. A switch counts if it is on at the sending and has been since that moment
  (R1, R9, N5). Whether a phone can be texted is only looked at when sending (T2, T3, T6).
* A change of start, or of status to Scheduled, puts an appointment on the schedule: that opens one decision
  per channel, taken by the first run at or after the due moment, for all logins, whatever comes out (R9).
* A change of start or of status opens one correction, dealt with by the next run, for everything that had
  been told, whatever comes out (R7).
* Per login and channel the model remembers which (appointment, start) a reminder held (R5, R9) and what was
  last told of each appointment (R7).

Decisions
---------
Where the promises leave room, this is what a practice manager would expect:

* Of one login and channel, pending reminders and corrections are dealt with in order of their moments. At
  the same moment corrections go before reminders, so an appointment moved to exactly the lead time ahead is
  first corrected and then reminded of; then in order of booking.
* "Cancelled" names the start the login was last told, not one they never heard of (moved and cancelled
  between two runs). "Moved" and "on again" name the present start. Nothing names a start that has come
  (R8), so "cancelled" is also not sent at or after the start it would name.
* Any change of status counts as a change, also cancelled to late cancelled or attended to cancelled: what
  was told is compared again. Attended and no-show tell nothing, and use up the correction of an earlier
  change that no run has seen.
* From attended or no-show back to Scheduled "became Scheduled" too (R6).
* A notice about a cancelled appointment that was moved meanwhile obeys its present start: not sent at or
  after it.
* "Never sent for the same start again" (R9) holds for emails as for texts: moved away and back, the start
  that a reminder already held is not reminded of again, only corrected.
* The run that takes a decision takes it for every login. A link made in the very minute of the due moment
  counts if that minute's run is still to come, and not after it.
* Being listed in a reminder counts as being told, also for appointments that were listed but not due.
* What was told is remembered while a login, link or client is off: after it is on again, the next change is
  compared with it.
* An appointment told for a start now past, and then moved to the future, is corrected as "moved".
* Something turned off and on again within one minute has been on since that minute.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.scheduling.world import Channel, Received, Status, What

# R2: how long before the start a reminder falls due.
LEAD = {Channel.EMAIL: timedelta(hours=24), Channel.TEXT: timedelta(hours=1)}
# R8: how long before the start a late reminder may still leave.
LAST_CALL = {Channel.EMAIL: timedelta(hours=2), Channel.TEXT: timedelta(minutes=10)}
# R5: how much of the schedule an agenda covers.
AGENDA = timedelta(hours=24)


@dataclass
class Switch:
    """Something that is on or off, and remembers since when it is on."""

    since: datetime | None = None

    def turn(self, *, on: bool, at: datetime) -> None:
        """Turn it on or off. Turning on what is on changes nothing."""
        if not on:
            self.since = None
        elif self.since is None:
            self.since = at

    def on_ever_since(self, moment: datetime) -> bool:
        """Whether it is on now and has been, without a break, since `moment`."""
        return self.since is not None and self.since <= moment


@dataclass
class Login:
    """A client login."""

    active: Switch
    wants: dict[Channel, Switch]
    links: dict[str, Switch] = field(default_factory=dict)
    phone_ok: bool = True
    opted_out: bool = False


@dataclass
class Appointment:
    """An appointment, when it was put on the schedule, and what no run has dealt with yet."""

    name: str
    number: int
    client: str
    start: datetime
    start_set: datetime
    became_scheduled: datetime
    status: Status = Status.SCHEDULED
    undecided: set[Channel] = field(default_factory=lambda: set(Channel))
    uncorrected_since: datetime | None = None

    @property
    def put_on_schedule(self) -> datetime:
        """When the present start was set or the status became Scheduled, whichever is later (R6)."""
        return max(self.start_set, self.became_scheduled)

    @property
    def is_cancelled(self) -> bool:
        """Cancelled in time or late: those told of it hear the same."""
        return self.status in {Status.CANCELLED, Status.LATE_CANCELLED}


@dataclass(frozen=True)
class Told:
    """What a login last heard of an appointment by a channel: that it is on at `start`, or no longer is."""

    start: datetime
    on: bool


@dataclass(frozen=True, order=True)
class Pending:
    """A reminder or correction to be dealt with by the present run, ordered as they are dealt with."""

    moment: datetime
    is_reminder: bool
    number: int


class Practice:
    """One organization and everybody in it. Implements `tests.scheduling.world.World`."""

    def __init__(self) -> None:
        self._feature = Switch()
        self._clients: dict[str, Switch] = {}
        self._logins: dict[str, Login] = {}
        self._appointments: dict[str, Appointment] = {}
        self._reminded: set[tuple[str, Channel, str, datetime]] = set()
        self._told: dict[tuple[str, Channel, str], Told] = {}
        self._received: list[Received] = []

    # What happens.

    def add_client(self, client: str, *, at: datetime) -> None:
        """A new, active client."""
        self._clients[client] = Switch(since=at)

    def add_login(self, login: str, *, at: datetime) -> None:
        """A new client login: all email on, all text off (P2)."""
        wants = {Channel.EMAIL: Switch(since=at), Channel.TEXT: Switch()}
        self._logins[login] = Login(active=Switch(since=at), wants=wants)

    def toggle_feature(self, *, on: bool, at: datetime) -> None:
        """Turn appointment reminders on or off (O1). Nothing else changes (O3)."""
        self._feature.turn(on=on, at=at)

    def set_preference(self, login: str, channel: Channel, *, on: bool, at: datetime) -> None:
        """Turn a channel on or off (P1)."""
        self._logins[login].wants[channel].turn(on=on, at=at)

    def set_login_active(self, login: str, *, on: bool, at: datetime) -> None:
        """Deactivate a login, or activate it again."""
        self._logins[login].active.turn(on=on, at=at)

    def set_phone(self, login: str, *, ok: bool, at: datetime) -> None:
        """Give the login a number that may be texted, or one that may not (T2, T3)."""
        self._logins[login].phone_ok = ok

    def stop(self, login: str, *, at: datetime) -> None:
        """The login's number replies STOP (T6)."""
        self._logins[login].opted_out = True

    def unstop(self, login: str, *, at: datetime) -> None:
        """The login's number replies UNSTOP (T6)."""
        self._logins[login].opted_out = False

    def link(self, login: str, client: str, *, at: datetime) -> None:
        """Link a login to a client (R3)."""
        self._logins[login].links.setdefault(client, Switch()).turn(on=True, at=at)

    def unlink(self, login: str, client: str, *, at: datetime) -> None:
        """Undo the link."""
        self._logins[login].links.setdefault(client, Switch()).turn(on=False, at=at)

    def discharge(self, client: str, *, at: datetime) -> None:
        """Discharge a client (N5)."""
        self._clients[client].turn(on=False, at=at)

    def readmit(self, client: str, *, at: datetime) -> None:
        """Make a discharged client active again."""
        self._clients[client].turn(on=True, at=at)

    def book(self, appointment: str, client: str, start: datetime, *, at: datetime) -> None:
        """Book a new appointment, with status Scheduled."""
        self._appointments[appointment] = Appointment(
            name=appointment,
            number=len(self._appointments),
            client=client,
            start=start,
            start_set=at,
            became_scheduled=at,
        )

    def move(self, appointment: str, start: datetime, *, at: datetime) -> None:
        """Give the appointment another start. To the same start is no move."""
        moved = self._appointments[appointment]
        if start == moved.start:
            return
        moved.start = start
        moved.start_set = at
        moved.undecided = set(Channel)
        moved.uncorrected_since = at

    def set_status(self, appointment: str, status: Status, *, at: datetime) -> None:
        """Set the appointment's status. To the same status is no change."""
        changed = self._appointments[appointment]
        if status == changed.status:
            return
        changed.status = status
        changed.uncorrected_since = at
        if status == Status.SCHEDULED:
            changed.became_scheduled = at
            changed.undecided = set(Channel)

    # What is sent.

    def run(self, *, at: datetime) -> list[Received]:
        """Deal with every correction and every reminder that is due. Returns what was sent."""
        sent: list[Received] = []
        for channel in Channel:
            pending = sorted(self._corrections() + self._due_reminders(channel, at))
            for login in self._logins:
                for item in pending:
                    appointment = self._by_number(item.number)
                    if item.is_reminder:
                        notice = self._reminder(login, channel, appointment, item.moment, at)
                    else:
                        notice = self._correction(login, channel, appointment, item.moment, at)
                    if notice is not None:
                        sent.append(notice)
            for item in pending:
                if item.is_reminder:
                    self._by_number(item.number).undecided.discard(channel)  # R9: decided once
        for appointment in self._appointments.values():
            appointment.uncorrected_since = None
        self._received += sent
        return sent

    def received(self) -> list[Received]:
        """Everything received so far."""
        return list(self._received)

    def close(self) -> None:
        """Nothing to throw away."""

    def _by_number(self, number: int) -> Appointment:
        return list(self._appointments.values())[number]

    def _corrections(self) -> list[Pending]:
        """The changes that no run has seen, each at the moment of the appointment's latest change."""
        return [
            Pending(moment=appointment.uncorrected_since, is_reminder=False, number=appointment.number)
            for appointment in self._appointments.values()
            if appointment.uncorrected_since is not None
        ]

    def _due_reminders(self, channel: Channel, at: datetime) -> list[Pending]:
        """The reminders due and not decided, each at its due moment (R2), unless booked late (R6)."""
        due = []
        for appointment in self._appointments.values():
            moment = appointment.start - LEAD[channel]
            booked_late = appointment.put_on_schedule > moment
            undecided = channel in appointment.undecided
            if appointment.status == Status.SCHEDULED and undecided and not booked_late and moment <= at:
                due.append(Pending(moment=moment, is_reminder=True, number=appointment.number))
        return due

    def _reminder(
        self, login: str, channel: Channel, first: Appointment, moment: datetime, at: datetime
    ) -> Received | None:
        """The reminder this login gets because `first` fell due, or None."""
        if first.start - at < LAST_CALL[channel]:
            return None  # R8: too late
        if (login, channel, first.name, first.start) in self._reminded:
            return None  # R9; by email also R5: an earlier agenda listed it
        if not self._may_be_told(login, channel, first.client, moment):
            return None
        listed = self._agenda(login, first, moment) if channel == Channel.EMAIL else [first]
        for appointment in listed:
            self._reminded.add((login, channel, appointment.name, appointment.start))
            self._told[login, channel, appointment.name] = Told(appointment.start, on=True)
        lines = tuple((appointment.name, appointment.start) for appointment in listed)
        return Received(at=at, login=login, channel=channel, what=What.REMINDER, appointments=lines)

    def _agenda(self, login: str, first: Appointment, moment: datetime) -> list[Appointment]:
        """The appointments of the email that `first` causes, in order of start (R5)."""
        listed = [
            appointment
            for appointment in self._appointments.values()
            if appointment.status == Status.SCHEDULED
            and first.start <= appointment.start < first.start + AGENDA
            and (login, Channel.EMAIL, appointment.name, appointment.start) not in self._reminded
            and self._belongs(login, appointment.client, moment)
        ]
        return sorted(listed, key=lambda appointment: (appointment.start, appointment.number))

    def _correction(
        self, login: str, channel: Channel, appointment: Appointment, moment: datetime, at: datetime
    ) -> Received | None:
        """What sets right what this login was told by this channel, or None (R7)."""
        told = self._told.get((login, channel, appointment.name))
        if told is None:
            return None
        if at >= appointment.start:
            return None  # R8: nothing is ever sent after the start
        if not self._may_be_told(login, channel, appointment.client, moment):
            return None
        now = Told(appointment.start, on=True)
        if appointment.status == Status.SCHEDULED and not told.on:
            what = What.ON_AGAIN
        elif appointment.status == Status.SCHEDULED and told != now:
            what = What.MOVED
        elif appointment.is_cancelled and told.on and at < told.start:
            what = What.CANCELLED
            now = Told(told.start, on=False)
        else:
            return None  # what was told is true, or its time has come
        self._told[login, channel, appointment.name] = now
        line = (appointment.name, now.start)
        return Received(at=at, login=login, channel=channel, what=what, appointments=(line,))

    def _may_be_told(self, login: str, channel: Channel, client: str, moment: datetime) -> bool:
        """Whether a notice of that moment about that client may go to this login (R1, R9, N5)."""
        person = self._logins[login]
        return (
            self._feature.on_ever_since(moment)
            and person.active.on_ever_since(moment)
            and person.wants[channel].on_ever_since(moment)
            and self._belongs(login, client, moment)
            and (channel == Channel.EMAIL or (person.phone_ok and not person.opted_out))
        )

    def _belongs(self, login: str, client: str, moment: datetime) -> bool:
        """Whether link and client are on, ever since that moment (R3, N5)."""
        link = self._logins[login].links.get(client, Switch())
        return link.on_ever_since(moment) and self._clients[client].on_ever_since(moment)
