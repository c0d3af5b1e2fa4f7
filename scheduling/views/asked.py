"""What an address of the calendar asks for: which view, which day, whose appointments."""

from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from accounts.access import MemberRequest
from accounts.models import ClientLink, Login
from scheduling.board import week_of

VIEWS = ("day", "week", "list")
EVERYONE = "all"
FIRST, LAST = date(1990, 1, 1), date(2190, 1, 1)  # further off, sums with dates overflow


@dataclass(frozen=True)
class Asked:
    """One address. `staff` are the ids asked for; `everyone` that all are wanted whom the visitor sees."""

    view: str
    day: date
    staff: tuple[int, ...]
    everyone: bool

    @classmethod
    def of(cls, request: MemberRequest) -> "Asked":
        """What was asked; nonsense means today, this week, the usual people."""
        view = request.GET.get("view", "")
        given = request.GET.getlist("staff")
        return cls(
            view=view if view in VIEWS else "week",
            day=day_asked(request),
            staff=tuple(int(one) for one in given if one.isdecimal() and len(one) < 12),
            everyone=EVERYONE in given,
        )

    def link(self, *, view: str = "", day: date | None = None) -> str:
        """The same people at another time, or in another view."""
        staff = [EVERYONE] if self.everyone else list(self.staff)
        query = {"view": view or self.view, "date": (day or self.day).isoformat(), "staff": staff}
        return f"{reverse('calendar')}?{urlencode(query, doseq=True)}"

    @property
    def days(self) -> list[date]:
        """The days of the view; a list goes on for as long as there is something."""
        return week_of(self.day) if self.view == "week" else [self.day]

    def turned(self, direction: int) -> str:
        """The page before (-1) or after (1)."""
        return self.link(day=self.day + direction * timedelta(days=1 if self.view == "day" else 7))


def day_asked(request: MemberRequest) -> date:
    """The day of `?date=`, else today by the practice's clock."""
    try:
        day = date.fromisoformat(request.GET.get("date", ""))
    except ValueError:
        return timezone.localdate()
    return min(max(day, FIRST), LAST)


def staff_seen(login: Login) -> list[Login]:
    """Whose schedules this login may look at: everybody's, or its own and those who share its clients."""
    staff = Login.objects.staff().active()
    if not (login.is_schedule_admin or login.is_user_admin):
        shared = ClientLink.objects.filter(client__in=login.links.values("client")).values("login")
        staff = staff.filter(pk__in=shared) | staff.filter(pk=login.pk)
    return list(staff.distinct())


def staff_wanted(asked: Asked, login: Login, seen: list[Login]) -> list[Login]:
    """Whose appointments the page shows: who was asked for, else everybody for a schedule admin, else oneself."""
    named = [one for one in seen if one.pk in asked.staff]
    if named and len(named) < len(seen):
        return named
    return seen if named or asked.everyone or login.is_schedule_admin else [one for one in seen if one.pk == login.pk]
