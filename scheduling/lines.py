"""One appointment as people read it, in emails, texts and on pages."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import formats
from django.utils.translation import gettext, pgettext

from scheduling.models import Appointment


@dataclass(frozen=True)
class Line:
    """One appointment as people read it: in the client's own time zone, with the zone's abbreviation (R4)."""

    appointment: Appointment
    # The start that people were told, where it is not the present one.
    as_told: datetime | None = None

    @property
    def starts(self) -> datetime:
        return (self.as_told or self.appointment.starts_at).astimezone(self.appointment.client.zone)

    @property
    def day(self) -> str:
        if self.starts.day == 1:
            # Translators: as "l, F j", for the first of a month: French writes "1er".
            return formats.date_format(self.starts, pgettext("the first of a month", "l, F j"))
        # Translators: a date such as "Tuesday, November 24", in Django's date format letters.
        return formats.date_format(self.starts, gettext("l, F j"))

    @property
    def short_day(self) -> str:
        """For texts, where room is dear."""
        if self.starts.day == 1:
            # Translators: as "D, M j", for the first of a month: French writes "1er".
            return formats.date_format(self.starts, pgettext("the first of a month", "D, M j"))
        # Translators: a short date such as "Tue, Nov 24", in Django's date format letters.
        return formats.date_format(self.starts, gettext("D, M j"))

    @property
    def time(self) -> str:
        # Translators: a time of day such as "10:00 AM", in Django's date format letters.
        clock = formats.date_format(self.starts, gettext("g:i A"))
        zone = self.starts.tzname() or ""
        # Some zones have no letters of their own, only an offset.
        return f"{clock} {zone}" if zone[:1].isalpha() else f"{clock} UTC{zone}"

    @property
    def client(self) -> str:
        return self.appointment.client.first_name

    @property
    def staff(self) -> str:
        return self.appointment.staff.name

    @property
    def location(self) -> str:
        return self.appointment.location
