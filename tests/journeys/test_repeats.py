"""The same hour every week: booked at once, moved from one week on, and what is in the way."""

from datetime import time, timedelta

from django.utils import timezone

from accounts.tenancy import within
from scheduling.models import Appointment, at_wall_clock
from tests.conftest import Practice, link, make_client
from tests.journeys.conftest import Sits, every_way


def schedule(practice: Practice) -> list[Appointment]:
    """The child's appointments, in order."""
    with within(practice.organization):
        return list(Appointment.objects.filter(client=practice.child).order_by("starts_at"))


def clocks(practice: Practice) -> list[str]:
    """The hours of those that are still on the schedule, by the practice's clock."""
    zone = practice.organization.zone
    return [f"{one.starts_at.astimezone(zone):%H:%M}" for one in schedule(practice) if one.is_scheduled]


@every_way
def test_a_weekly_hour_is_booked_over_a_warning_and_moved_from_the_second_week_on(
    desk: Sits, phone: Sits, practice: Practice
) -> None:
    day = timezone.now().astimezone(practice.organization.zone).date() + timedelta(days=10)
    ben = make_client(practice.organization, "Ben", last_name="Vega")
    link(practice.therapist, ben)
    in_the_way = at_wall_clock(day + timedelta(weeks=2), time(15, 30), practice.organization.zone)
    practice.appointment(client=ben, starts_at=in_the_way)

    theo = desk(practice.therapist).is_signed_in()
    theo.goes_to("/")
    theo.opens("Calendar")
    theo.opens("Book")
    theo.types("Find the client", "mia")
    theo.types("Date", day.isoformat())
    theo.types("Time", "15:00")
    theo.unfolds("Repeat weekly")
    theo.chooses("Repeats (optional)", "Every week")
    theo.types("How many times (optional)", "4")
    theo.presses("Book")
    theo.sees("At that time there is already an appointment:", "Ben Vega")
    assert schedule(practice) == []
    theo.finds("How many times (optional)", "4")
    theo.presses("Book anyway")
    theo.sees("Booked: Mia Rivera, 4 times from")
    assert clocks(practice) == ["15:00"] * 4

    _first, second, third, _fourth = schedule(practice)
    theo.goes_to("appointment", second.pk)
    theo.sees("Every week on", "Number 2 of 4")
    theo.opens("Change or move")
    theo.has_ticked("This appointment only")
    theo.types("Time", "16:30")
    theo.ticks("This one and those that follow")
    theo.presses("Save")
    theo.sees("3 appointments were changed.")
    assert clocks(practice) == ["15:00", "16:30", "16:30", "16:30"]

    theo.goes_to("appointment", third.pk)
    theo.opens("Cancel it")
    theo.ticks("Cancelled: in good time")
    theo.presses("Cancel the appointment")
    theo.sees("1 appointment was changed.")
    assert clocks(practice) == ["15:00", "16:30", "16:30"]

    maria = phone(practice.mom).is_signed_in()
    maria.goes_to("/")
    maria.opens("Appointments")
    for moment in ("3:00 PM", "4:30 PM", "Cancelled"):
        maria.sees(moment)
