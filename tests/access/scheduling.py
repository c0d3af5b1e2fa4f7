"""Who gets what at the addresses of scheduling."""

from scheduling.models import Appointment
from tests.access.rows import Row, row
from tests.conftest import Practice

#    anonymous mom stranger therapist colleague owner outsider
STAFF = "302 404 404 200 200 200 200"
ONE = "302 404 404 200 404 200 404"  # staff who see it: whose it is, and whoever sees everything
ACTS = "302 404 404 405 405 405 405"  # only posted to
DONE = "302 404 404 302 404 302 404"
FAMILIES = "302 200 200 404 404 404 404"
MINE = "302 200 404 404 404 404 404"
MINE_READ = "302 405 405 404 404 404 404"

ROWS: dict[str, Row] = {
    "calendar/": row(STAFF),
    "appointments/new/": row(STAFF, STAFF),
    "appointments/<int:pk>/": row(ONE, ACTS, of="appointment"),
    "appointments/<int:pk>/edit/": row(ONE, ONE, of="appointment"),
    "appointments/<int:pk>/cancel/": row(ONE, ONE, of="appointment"),
    "appointments/<int:pk>/attended/": row(ACTS, DONE, of="appointment"),
    "appointments/<int:pk>/no-show/": row(ACTS, DONE, of="appointment"),
    "appointments/<int:pk>/reinstate/": row(ACTS, DONE, of="appointment"),
    "my/appointments/": row(FAMILIES),
    "my/appointments/<int:pk>/": row(MINE, MINE_READ, of="appointment"),
    "my/appointments/<int:pk>/appointment.ics": row(MINE, MINE_READ, of="appointment"),
}


def objects(practice: Practice) -> dict[str, list[int]]:
    """One of everything that has an address here, by what rows call it. Runs in the practice's scope."""
    booked = Appointment.objects.first() or practice.appointment()
    return {"appointment": [booked.pk]}
