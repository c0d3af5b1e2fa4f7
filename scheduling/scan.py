"""The scan: who falls due, written to the ledger, every minute (R2).

Its cost follows the number due, never the size of the table: partial indexes hold only Scheduled appointments
whose reminder is still to be taken. Each chunk is one transaction: lock (skipping what another scan holds), insert
one ledger row per linked client login, mark as taken. So a scan can die anywhere, run twice, or start late.
Who is really told is not decided here; the rules do that at the moment of sending.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import CharField, DateTimeField, ExpressionWrapper, F, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from accounts.features import Channel
from accounts.models import ClientLink, Role
from accounts.tenancy import everywhere
from notifications.models import Notification
from notifications.waking import wake
from scheduling.models import LEAD, USEFUL_BEFORE, Appointment
from scheduling.notifications import AppointmentReminder

CHUNK = 1000

COLUMNS = (
    "organization",
    "login",
    "client",
    "feature",
    "kind",
    "channel",
    "key",
    "subject_id",
    "lane",
    "due_at",
    "useful_until",
    "next_attempt_at",
    "created_at",
)


def scan(now: datetime | None = None) -> int:
    """Take every reminder that is due; returns how many appointments were taken, both channels counted."""
    now = now or timezone.now()
    taken = 0
    with everywhere("the reminder scan serves every organization"):
        for channel in Channel:
            while chunk := _take_chunk(channel, now):
                taken += chunk
                wake()
    return taken


@transaction.atomic
def _take_chunk(channel: Channel, now: datetime) -> int:
    due = list(
        Appointment.objects.due(channel, now).select_for_update(skip_locked=True).values_list("pk", flat=True)[:CHUNK]
    )
    if due:
        Notification.objects.insert_select(_rows(channel, due, now), COLUMNS)
        Appointment.objects.filter(pk__in=due).update(**{Appointment.due_column(channel): None})
    return len(due)


def _rows(channel: Channel, appointment_ids: list[int], now: datetime) -> "QuerySet[ClientLink, tuple[Any, ...]]":
    """One row per client login linked to each appointment's client, in the order of COLUMNS.

    In order of due moment and booking, so that the ledger's ids, and with them a lane's order, follow it.
    """
    appointment = "client__appointments"
    starts_at = F(f"{appointment}__starts_at")
    links = ClientLink.objects.filter(login__role=Role.CLIENT, **{f"{appointment}__pk__in": appointment_ids})
    text = CharField()
    lane = (
        Value("agenda", text)
        if channel == Channel.EMAIL
        else Concat(Value("appointment:"), Cast(f"{appointment}__pk", text), output_field=text)
    )
    columns = {
        "row_organization": F("organization_id"),
        "row_login": F("login_id"),
        "row_client": F("client_id"),
        "row_feature": Value(AppointmentReminder.feature.value, text),
        "row_kind": Value(AppointmentReminder.slug, text),
        "row_channel": Value(channel.value, text),
        "row_key": Concat(
            Value("appointment:"),
            Cast(f"{appointment}__pk", text),
            Value(":"),
            Cast(f"{appointment}__sequence", text),
            Value(":reminder"),
            output_field=text,
        ),
        "row_subject": F(f"{appointment}__pk"),
        "row_lane": lane,
        "row_due": ExpressionWrapper(starts_at - LEAD[channel], DateTimeField()),
        "row_useful": ExpressionWrapper(starts_at - USEFUL_BEFORE[channel], DateTimeField()),
        "row_next": Value(now, DateTimeField()),
        "row_created": Value(now, DateTimeField()),
    }
    return (
        links.annotate(**columns)
        .order_by(f"{appointment}__{Appointment.due_column(channel)}", f"{appointment}__pk", "login_id")
        .values_list(*columns)
    )
