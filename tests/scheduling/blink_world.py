"""Blink itself as a `World`: real models, the real scan, the real sender, and what arrives in the outbox.

What a login received is read from the message as a person would: the words of its subject or body, and for
agendas the calendar file that came with it.
"""

from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import count
from types import MappingProxyType

import time_machine
from django.db import transaction
from django.utils import translation
from icalendar import Calendar

from accounts import models as people
from accounts.features import Channel as BlinkChannel
from accounts.features import Feature
from accounts.tenancy import everywhere
from notifications.delivery import deliver_batch
from notifications.models import Notification, OutboxMessage
from scheduling.lines import Line
from scheduling.models import Appointment
from scheduling.scan import scan
from tests.conftest import make_login, make_organization
from tests.scheduling.world import Channel, Received, Status, What

BEFORE_ALL = datetime(2030, 1, 1, tzinfo=UTC)

# What tells the four apart, in the order in which they are looked for.
WORDS = MappingProxyType(
    {"on again": What.ON_AGAIN, "moved": What.MOVED, "cancelled": What.CANCELLED, "": What.REMINDER}
)


class BlinkWorld:
    """One organization in the database, thrown away at the end."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._stack.enter_context(transaction.atomic())
        self._stack.enter_context(everywhere("the story is told from outside"))
        with time_machine.travel(BEFORE_ALL, tick=False):
            self.organization = make_organization("The Practice", time_zone="UTC", created_at=BEFORE_ALL)
            people.FeatureToggle.objects.on().turn(Feature.APPOINTMENTS, on=False)
            self.therapist = make_login(self.organization, "Theo", people.Role.STAFF)
        self.clients: dict[str, people.Client] = {}
        self.logins: dict[str, people.Login] = {}
        self.numbers: dict[str, str] = {}
        self.appointments: dict[str, Appointment] = {}
        self.starts: dict[str, set[datetime]] = {}
        self.arrived: list[Received] = []
        self._numbers = count(2065550100)

    def close(self) -> None:
        transaction.set_rollback(True)
        self._stack.close()

    # Who is there.

    def add_client(self, client: str, *, at: datetime) -> None:
        with time_machine.travel(at, tick=False):
            self.clients[client] = people.Client.objects.create(organization=self.organization, first_name=client)

    def add_login(self, login: str, *, at: datetime) -> None:
        with time_machine.travel(at, tick=False):
            self.numbers[login] = str(next(self._numbers))
            self.logins[login] = make_login(self.organization, login, phone=self.numbers[login], active_since=at)

    # What is off and on.

    def toggle_feature(self, *, on: bool, at: datetime) -> None:
        with time_machine.travel(at, tick=False):
            people.FeatureToggle.objects.all().turn(Feature.APPOINTMENTS, on=on)

    def set_preference(self, login: str, channel: Channel, *, on: bool, at: datetime) -> None:
        with time_machine.travel(at, tick=False):
            preference = self.logins[login].preferences.get(feature=Feature.APPOINTMENTS)
            preference.choose(BlinkChannel(channel), on=on, by=None)

    def set_login_active(self, login: str, *, on: bool, at: datetime) -> None:
        with time_machine.travel(at, tick=False):
            change = self.logins[login].reactivate if on else self.logins[login].deactivate
            change()

    def set_phone(self, login: str, *, ok: bool, at: datetime) -> None:
        with time_machine.travel(at, tick=False):
            phone = self.numbers[login] if ok else f"1{self.numbers[login]}0"
            people.Login.objects.filter(pk=self.logins[login].pk).update(phone=phone)

    def stop(self, login: str, *, at: datetime) -> None:
        with time_machine.travel(at, tick=False):
            people.TextStop.objects.stop(self.numbers[login])

    def unstop(self, login: str, *, at: datetime) -> None:
        with time_machine.travel(at, tick=False):
            people.TextStop.objects.resume(self.numbers[login])

    def link(self, login: str, client: str, *, at: datetime) -> None:
        with time_machine.travel(at, tick=False):
            self.logins[login].link(self.clients[client])

    def unlink(self, login: str, client: str, *, at: datetime) -> None:
        with time_machine.travel(at, tick=False):
            self.logins[login].unlink(self.clients[client])

    def discharge(self, client: str, *, at: datetime) -> None:
        with time_machine.travel(at, tick=False):
            self.clients[client].discharge()

    def readmit(self, client: str, *, at: datetime) -> None:
        with time_machine.travel(at, tick=False):
            self.clients[client].readmit()

    # The schedule.

    def book(self, appointment: str, client: str, start: datetime, *, at: datetime) -> None:
        with time_machine.travel(at, tick=False):
            self.starts[appointment] = {start}
            self.appointments[appointment] = Appointment.objects.create(
                organization=self.organization, client=self.clients[client], staff=self.therapist, starts_at=start
            )

    def move(self, appointment: str, start: datetime, *, at: datetime) -> None:
        with time_machine.travel(at, tick=False):
            self.starts[appointment].add(start)
            self.appointments[appointment].move(start)

    def set_status(self, appointment: str, status: Status, *, at: datetime) -> None:
        with time_machine.travel(at, tick=False):
            self.appointments[appointment].set_status(Appointment.Status(status))

    # What arrives.

    def run(self, *, at: datetime) -> list[Received]:
        with time_machine.travel(at, tick=False):
            known = set(OutboxMessage.objects.values_list("pk", flat=True))
            scan()
            while deliver_batch():
                pass
            new = OutboxMessage.objects.exclude(pk__in=known).select_related("notification__login").order_by("pk")
            arrived = [self._read(message, at) for message in new]
        self.arrived += arrived
        return arrived

    def received(self) -> list[Received]:
        return self.arrived

    def _read(self, message: OutboxMessage, at: datetime) -> Received:
        row = message.notification
        words = (message.subject or message.body).lower()
        what = next(what for word, what in WORDS.items() if word in words)
        if message.channel == BlinkChannel.EMAIL and what == What.REMINDER:
            appointments = self._in_calendar(message)
        else:
            appointments = (self._in_words(row, message.body),)
        return Received(at, row.login.name, Channel(message.channel), what, appointments)

    def _in_calendar(self, message: OutboxMessage) -> tuple[tuple[str, datetime], ...]:
        events = Calendar.from_ical(message.calendar).walk("VEVENT")
        by_uid = {str(appointment.uid): name for name, appointment in self.appointments.items()}
        listed: list[tuple[str, datetime]] = []
        for event in events:
            name, start = by_uid[str(event["UID"]).partition("@")[0]], event.decoded("DTSTART")
            assert isinstance(start, datetime)
            listed.append((name, start))
            assert self._printed(name, start, message.body), f"{start} is in the calendar and not in the words"
        return tuple(listed)

    def _in_words(self, row: Notification, body: str) -> tuple[str, datetime]:
        """The appointment, and the one start of all that it ever had which the words name."""
        name = next(name for name, appointment in self.appointments.items() if appointment.pk == row.subject_id)
        now_true, _was, _before = body.partition("It was to be on")
        printed = [start for start in self.starts[name] if self._printed(name, start, now_true)]
        assert len(printed) == 1, f"{body!r} names {printed}"
        return name, printed[0]

    def _printed(self, name: str, start: datetime, body: str) -> bool:
        appointment = self.appointments[name]
        with translation.override("en"):
            line = Line(appointment, as_told=start)
            return (line.day in body or line.short_day in body) and line.time in body
