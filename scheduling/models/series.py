"""Weekly series: the same day and hour by the clock on the practice's wall."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Client, Login, Organization
from accounts.tenancy import TenantManager, TenantModel

MOST_TIMES = 52  # appointments of one series: a year of weeks
MOST_WEEKS_BETWEEN = 12


def at_wall_clock(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, at which a clock on the wall there shows this.

    As RFC 5545 (3.3.5) has it: a time that the clocks skip in spring counts from the offset before the change, so
    2:30 is 3:30; of a time that they show twice in autumn, the first is meant. Python's fold=0 says the same.
    """
    return datetime.combine(day, clock.replace(fold=0), tzinfo=zone).astimezone(UTC)


class Series(TenantModel):
    """Every so many weeks on one day of the week, at one time of day in the practice's zone.

    A weekly 3 pm stays 3 pm when the clocks change. It says how the appointments are repeated; each of them is then
    its own, and may be moved or cancelled alone. See docs/decisions/0011-series.md.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    staff = models.ForeignKey(Login, on_delete=models.PROTECT, related_name="+")
    first_day = models.DateField(_("first day"))
    clock = models.TimeField(_("time of day"))
    every = models.PositiveSmallIntegerField(_("weeks from one to the next"), default=1)
    times = models.PositiveSmallIntegerField(_("how many times"))
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: TenantManager["Series"] = TenantManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(every__gte=1, every__lte=MOST_WEEKS_BETWEEN), name="series_every_few_weeks"
            ),
            models.CheckConstraint(condition=Q(times__gte=1, times__lte=MOST_TIMES), name="series_ends"),
        ]

    def __str__(self) -> str:
        return f"{self.times} times from {self.first_day} {self.clock:%H:%M}, every {self.every} weeks"

    def day(self, position: int) -> date:
        """The day of the appointment at this position, counted from 1."""
        return self.first_day + timedelta(weeks=self.every * (position - 1))

    def start(self, position: int) -> datetime:
        """When the appointment at this position starts, in UTC, if nobody moved it alone."""
        return at_wall_clock(self.day(position), self.clock, self.organization.zone)

    @property
    def last_day(self) -> date:
        return self.day(self.times)
