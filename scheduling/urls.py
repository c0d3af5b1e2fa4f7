"""Where the pages of this app are."""

from django.urls import path

from scheduling.models import Appointment
from scheduling.views import appointments, booking, calendar, family

Status = Appointment.Status

urlpatterns = [
    path("calendar/", calendar.calendar, name="calendar"),
    path("appointments/new/", booking.appointment_book, name="appointment_book"),
    path("appointments/<int:pk>/", appointments.appointment, name="appointment"),
    path("appointments/<int:pk>/edit/", appointments.appointment_edit, name="appointment_edit"),
    path("appointments/<int:pk>/cancel/", appointments.appointment_cancel, name="appointment_cancel"),
    path(
        "appointments/<int:pk>/attended/",
        appointments.appointment_mark,
        {"status": Status.ATTENDED},
        name="appointment_attended",
    ),
    path(
        "appointments/<int:pk>/no-show/",
        appointments.appointment_mark,
        {"status": Status.NO_SHOW},
        name="appointment_no_show",
    ),
    path(
        "appointments/<int:pk>/reinstate/",
        appointments.appointment_mark,
        {"status": Status.SCHEDULED},
        name="appointment_reinstate",
    ),
    path("my/appointments/", family.my_appointments, name="my_appointments"),
    path("my/appointments/<int:pk>/", family.my_appointment, name="my_appointment"),
    path("my/appointments/<int:pk>/appointment.ics", family.my_appointment_file, name="my_appointment_file"),
]
