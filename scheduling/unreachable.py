"""Appointments about which nobody would be told, by the rules that the sender asks (L4)."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse

from accounts.features import Channel
from accounts.models import Client, ClientLink, Login, Role
from notifications.doors import Doors
from notifications.facts import gather
from notifications.forecast import Foreseen
from notifications.mending import page_to_mend
from notifications.models import Notification
from notifications.models.ledger import UNFINISHED, State
from notifications.reasons import Reason, Skip
from notifications.rules import decide
from scheduling.ahead import REMINDER, family_links, reminders_ahead
from scheduling.models import LEAD, Appointment, Mention
from scheduling.notifications import AppointmentChanged

# Long enough ahead to mend it: what is turned on after a reminder fell due no longer helps it (R9).
AHEAD = timedelta(days=7)


@dataclass(frozen=True)
class Why:
    """Why one login is not told by one channel, and where that is mended."""

    login: Login
    words: str
    mend: str


@dataclass(frozen=True)
class Unreachable:
    """An appointment that no login is told of, with a reason for each login that was thought of."""

    appointment: Appointment
    why: list[Why]
    somebody_is_linked: bool
    client_page: str  # where people are linked to the client, for whoever may open it


def unreachable(login: Login, *, now: datetime) -> list[Unreachable]:
    """The Scheduled appointments of the next days, as far as this login sees them, that nobody is told of.

    A login is told if a reminder or a correction with the present start went out, or will by the rules. A fixed
    number of queries. An email that another appointment's email makes needless counts: both are decided alike.
    """
    soon = Appointment.objects.visible_to(login).scheduled().between(now, now + AHEAD)
    appointments = {one.pk: one for one in soon.select_related("client", "staff")}
    for one in appointments.values():
        one.organization = one.client.organization = login.organization  # known; hundreds of copies are not free
    told = _told(appointments)
    foreseen = _foreseen({pk: one for pk, one in appointments.items() if pk not in told}, now)
    told |= {line.row.subject_id for line in foreseen if line.will_be_sent}
    left = [one for pk, one in appointments.items() if pk not in told]
    reasons = _reasons(left, foreseen, login)
    clients = {one.client_id for one in left}
    links = ClientLink.objects.filter(client__in=clients, login__role=Role.CLIENT)
    linked = set(links.values_list("client_id", flat=True))
    seen = set(Client.objects.visible_to(login).filter(pk__in=clients).values_list("pk", flat=True))
    return [
        Unreachable(
            appointment=one,
            why=reasons[one.pk],
            somebody_is_linked=one.client_id in linked,
            client_page=reverse("client", args=[one.client_id]) if one.client_id in seen else "",
        )
        for one in left
    ]


def _told(appointments: Mapping[int, Appointment]) -> set[int]:
    """Those that some login was told of, as they are now, and that did not come back."""
    mentions = Mention.objects.filter(appointment__in=list(appointments), called_off=False).exclude(
        notification__state__in=(State.SKIPPED, State.FAILED, State.UNDELIVERED)
    )
    return {pk for pk, start in mentions.values_list("appointment", "starts_at") if appointments[pk].starts_at == start}


def _foreseen(appointments: Mapping[int, Appointment], now: datetime) -> list[Foreseen]:
    """What the rules say of what waits, and of what will fall due, about these: one channel after the other.

    Nothing more is asked of those that the first one tells of, as most are: it halves the time of a full week.
    """
    links = family_links(appointments.values())
    foreseen: list[Foreseen] = []
    for channel in Channel:
        told = {line.row.subject_id for line in foreseen if line.will_be_sent}
        left = {pk: one for pk, one in appointments.items() if pk not in told}
        rows = _waiting(left, channel, now) + reminders_ahead(left.values(), channel, links, now=now)
        gathered = gather(rows, subjects=[left[row.subject_id] for row in rows])
        foreseen += [
            Foreseen(row, subject, decide(facts))
            for row, subject, facts in zip(rows, gathered.subjects, gathered.facts, strict=True)
        ]
    return foreseen


def _waiting(appointments: Mapping[int, Appointment], channel: Channel, now: datetime) -> list[Notification]:
    """What is written already and has not left, as it will stand at its next attempt."""
    rows = list(
        Notification.objects.unfinished()
        .filter(kind__in=(REMINDER, AppointmentChanged.slug), subject_id__in=list(appointments), channel=channel)
        .select_related("login__user", "organization", "client")
    )
    for row in rows:
        row.next_attempt_at = max(now, row.next_attempt_at)
    return rows


def _reasons(left: list[Appointment], foreseen: list[Foreseen], reader: Login) -> dict[int, list[Why]]:
    """Why each login of each is not told, by appointment: what was decided, then what will be."""
    starts = {one.pk: one.starts_at for one in left}
    decided = (
        Notification.objects.filter(kind=REMINDER, subject_id__in=starts)
        .exclude(state__in=UNFINISHED)
        .select_related("login", "organization", "client")
        .order_by("login__name", "pk")
    )
    found = [
        (row, row.words, Reason.known.get(row.reason))
        for row in decided
        if row.due_at == starts[row.subject_id] - LEAD[Channel(row.channel)]
    ]
    found += [
        (line.row, line.words, line.decision.reason)
        for line in foreseen
        if line.row.subject_id in starts and isinstance(line.decision, Skip)
    ]
    doors = Doors.of(reader, [row for row, _words, _reason in found])
    reasons: dict[int, list[Why]] = defaultdict(list)
    for row, words, reason in found:
        mend = page_to_mend(reason, row, doors) if reason else ""
        reasons[row.subject_id].append(Why(row.login, words, mend))
    return reasons
