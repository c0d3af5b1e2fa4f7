"""What a reminder lists: a text its appointment, an email the day ahead (R5)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from accounts.features import Channel
from accounts.models import ClientLink
from notifications.kinds import Delivery
from scheduling.models import AGENDA_SPAN, Appointment, Mention, hold_still

# What people read of an appointment, and the rules of its client.
LISTED_FIELDS = ("organization", "client__organization", "staff")


def agendas_of(deliveries: Sequence[Delivery]) -> list[list[Appointment]]:
    """What each reminder lists: a text its appointment, an email the agenda (R5).

    An agenda is every Scheduled appointment of the login's clients from the first's start up to, not including,
    24 hours later, but for those that an earlier reminder email to that login listed at that time. Empty when the
    reminder's own appointment was listed before.

    A retry of an email in doubt lists what the first attempt listed, less what has changed: its Message-ID may be in
    the mailbox already, and what would be new in it would not be seen (E5). What is left out gets its own email.
    """
    rows = [delivery.notification for delivery in deliveries]
    links = defaultdict(list)
    for link in ClientLink.objects.filter(
        login__in={row.login_id for row in rows if row.channel == Channel.EMAIL},
        client__active_since__isnull=False,
    ).select_related("client"):
        links[link.login_id].append(link)

    nearby = _near(deliveries, {link.client_id for of_login in links.values() for link in of_login})
    listed_before = {
        (told.login_id, told.channel, told.appointment_id, told.starts_at)
        for told in Mention.objects.reminders()
        .filter(
            login__in={row.login_id for row in rows},
            appointment__in={row.subject_id for row in rows}
            | {appointment.pk for of_client in nearby.values() for appointment in of_client},
        )
        .exclude(notification__in=[row.pk for row in rows if row.pk])
    }

    attempted: dict[int, set[tuple[int, datetime]]] = defaultdict(set)
    for told in Mention.objects.reminders().filter(notification__in=[row.pk for row in rows if row.in_doubt]):
        attempted[told.notification_id].add((told.appointment_id, told.starts_at))

    agendas: list[list[Appointment]] = []
    for delivery in deliveries:
        row, first = delivery.notification, delivery.subject
        found = [first]
        if row.channel == Channel.EMAIL:
            found += [
                appointment
                for link in links[row.login_id]
                if _counted(link, row.due_at)
                for appointment in nearby[link.client_id]
                if first.starts_at <= appointment.starts_at < first.starts_at + AGENDA_SPAN
                and appointment.pk != first.pk
            ]
        unlisted = [
            appointment
            for appointment in sorted(found, key=lambda one: (one.starts_at, one.pk))
            if (row.login_id, row.channel, appointment.pk, appointment.starts_at) not in listed_before
            and (row.pk not in attempted or (appointment.pk, appointment.starts_at) in attempted[row.pk])
        ]
        agendas.append(unlisted if first in unlisted else [])
    return agendas


def _counted(link: ClientLink, decided_at: datetime) -> bool:
    """Whether the link, and its client's care, counted at the moment of the decision (R9)."""
    since = link.client.active_since
    return since is not None and max(since, link.linked_since) <= decided_at


def _near(deliveries: Sequence[Delivery], client_ids: set[int]) -> dict[int, list[Appointment]]:
    """Scheduled appointments of these clients within the batch's agendas, by client."""
    starts = [delivery.subject.starts_at for delivery in deliveries if delivery.notification.channel == Channel.EMAIL]
    nearby: dict[int, list[Appointment]] = defaultdict(list)
    if not starts:
        return nearby
    window: dict[str, Any] = {"starts_at__gte": min(starts), "starts_at__lt": max(starts) + AGENDA_SPAN}
    candidates = Appointment.objects.scheduled().filter(client__in=client_ids, **window)
    hold_still(candidates.values_list("pk", flat=True))
    for appointment in candidates.select_related(*LISTED_FIELDS):
        nearby[appointment.client_id].append(appointment)
    return nearby
