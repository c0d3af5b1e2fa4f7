"""What each login was last told about an appointment, and noting what it is told now."""

from collections.abc import Iterable
from datetime import datetime

from notifications.models import Notification
from scheduling.models import Appointment, Mention


def mention(
    row: Notification, appointment: Appointment, *, is_reminder: bool, starts_at: datetime | None = None
) -> Mention:
    """What this notification tells about this appointment, to be written with the attempt.

    The start is the appointment's present one unless told otherwise.
    """
    return Mention(
        organization_id=row.organization_id,
        notification=row,
        login_id=row.login_id,
        channel=row.channel,
        appointment=appointment,
        starts_at=starts_at or appointment.starts_at,
        called_off=appointment.is_called_off,
        is_reminder=is_reminder,
    )


def last_told(appointment_ids: Iterable[int], *, before: Iterable[int] = ()) -> dict[tuple[int, str, int], Mention]:
    """The latest mention by (login, channel, appointment), leaving out those of the notifications `before`."""
    mentions = Mention.objects.filter(appointment__in=appointment_ids).exclude(notification__in=before)
    return {(told.login_id, told.channel, told.appointment_id): told for told in mentions.order_by("pk")}
