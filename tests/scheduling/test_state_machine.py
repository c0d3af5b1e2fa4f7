"""Whatever happens to a practice, in whatever order, each login receives exactly what the reference says
(R1-R9).

Hypothesis makes up stories: appointments booked, moved back and forth, cancelled and reinstated, everything
that can be off turned off and on, time passing with scans and without. Each event happens to the reference
and to the world under test; after every run both must have sent the same. A failing story is told line by
line.

`STATE_MACHINE=long` in the environment tells many more and longer stories.
"""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Protocol

import pytest
from hypothesis import event, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.scheduling.blink_world import BlinkWorld
from tests.scheduling.reference import LAST_CALL, LEAD, Practice
from tests.scheduling.world import Channel, Received, Status, What, World

STORIES = {
    "default": settings(max_examples=40, stateful_step_count=30, deadline=None),
    "long": settings(max_examples=1500, stateful_step_count=80, deadline=None),
}

BEGIN = datetime(2031, 3, 3, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
NOTHING = timedelta(0)

CLIENTS = ("ana", "ben")
LOGINS = ("mom", "dad", "carer")
LINKS = (("mom", "ana"), ("mom", "ben"), ("dad", "ana"))  # the carer is linked in the course of the story


def make_world() -> World:
    """The world that is checked against the reference."""
    return BlinkWorld()


class Thing(Protocol):
    """Something that can be off or on, and whose being off keeps somebody from being told."""

    def __call__(self, world: World, *, on: bool, at: datetime) -> None:
        """Turn it on or off."""


def feature(world: World, *, on: bool, at: datetime) -> None:
    """Turn appointment reminders on or off."""
    world.toggle_feature(on=on, at=at)


def preference(login: str, channel: Channel) -> Thing:
    """A channel of a login."""

    def turn(world: World, *, on: bool, at: datetime) -> None:
        world.set_preference(login, channel, on=on, at=at)

    return turn


def active(login: str) -> Thing:
    """A login's being active."""

    def turn(world: World, *, on: bool, at: datetime) -> None:
        world.set_login_active(login, on=on, at=at)

    return turn


def good_phone(login: str) -> Thing:
    """A login's having a number that may be texted."""

    def turn(world: World, *, on: bool, at: datetime) -> None:
        world.set_phone(login, ok=on, at=at)

    return turn


def consent(login: str) -> Thing:
    """A login's number not having replied STOP."""

    def turn(world: World, *, on: bool, at: datetime) -> None:
        (world.unstop if on else world.stop)(login, at=at)

    return turn


def link(login: str, client: str) -> Thing:
    """The link between a login and a client."""

    def turn(world: World, *, on: bool, at: datetime) -> None:
        (world.link if on else world.unlink)(login, client, at=at)

    return turn


def admission(client: str) -> Thing:
    """A client's not being discharged."""

    def turn(world: World, *, on: bool, at: datetime) -> None:
        (world.readmit if on else world.discharge)(client, at=at)

    return turn


THINGS: dict[str, Thing] = {
    "the feature": feature,
    **{f"{login}'s {channel}": preference(login, channel) for login in LOGINS for channel in Channel},
    **{f"{login}'s login": active(login) for login in LOGINS},
    **{f"{login}'s link to {client}": link(login, client) for login in LOGINS for client in CLIENTS},
    **{f"{client}'s care": admission(client) for client in CLIENTS},
    **{f"{login}'s good phone number": good_phone(login) for login in LOGINS},
    **{f"{login}'s consent to texts": consent(login) for login in LOGINS},
}

# Time, in minutes. Small numbers and the numbers named by the promises, exactly and a minute to either side.
NAMED = [24 * 60, 60, 2 * 60, 10, 48 * 60]
AROUND_NAMED = [minutes + off for minutes in NAMED for off in (0, -1, 1)]
AHEAD = st.one_of(st.sampled_from(AROUND_NAMED), st.integers(24 * 60, 60 * 60), st.integers(-60, 72 * 60))
BESIDE = st.one_of(
    st.sampled_from([24 * 60, 24 * 60 - 1, -24 * 60]),
    st.sampled_from([0, 1, -1, 60, -60, 12 * 60, 24 * 60 + 1]),
    st.integers(-30 * 60, 30 * 60),
)
A_WHILE = st.one_of(st.integers(0, 3), st.integers(1, 90), st.sampled_from(AROUND_NAMED), st.integers(1, 48 * 60))
A_MINUTE_OR_NOT = st.sampled_from([0, 1, -1])
A_RUN_OR_NONE = st.integers(0, 1)
WHICH = st.integers(0, 5)  # of the appointments to come, in order of start
# Mostly what matters to mom, who has most to be told.
SOME_THING = st.one_of(
    st.sampled_from([name for name in THINGS if not name.startswith(("dad", "carer"))]),
    st.sampled_from(sorted(THINGS)),
)
# What happens to an appointment: it is moved by so many minutes, or it gets a status.
CHANGE = st.one_of(BESIDE, st.sampled_from(Status))
A_MOMENT = st.integers(0, 2)


class Reminders(RuleBasedStateMachine):
    """One organization, two clients, three logins; the same events to the reference and to the world."""

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGIN
        self.reference = Practice()
        self.world = make_world()
        self.starts: dict[str, list[datetime]] = {}
        self.off: set[str] = set()

    def teardown(self) -> None:
        self.world.close()

    @initialize(ahead=st.integers(25 * 60, 60 * 60), beside=st.lists(BESIDE, min_size=2, max_size=2))
    def a_family(self, ahead: int, beside: list[int]) -> None:
        """Mom is linked to both clients, dad to one; everything is on, and something is on the schedule."""
        self.happens("the feature is on", lambda world: world.toggle_feature(on=True, at=self.now))
        for client in CLIENTS:
            self.enrol(client)
        for login in LOGINS:
            self.sign_up(login)
            self.turn_one(f"{login}'s text", on=True)
        for login, client in LINKS:
            self.turn_one(f"{login}'s link to {client}", on=True)
        for minutes, client in zip([0, *beside], cycle(CLIENTS), strict=False):
            self.book_at(client, self.now + (ahead + minutes) * MINUTE)

    # What the practice does.

    @rule(client=st.sampled_from(CLIENTS), ahead=AHEAD)
    def book(self, client: str, ahead: int) -> None:
        self.book_at(client, self.now + ahead * MINUTE)

    @rule(client=st.sampled_from(CLIENTS), other=WHICH, beside=BESIDE)
    def book_beside_another(self, client: str, other: int, beside: int) -> None:
        self.book_at(client, self.start_of(self.pick(other)) + beside * MINUTE)

    @rule(which=WHICH, ahead=AHEAD, runs=A_RUN_OR_NONE)
    def move(self, which: int, ahead: int, runs: int) -> None:
        self.move_to(self.pick(which), self.now + ahead * MINUTE)
        self.pass_time(NOTHING, runs=runs)

    @rule(which=WHICH, other=WHICH, beside=BESIDE, runs=A_RUN_OR_NONE)
    def move_beside_another(self, which: int, other: int, beside: int, runs: int) -> None:
        self.move_to(self.pick(which), self.start_of(self.pick(other)) + beside * MINUTE)
        self.pass_time(NOTHING, runs=runs)

    @rule(which=WHICH, back=st.integers(1, 3))
    def move_back(self, which: int, back: int) -> None:
        appointment = self.pick(which)
        starts = self.starts[appointment]
        self.move_to(appointment, starts[-1 - back % len(starts)])

    @rule(which=WHICH, beside=BESIDE, minutes=A_MOMENT, runs=A_RUN_OR_NONE)
    def move_away_and_back(self, which: int, beside: int, minutes: int, runs: int) -> None:
        appointment = self.pick(which)
        start = self.start_of(appointment)
        self.move_to(appointment, start + beside * MINUTE)
        self.pass_time(minutes * MINUTE, runs=runs)
        self.move_to(appointment, start)

    @rule(which=WHICH, change=CHANGE, runs=A_RUN_OR_NONE)
    def change(self, which: int, change: int | Status, runs: int) -> None:
        self.change_one(self.pick(which), change)
        self.pass_time(NOTHING, runs=runs)

    @rule(which=WHICH, channel=st.sampled_from(Channel), change=CHANGE, runs=A_RUN_OR_NONE)
    def remind_and_change(self, which: int, channel: Channel, change: int | Status, runs: int) -> None:
        appointment = self.pick(which)
        self.wait_until(self.start_of(appointment) - LEAD[channel], runs=1)
        self.change_one(appointment, change)
        self.pass_time(NOTHING, runs=runs)

    @rule(which=WHICH, status=st.sampled_from(Status), channel=st.sampled_from(Channel), minutes=A_MOMENT)
    def reinstate_about_the_due_moment(self, which: int, status: Status, channel: Channel, minutes: int) -> None:
        appointment = self.pick(which)
        self.change_one(appointment, status)
        self.wait_until(self.start_of(appointment) - LEAD[channel] + minutes * MINUTE, runs=0)
        self.change_one(appointment, Status.SCHEDULED)
        self.pass_time(NOTHING, runs=1)

    @rule(which=WHICH, client=st.sampled_from(CLIENTS), beside=BESIDE)
    def book_after_an_agenda(self, which: int, client: str, beside: int) -> None:
        start = self.start_of(self.pick(which))
        self.wait_until(start - LEAD[Channel.EMAIL], runs=1)
        self.book_at(client, start + abs(beside) * MINUTE)
        self.wait_until(start + abs(beside) * MINUTE - LEAD[Channel.EMAIL], runs=1)

    @rule(which=WHICH, channel=st.sampled_from(Channel), minutes=A_MOMENT)
    def save_without_a_change(self, which: int, channel: Channel, minutes: int) -> None:
        """Move an appointment to the start it has, after it fell due and before the run."""
        appointment = self.pick(which)
        self.wait_until(self.start_of(appointment) - LEAD[channel] + minutes * MINUTE, runs=0)
        self.change_one(appointment, 0)
        self.pass_time(NOTHING, runs=1)

    @rule(runs=A_RUN_OR_NONE)
    def reinstate_everything(self, runs: int) -> None:
        for appointment in list(self.starts):
            self.change_one(appointment, Status.SCHEDULED)
        self.pass_time(NOTHING, runs=runs)

    @rule(
        which=WHICH,
        status=st.sampled_from([Status.CANCELLED, Status.LATE_CANCELLED]),
        beside=st.one_of(st.just(0), BESIDE),
        minutes=st.one_of(A_MOMENT, st.sampled_from([30, 60, 24 * 60])),
        runs=A_RUN_OR_NONE,
    )
    def cancel_and_reinstate(self, which: int, status: Status, beside: int, minutes: int, runs: int) -> None:
        """Cancel, perhaps move meanwhile, and reinstate."""
        appointment = self.pick(which)
        self.change_one(appointment, status)
        self.pass_time(minutes * MINUTE, runs=runs)
        self.change_one(appointment, beside)
        self.change_one(appointment, Status.SCHEDULED)

    # What is turned off and on.

    @rule(thing=SOME_THING, runs=A_RUN_OR_NONE)
    def turn_off(self, thing: str, runs: int) -> None:
        """Turn something off; if much is off already all else comes on, lest nobody be told at all."""
        if len(self.off) > 2:
            self.turn_everything_on()
        self.turn_one(thing, on=False)
        self.pass_time(NOTHING, runs=runs)

    @rule(which=st.integers(0, 20), runs=A_RUN_OR_NONE)
    def turn_on(self, which: int, runs: int) -> None:
        off = sorted(self.off) or ["the feature"]
        self.turn_one(off[which % len(off)], on=True)
        self.pass_time(NOTHING, runs=runs)

    @rule(thing=SOME_THING, minutes=A_MOMENT, runs=A_RUN_OR_NONE)
    def turn_off_and_on(self, thing: str, minutes: int, runs: int) -> None:
        self.turn_one(thing, on=False)
        self.pass_time(minutes * MINUTE, runs=runs)
        self.turn_one(thing, on=True)

    @rule(client=st.sampled_from(CLIENTS), runs=A_RUN_OR_NONE)
    def a_carer_comes(self, client: str, runs: int) -> None:
        self.turn_one(f"carer's link to {client}", on=True)
        self.pass_time(NOTHING, runs=runs)

    @rule(which=WHICH, channel=st.sampled_from(Channel), thing=SOME_THING, minutes=A_MOMENT, runs=A_RUN_OR_NONE)
    def turn_off_and_on_after_the_due_moment(
        self, which: int, channel: Channel, thing: str, minutes: int, runs: int
    ) -> None:
        self.wait_until(self.start_of(self.pick(which)) - LEAD[channel], runs=0)
        self.pass_time(minutes * MINUTE, runs=0)
        self.turn_one(thing, on=False)
        self.pass_time(minutes * MINUTE, runs=runs)
        self.turn_one(thing, on=True)
        self.pass_time(MINUTE, runs=1)

    @rule(which=WHICH, change=CHANGE, thing=SOME_THING, minutes=A_MOMENT)
    def change_while_something_is_off(self, which: int, change: int | Status, thing: str, minutes: int) -> None:
        self.turn_one(thing, on=False)
        self.change_one(self.pick(which), change)
        self.pass_time(minutes * MINUTE, runs=1)
        self.turn_one(thing, on=True)
        self.pass_time(NOTHING, runs=1)

    @rule(which=WHICH, changes=st.tuples(CHANGE, CHANGE), thing=SOME_THING, minutes=A_MOMENT)
    def change_before_and_after_something_is_off(
        self, which: int, changes: tuple[int | Status, int | Status], thing: str, minutes: int
    ) -> None:
        appointment = self.pick(which)
        self.change_one(appointment, changes[0])
        self.turn_one(thing, on=False)
        self.pass_time(minutes * MINUTE, runs=0)
        self.turn_one(thing, on=True)
        self.change_one(appointment, changes[1])
        self.pass_time(NOTHING, runs=1)

    # How time passes.

    @rule(minutes=A_WHILE, runs=st.integers(0, 2))
    def wait(self, minutes: int, runs: int) -> None:
        self.pass_time(minutes * MINUTE, runs=runs)

    @rule(off=A_MINUTE_OR_NOT, runs=st.integers(0, 2))
    def wait_until_something_is_due(self, off: int, runs: int) -> None:
        """Jump to the next due moment of any appointment, or a minute off."""
        moments = [moment + off * MINUTE for moment in self.due_moments()]
        self.wait_until(min([each for each in moments if each > self.now], default=self.now), runs=runs)

    @rule(which=WHICH, channel=st.sampled_from(Channel), runs=st.sampled_from([1, 1, 0]))
    def remind(self, which: int, channel: Channel, runs: int) -> None:
        """Jump to the due moment of an appointment, unless that has passed."""
        self.wait_until(self.start_of(self.pick(which)) - LEAD[channel], runs=runs)

    @rule(which=WHICH, channel=st.sampled_from(Channel), off=A_MINUTE_OR_NOT)
    def scanning_stops_until_the_last_call(self, which: int, channel: Channel, off: int) -> None:
        """Jump to when a late reminder of an appointment may just leave, or just no longer."""
        self.wait_until(self.start_of(self.pick(which)) - LAST_CALL[channel] + off * MINUTE, runs=1)

    @rule(which=WHICH, off=A_MINUTE_OR_NOT, runs=st.integers(0, 2))
    def wait_until_a_start(self, which: int, off: int, runs: int) -> None:
        self.wait_until(self.start_of(self.pick(which)) + off * MINUTE, runs=runs)

    @rule(hours=st.sampled_from([1, 2, 6, 24, 48]))
    def scan_all_along(self, hours: int) -> None:
        """Let hours pass with a scan every minute; those that can find nothing are left out."""
        until = self.now + hours * HOUR
        for moment in sorted(self.due_moments() | {self.now, until}):
            if self.now <= moment <= until:
                self.wait_until(moment, runs=1)

    @rule(runs=st.integers(1, 2))
    def run(self, runs: int) -> None:
        self.pass_time(NOTHING, runs=runs)

    # The telling.

    def happens(self, line: str, deed: Callable[[World], None]) -> None:
        """Do the same to the reference and to the world, and say so."""
        self.tell(line)
        deed(self.reference)
        deed(self.world)

    def tell(self, line: str) -> None:
        """Add a line to the story, shown if it ends badly."""
        note(f"    {self.now:%a %d %H:%M}  {line}")

    def enrol(self, client: str) -> None:
        self.happens(f"{client} is a client", lambda world: world.add_client(client, at=self.now))

    def sign_up(self, login: str) -> None:
        self.happens(f"{login} signs up", lambda world: world.add_login(login, at=self.now))

    def pick(self, which: int) -> str:
        """One of the appointments to come or hardly past, in order of start; or a new one if none is."""
        if not any(self.start_of(name) > self.now - HOUR for name in self.starts):
            self.book_at(CLIENTS[which % len(CLIENTS)], self.now + 26 * HOUR)
        names = sorted(self.starts, key=self.start_of)
        to_come = [name for name in names if self.start_of(name) > self.now - HOUR]
        return to_come[which % len(to_come)]

    def start_of(self, appointment: str) -> datetime:
        return self.starts[appointment][-1]

    def book_at(self, client: str, start: datetime) -> None:
        name = f"a{len(self.starts) + 1}"
        self.starts[name] = [start]
        self.happens(
            f"{name} is booked for {client} on {start:%a %d %H:%M}",
            lambda world: world.book(name, client, start, at=self.now),
        )

    def move_to(self, appointment: str, start: datetime) -> None:
        self.starts[appointment].append(start)
        self.happens(
            f"{appointment} is moved to {start:%a %d %H:%M}",
            lambda world: world.move(appointment, start, at=self.now),
        )

    def change_one(self, appointment: str, change: int | Status) -> None:
        """Move an appointment by so many minutes, or give it a status."""
        if isinstance(change, int):
            self.move_to(appointment, self.start_of(appointment) + change * MINUTE)
            return
        self.happens(
            f"{appointment} is {change}",
            lambda world: world.set_status(appointment, change, at=self.now),
        )

    def turn_one(self, thing: str, *, on: bool) -> None:
        (self.off.discard if on else self.off.add)(thing)
        self.happens(
            f"{thing} is {'on' if on else 'off'}",
            lambda world: THINGS[thing](world, on=on, at=self.now),
        )

    def turn_everything_on(self) -> None:
        for thing in sorted(self.off):
            self.turn_one(thing, on=True)

    def due_moments(self) -> set[datetime]:
        """When reminders of any appointment fall due or fell due."""
        return {self.start_of(name) - lead for name in self.starts for lead in LEAD.values()}

    def wait_until(self, moment: datetime, *, runs: int) -> None:
        """Let time pass until that moment, if it is still to come, and then run."""
        self.pass_time(max(moment - self.now, NOTHING), runs=runs)

    def pass_time(self, span: timedelta, *, runs: int) -> None:
        """Let time pass, and then run so many times at the same moment."""
        self.now += span
        for _ in range(runs):
            self.run_and_compare()

    def run_and_compare(self) -> None:
        """One run: both worlds have sent the same, and nothing that no story allows."""
        expected = self.reference.run(at=self.now)
        self.world.run(at=self.now)
        self.tell(f"run: {len(expected) or 'nothing'} to send")
        for each in expected:
            note(f"                     {each}")
            event(f"{each.channel}: {each.what}")
        assert_same(self.world.received(), self.reference.received())
        assert_allowed(self.world.received())


def assert_same(received: Sequence[Received], expected: Sequence[Received]) -> None:
    """What was received is what the reference sent; within a moment in any order."""
    missing = sorted((Counter(expected) - Counter(received)).elements())
    unexpected = sorted((Counter(received) - Counter(expected)).elements())
    lines = [f"  missing:    {each}" for each in missing] + [f"  unexpected: {each}" for each in unexpected]
    assert not lines, "\n".join(["What was received is not what the reference sent:", *lines])


def assert_allowed(received: Sequence[Received]) -> None:
    """What holds whatever the story: never twice (R9), never early (R2), never too late (R8)."""
    reminded: set[tuple[str, Channel, str, datetime]] = set()
    for each in received:
        first_start = each.appointments[0][1]
        assert each.at < first_start, f"sent after the start: {each}"
        if each.what != What.REMINDER:
            continue
        ahead = first_start - each.at
        assert LAST_CALL[each.channel] <= ahead <= LEAD[each.channel], f"sent too early or too late: {each}"
        for name, start in each.appointments:
            line = (each.login, each.channel, name, start)
            assert line not in reminded, f"reminded twice: {each}"
            reminded.add(line)


TestReminders = pytest.mark.timeout(900)(pytest.mark.django_db(Reminders.TestCase))
TestReminders.settings = STORIES[os.environ.get("STATE_MACHINE", "default")]
