"""Where an appointment lies on a page: rows of five minutes, and side by side with what it meets.

The content security policy forbids style attributes, so positions are classes; `css()` writes the file that holds
them, `static/css/grid.css` (a test compares). A day's column is a grid of 60 columns, which two, three, four, five
or six appointments side by side divide evenly.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import formats
from django.utils.translation import gettext

from scheduling.models import Appointment

MINUTES_A_ROW = 5
ROWS_AN_HOUR = 60 // MINUTES_A_ROW
LEAST_ROWS = 4  # what is shorter is drawn as twenty minutes, or nobody could read it
COLUMNS = 60
WIDTHS = [width for width in range(COLUMNS, 0, -1) if COLUMNS % width == 0]
OPEN, CLOSE = 8, 18  # hours that are always shown


@dataclass(frozen=True)
class Placed:
    """One appointment and its place, with what the page says of it; `starts` is in the zone of the page.

    A week has hundreds: whatever costs something for each is worked out once, here.
    """

    appointment: Appointment
    starts: datetime
    row: int
    rows: int
    column: int
    width: int
    clock: str
    status: str  # in words
    who: str
    staff: str

    @property
    def place(self) -> str:
        """The classes of its place."""
        return f"r{self.row} s{self.rows} c{self.column} w{self.width}"

    @property
    def href(self) -> str:
        return f"/appointments/{self.appointment.pk}/"


@dataclass(frozen=True)
class Hours:
    """The hours of the day that a page shows, as numbers up to, not including, `until`."""

    since: int
    until: int

    @classmethod
    def around(cls, local: Iterable[tuple[datetime, datetime]]) -> "Hours":
        """The usual hours, and whatever else these spans need; a span over midnight needs the rest of its day."""
        since, until = OPEN, CLOSE
        for start, end in local:
            last = end.hour + bool(end.minute) if end.date() == start.date() else 24
            since, until = min(since, start.hour), max(until, last)
        return cls(since, until)

    @property
    def rows(self) -> int:
        return (self.until - self.since) * ROWS_AN_HOUR

    def row(self, moment: datetime) -> int:
        """The row of a local time, counted from 1."""
        return (moment.hour - self.since) * ROWS_AN_HOUR + moment.minute // MINUTES_A_ROW + 1

    def holds(self, moment: datetime) -> bool:
        return self.since <= moment.hour < self.until


def place(appointments: Sequence[Appointment], hours: Hours) -> list[Placed]:
    """Places for the appointments of one day's column, in order of start; those that meet share the width."""
    placed: list[Placed] = []
    as_clock = gettext("g:i A")
    words = {status.value: str(status.label) for status in Appointment.Status}
    for group in _meeting(appointments, hours):
        lanes: list[int] = []  # the row at which each lane is free again
        found: list[tuple[Appointment, int, int, int]] = []
        for appointment, row, rows in group:
            lane = next((number for number, free in enumerate(lanes) if free <= row), len(lanes))
            lanes[lane:] = [row + rows, *lanes[lane + 1 :]]
            found.append((appointment, row, rows, lane))
        width = next((width for width in WIDTHS if COLUMNS // width >= len(lanes)), 1)
        for appointment, row, rows, lane in found:
            starts, _ends = local_span(appointment)
            placed.append(
                Placed(
                    appointment=appointment,
                    starts=starts,
                    row=row,
                    rows=rows,
                    column=lane % COLUMNS * width + 1,
                    width=width,
                    clock=formats.date_format(starts, as_clock),
                    status=words[appointment.status],
                    who=appointment.client.name,
                    staff=appointment.staff.name,
                )
            )
    return placed


def local_span(appointment: Appointment) -> tuple[datetime, datetime]:
    """When it takes place by the clock on the practice's wall."""
    zone = appointment.organization.zone
    return appointment.starts_at.astimezone(zone), appointment.ends_at.astimezone(zone)


def _meeting(appointments: Sequence[Appointment], hours: Hours) -> Iterator[list[tuple[Appointment, int, int]]]:
    """Groups of appointments that touch each other's rows: (appointment, row, rows)."""
    group: list[tuple[Appointment, int, int]] = []
    free = 0
    for appointment in sorted(appointments, key=lambda one: (one.starts_at, one.staff_id, one.pk)):
        starts, _ends = local_span(appointment)
        row = hours.row(starts)
        rows = max(-(-appointment.minutes // MINUTES_A_ROW), LEAST_ROWS)
        rows = max(min(rows, hours.rows - row + 1), 1)
        if group and row >= free:
            yield group
            group = []
        group.append((appointment, row, rows))
        free = max(free, row + rows)
    if group:
        yield group


def css() -> str:
    """The classes of every place there is."""
    day = 24 * ROWS_AN_HOUR
    rules = [f".r{row} {{ grid-row-start: {row}; }}" for row in range(1, day + 1)]
    rules += [f".s{rows} {{ grid-row-end: span {rows}; }}" for rows in range(1, day + 1)]
    rules += [f".c{column} {{ grid-column-start: {column}; }}" for column in range(1, COLUMNS + 1)]
    rules += [f".w{width} {{ grid-column-end: span {width}; }}" for width in WIDTHS]
    rules += [f".rows-{hours * ROWS_AN_HOUR} {{ --rows: {hours * ROWS_AN_HOUR}; }}" for hours in range(1, 25)]
    rules += [f".lanes-{COLUMNS // width} {{ --lanes: {COLUMNS // width}; }}" for width in WIDTHS]
    lines = "\n".join(f"  {rule}" for rule in rules)
    room = "(min-width: 45rem)"  # narrower, each day is a plain list
    return f"/* Written by scheduling/grid.py; a test compares. */\n@layer pages {{ @media {room} {{\n{lines}\n}} }}\n"
