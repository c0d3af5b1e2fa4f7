"""The calendar's pages of a day and of a week, as columns of placed appointments."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import gettext

from accounts.models import Login
from scheduling.grid import COLUMNS, ROWS_AN_HOUR, Hours, Placed, local_span, place
from scheduling.models import Appointment, at_wall_clock


@dataclass(frozen=True)
class Slot:
    """A place to click for a booking at that time."""

    place: str
    clock: str
    href: str


@dataclass(frozen=True)
class Column:
    """One day, or one member of staff on it."""

    day: date
    staff: Login | None
    placed: list[Placed]
    slots: list[Slot]
    book: str
    now_row: int
    is_today: bool

    @property
    def lanes(self) -> int:
        """How many appointments stand side by side where it is fullest."""
        return max((COLUMNS // one.width for one in self.placed), default=1)


@dataclass(frozen=True)
class Board:
    """Columns that share their hours; `hours` are (row, local time) of each full hour."""

    columns: list[Column]
    rows: int
    hours: list[tuple[int, time]]


def day_bounds(day: date, days: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The moments, in UTC, between which so many whole days lie there: a day is 23 or 25 hours when clocks change."""
    return at_wall_clock(day, time(), zone), at_wall_clock(day + timedelta(days=days), time(), zone)


def week_of(day: date) -> list[date]:
    """The seven days, from Monday, among which this one is."""
    monday = day - timedelta(days=day.weekday())
    return [monday + timedelta(days=number) for number in range(7)]


def week_board(days: Sequence[date], appointments: Iterable[Appointment], *, now: datetime, book: str) -> Board:
    """A column for each day; of a weekend only the days on which there is something, or that are today.

    `now` is in the page's zone; `book` is the address of the booking form, with what its query already says.
    """
    by_day = defaultdict(list)
    for one in appointments:
        by_day[local_span(one)[0].date()].append(one)
    shown = [day for day in days if day.weekday() < 5 or by_day[day] or day == now.date()]
    return _board([(day, None, by_day[day]) for day in shown], now=now, book=book)


def day_board(
    day: date, staff: Sequence[Login], appointments: Iterable[Appointment], *, now: datetime, book: str
) -> Board:
    """A column for each member of staff."""
    by_staff = defaultdict(list)
    for one in appointments:
        by_staff[one.staff_id].append(one)
    return _board([(day, login, by_staff[login.pk]) for login in staff], now=now, book=book)


def _board(columns: list[tuple[date, Login | None, list[Appointment]]], *, now: datetime, book: str) -> Board:
    hours = Hours.around(local_span(one) for _day, _staff, appointments in columns for one in appointments)
    slots = _slots(hours)
    return Board(
        columns=[
            Column(
                day=day,
                staff=staff,
                placed=place(appointments, hours),
                slots=[Slot(slot.place, slot.clock, f"{address}&{slot.href}") for slot in slots],
                book=address,
                now_row=hours.row(now) if day == now.date() and hours.holds(now) else 0,
                is_today=day == now.date(),
            )
            for day, staff, appointments in columns
            for address in [_address(book, day, staff)]
        ],
        rows=hours.rows,
        hours=[((hour - hours.since) * ROWS_AN_HOUR + 1, time(hour)) for hour in range(hours.since, hours.until)],
    )


def _slots(hours: Hours) -> list[Slot]:
    """Every half hour, with what it adds to the address of the booking form."""
    as_clock = gettext("g:i A")
    clocks = [time(hour, minute) for hour in range(hours.since, hours.until) for minute in (0, 30)]
    return [
        Slot(f"r{number * ROWS_AN_HOUR // 2 + 1}", formats.time_format(clock, as_clock), f"time={clock:%H:%M}")
        for number, clock in enumerate(clocks)
    ]


def _address(book: str, day: date, staff: Login | None) -> str:
    query = {"date": day.isoformat()} | ({"staff": staff.pk} if staff else {})
    return f"{book}{'&' if '?' in book else '?'}{urlencode(query)}"
