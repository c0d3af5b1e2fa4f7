"""Appointments as iCalendar (RFC 5545), so that calendars update instead of doubling (R10)."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from scheduling.models import Appointment


def calendar_of(appointments: Iterable[Appointment], *, method: str = "PUBLISH") -> bytes:
    """A calendar with one event each; `method` is PUBLISH, or CANCEL to take them out again (RFC 5546).

    The UID is the appointment's for ever; SEQUENCE rises with every move. Nothing clinical: the practice, who
    with and when (N4). Appointments come with `organization` and `staff` loaded.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Blink//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    for appointment in appointments:
        calendar.add_component(_event(appointment))
    return bytes(calendar.to_ical())


def _event(appointment: Appointment) -> Event:
    event = Event()
    event.add("uid", f"{appointment.uid}@{urlsplit(settings.PUBLIC_URL).hostname}")
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", timezone.now())
    event.add("dtstart", appointment.starts_at)
    event.add("dtend", appointment.ends_at)
    event.add("summary", _("Appointment at %(practice)s") % {"practice": appointment.organization.name})
    event.add("description", _("With %(staff)s") % {"staff": appointment.staff.name})
    if appointment.location:
        event.add("location", appointment.location)
    event.add("status", "CANCELLED" if appointment.is_called_off else "CONFIRMED")
    return event
