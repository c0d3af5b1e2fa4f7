"""What happens in the demo after it has begun: one appointment is moved and one cancelled.

Only after their reminders have really gone out, so that the corrections are real ones (R7): nothing is written
into the ledger that did not happen. The two are known by their UIDs. Somebody who changes them first is left
alone, and what is done is not done again after a restart.
"""

import logging
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import Error
from django.utils import timezone

from accounts.tenancy import everywhere, within
from notifications.models.ledger import ACCEPTED
from scheduling.models import Appointment, Mention

logger = logging.getLogger(__name__)

MOVED = uuid.uuid5(uuid.NAMESPACE_URL, "https://blink.example/demo/moved")
CANCELLED = uuid.uuid5(uuid.NAMESPACE_URL, "https://blink.example/demo/cancelled")

LOOK_EVERY = 5.0  # seconds


@dataclass(frozen=True)
class Event:
    """What happens to which appointment, how long after its reminder was sent."""

    uid: uuid.UUID
    after: timedelta
    move_by: timedelta | None = None  # else it is cancelled

    def happen(self, appointment: Appointment) -> None:
        if self.move_by:
            appointment.move(appointment.starts_at + self.move_by)
        else:
            appointment.set_status(Appointment.Status.CANCELLED)


EVENTS = (
    Event(MOVED, after=timedelta(seconds=60), move_by=timedelta(hours=2)),
    Event(CANCELLED, after=timedelta(seconds=120)),
)


def go_on(now: datetime | None = None) -> bool:
    """Let happen what is due; whether anything is still to come. At most once each, ever."""
    now = now or timezone.now()
    more = False
    with everywhere("the demo's story plays in more than one practice"):
        open_ones = {
            appointment.uid: appointment
            for appointment in Appointment.objects.scheduled().filter(
                uid__in=[event.uid for event in EVENTS], sequence=0, starts_at__gt=now
            )
        }
        reminded = {
            told.appointment_id: told.notification.sent_at
            for told in Mention.objects.reminders()
            .filter(
                appointment__in=[appointment.pk for appointment in open_ones.values()],
                notification__state__in=ACCEPTED,
            )
            .select_related("notification")
        }
    for event in EVENTS:
        appointment = open_ones.get(event.uid)
        if appointment is None:
            continue
        sent_at = reminded.get(appointment.pk)
        if sent_at and sent_at + event.after <= now:
            with within(appointment.organization_id):
                event.happen(appointment)
        else:
            more = True
    return more


class Teller:
    """Lets the story go on, whenever asked, without asking the database more often than is needed."""

    def __init__(self) -> None:
        self._next_look = 0.0

    def go_on(self) -> None:
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + LOOK_EVERY
        try:
            if not go_on():
                self._next_look = float("inf")
        except Error as error:
            logger.warning("The demo's story waits (%s).", type(error).__name__)
