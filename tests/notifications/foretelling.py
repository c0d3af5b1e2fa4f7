"""The forecast and the record in one shape, to be compared line by line (L3)."""

from collections import Counter
from datetime import datetime, timedelta

import time_machine
from django.db.models import Min

from accounts.features import Channel
from accounts.models import Organization
from accounts.tenancy import everywhere, within
from notifications.delivery import deliver_batch
from notifications.forecast import forecast
from notifications.models import Notification
from scheduling.models import Appointment
from scheduling.scan import scan

Line = tuple[int, int, str, str]  # appointment, login, channel, "" or the reason why not


def foretold(practice_id: int, *, now: datetime, hours: float) -> Counter[Line]:
    """What the forecast says at this moment about the hours after it."""
    with within(practice_id):
        lines = forecast(Organization.objects.get(pk=practice_id), now=now, hours=hours)
    return Counter((line.row.subject_id, line.row.login_id, line.row.channel, line.reason) for line in lines)


def recorded(practice_id: int) -> Counter[Line]:
    """What is on record, all of it."""
    with within(practice_id):
        rows = Notification.objects.all()
        return Counter((row.subject_id, row.login_id, row.channel, row.reason) for row in rows)


def let_time_pass(since: datetime, hours: float) -> int:
    """A scan and a sending at each moment in which something falls due, as the due columns have it.

    The clock jumps from one such moment to the next, and at last to the end. Returns at how many it stopped.
    """
    until = since + timedelta(hours=hours)
    moment, stops = since, 0
    while True:
        with time_machine.travel(moment, tick=False):
            scan()
            while deliver_batch():
                pass
        stops += 1
        if moment == until:
            return stops
        moment = min(_next_due() or until, until)


def _next_due() -> datetime | None:
    """When the next reminder falls due that no scan has taken; None if there is none."""
    columns = {channel.value: Min(Appointment.due_column(channel)) for channel in Channel}
    with everywhere("the clock is everybody's"):
        moments = Appointment.objects.scheduled().aggregate(**columns)
    return min((moment for moment in moments.values() if moment), default=None)
