"""A receptionist's day at the calendar, and what the family learns of it."""

from datetime import time, timedelta

import pytest
from django.utils import timezone

from accounts.features import Channel
from accounts.models import Login
from accounts.tenancy import within
from scheduling.models import Appointment, at_wall_clock
from tests.conftest import Practice, choose
from tests.journeys.conftest import Sits, every_way
from tests.journeys.site import Site


@pytest.fixture
def receptionist(practice: Practice) -> Login:
    """The owner, who keeps everyone's schedule."""
    with within(practice.organization):
        Login.objects.filter(pk=practice.owner.pk).update(is_schedule_admin=True)
    return practice.owner


@every_way
def test_an_appointment_is_booked_moved_and_cancelled_and_the_family_is_told_R7_W3(
    desk: Sits, phone: Sits, site: Site, practice: Practice, receptionist: Login
) -> None:
    choose(practice.dad, Channel.EMAIL, on=False)
    day = (timezone.now().astimezone(practice.organization.zone) + timedelta(days=2)).date()

    olive = desk(receptionist).is_signed_in()
    olive.goes_to("/calendar/?view=day")
    olive.opens("Book")
    olive.types("Find the client", "rivera")
    olive.types("Date", day.isoformat())
    olive.types("Time", "15:00")
    olive.chooses("With", "Theo Therapist")
    olive.presses("Book")
    olive.sees("Booked: Mia Rivera", "3:00 PM")

    with within(practice.organization):
        booked = Appointment.objects.get()
    assert booked.starts_at == at_wall_clock(day, time(15), practice.organization.zone)
    olive.goes_to("appointment", booked.pk)
    olive.sees("Reminder will be emailed", "Maria Rivera")

    site.time_passes(hours=(booked.starts_at - timezone.now()).total_seconds() / 3600 - 23)
    assert "3:00 PM" in site.latest_email(to=practice.mom).body
    olive.goes_to("appointment", booked.pk)
    olive.sees("You were signed out because nothing happened for a while.")
    olive.signs_in_here()  # and is where she wanted to go
    olive.sees("Reminder emailed")

    olive.opens("Change or move")
    olive.types("Time", "16:30")
    olive.presses("Save")
    olive.sees("1 appointment was changed.", "4:30 PM")
    assert "moved" in site.latest_email(to=practice.mom).subject.lower()
    olive.goes_to("appointment", booked.pk)
    olive.sees("Change emailed")

    maria = phone(practice.mom).is_signed_in()
    maria.goes_to("/")
    maria.sees("Next appointments", "4:30 PM")

    olive.opens("Cancel it")
    olive.ticks("Late cancellation: too late to give the time to someone else")
    olive.presses("Cancel the appointment")
    olive.sees("Late cancellation")
    assert "cancelled" in site.latest_email(to=practice.mom).subject.lower()
    assert len(site.emails(to=practice.mom)) == 3
    assert site.emails(to=practice.dad) == []


def test_a_text_goes_out_an_hour_before_and_what_it_said_is_put_right_R2_R7_L1(
    desk: Sits, site: Site, practice: Practice, receptionist: Login
) -> None:
    choose(practice.mom, Channel.TEXT)
    choose(practice.mom, Channel.EMAIL, on=False)
    visit = practice.appointment(starts_in=timedelta(hours=3))
    olive = desk(receptionist).is_signed_in()
    olive.goes_to("appointment", visit.pk)
    olive.looks_at("Who was told").sees("Reminder will be texted")
    assert site.texts(to=practice.mom) == []

    site.time_passes(hours=2.1)
    assert len(site.texts(to=practice.mom)) == 1
    olive.is_signed_in().goes_to("appointment", visit.pk)
    olive.sees("Reminder texted")

    later = (visit.starts_at + timedelta(hours=3)).astimezone(practice.organization.zone)
    olive.opens("Change or move")
    olive.types("Date", f"{later:%Y-%m-%d}")
    olive.types("Time", f"{later:%H:%M}")
    olive.presses("Save")
    olive.sees("1 appointment was changed.")
    moved = site.texts(to=practice.mom)[1]
    assert "moved" in moved
    assert f"{later:%-I:%M %p}" in moved
    olive.goes_to("appointment", visit.pk)
    olive.sees("Reminder texted", "Change texted", "Reminder will be texted")

    site.time_passes(hours=3)
    assert f"{later:%-I:%M %p}" in site.texts(to=practice.mom)[2]
    olive.is_signed_in().goes_to("appointment", visit.pk)
    olive.opens("Cancel it")
    olive.presses("Cancel the appointment")
    olive.sees("Cancelled")
    *before, cancelled = site.texts(to=practice.mom)
    assert len(before) == 3
    assert "cancelled" in cancelled
    assert cancelled.endswith("Reply STOP to stop, UNSTOP to resume.")
    assert site.emails(to=practice.mom) == []


def test_a_slot_is_booked_with_two_clicks_and_a_double_booking_is_asked_about(
    desk: Sits, practice: Practice, receptionist: Login
) -> None:
    taken = practice.appointment(starts_in=timedelta(days=3))
    at = taken.starts_at.astimezone(practice.organization.zone)
    olive = desk(receptionist).is_signed_in()
    olive.goes_to(f"/calendar/?view=day&date={at.date()}")
    olive.page.locator(".slots a").nth(3).click()  # only for the mouse: a key opens "Book" above the day
    dialog = olive.looks_at("Book an appointment")
    dialog.finds("Date", at.date().isoformat())
    dialog.finds("Time", "09:30")
    dialog.types("Find the client", "mia")
    dialog.sees("Mia Rivera")
    dialog.types("Time", f"{at:%H:%M}")
    dialog.presses("Book")
    dialog.sees("At that time there is already an appointment:")
    dialog.presses("Book anyway")
    olive.sees("Booked: Mia Rivera")
    with within(practice.organization):
        assert Appointment.objects.count() == 2
