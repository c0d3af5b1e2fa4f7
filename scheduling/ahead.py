"""The reminders that the scan has yet to take, as rows of the ledger that are not written yet."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from accounts.features import Channel, Feature
from accounts.models import ClientLink, Role
from notifications.models import Notification
from scheduling.models import LEAD, USEFUL_BEFORE, Appointment

REMINDER = "appointment.reminder"  # the kind's name in the ledger


def lane_of(channel: Channel | str, appointment_id: int) -> str:
    """Emails about appointments leave a login one by one (R5's agenda); texts per appointment."""
    return "agenda" if channel == Channel.EMAIL else f"appointment:{appointment_id}"


Links = Mapping[int, Sequence[ClientLink]]  # by client


def family_links(appointments: Iterable[Appointment]) -> Links:
    """The client logins that may be told of these, by client; one query. Each with its user and organization."""
    practices = {one.client_id: one.organization for one in appointments}  # known; a joined copy for each is not free
    links = defaultdict(list)
    for link in ClientLink.objects.filter(login__role=Role.CLIENT, client__in=practices).select_related("login__user"):
        link.login.organization = practices[link.client_id]
        links[link.client_id].append(link)
    return links


def reminders_ahead(
    appointments: Iterable[Appointment], channel: Channel, links: Links, *, now: datetime
) -> list[Notification]:
    """The rows that the scan will write for these, one per linked client login; nothing is asked or saved.

    Those that are not Scheduled, or were taken by the scan, have none. They come with LISTED_FIELDS loaded.
    """
    column = Appointment.due_column(channel)
    return [
        Notification(
            organization=appointment.organization,
            login=link.login,
            client=appointment.client,
            feature=Feature.APPOINTMENTS,
            kind=REMINDER,
            channel=channel,
            subject_id=appointment.pk,
            lane=lane_of(channel, appointment.pk),
            due_at=appointment.starts_at - LEAD[channel],
            useful_until=appointment.starts_at - USEFUL_BEFORE[channel],
            next_attempt_at=max(now, appointment.starts_at - LEAD[channel]),
        )
        for appointment in appointments
        if appointment.is_scheduled and getattr(appointment, column) is not None
        for link in links.get(appointment.client_id, ())
    ]
