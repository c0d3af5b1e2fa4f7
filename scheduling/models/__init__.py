from scheduling.models.appointments import (
    AGENDA_SPAN,
    LEAD,
    MOST_MINUTES,
    USEFUL_BEFORE,
    Appointment,
    whole_minute,
)
from scheduling.models.mentions import Mention, hold_still
from scheduling.models.series import MOST_TIMES, MOST_WEEKS_BETWEEN, Series, at_wall_clock

__all__ = [
    "AGENDA_SPAN",
    "LEAD",
    "MOST_MINUTES",
    "MOST_TIMES",
    "MOST_WEEKS_BETWEEN",
    "USEFUL_BEFORE",
    "Appointment",
    "Mention",
    "Series",
    "at_wall_clock",
    "hold_still",
    "whole_minute",
]
