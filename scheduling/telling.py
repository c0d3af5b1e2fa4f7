"""What an appointment's reminders did or will do, per login and channel, in words (L1)."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.features import Channel
from accounts.models import ClientLink, Login, Role
from notifications.doors import Doors
from notifications.forecast import Foreseen, foretell
from notifications.mending import page_to_mend
from notifications.models import Notification, State
from notifications.models.ledger import UNFINISHED
from notifications.reasons import PREFERENCE_OFF, Reason, Send
from scheduling.agenda import LISTED_FIELDS
from scheduling.ahead import REMINDER, family_links, reminders_ahead
from scheduling.models import LEAD, Appointment, Mention
from scheduling.notifications import ALREADY_LISTED, AppointmentChanged

KINDS = (REMINDER, AppointmentChanged.slug)


@dataclass(frozen=True)
class Step:
    """One thing that was told, will be, or was not: words, when, how it stands, and where it is mended."""

    words: str
    at: datetime | None
    state: str  # "good", "wait", "bad" or "quiet" (their own choice, which is no fault), as pages colour it
    mend: str = ""


@dataclass(frozen=True)
class Told:
    """Everything about one login and one appointment."""

    login: Login
    steps: list[Step]


def story_of(appointment: Appointment, *, reader: Login, now: datetime) -> list[Told]:
    """What was told about this appointment and what will be, by login; a fixed number of queries.

    Every linked client login is in it, and whoever was told before a link was undone. What is to come is decided by
    the rules that the sender asks, over everything that the family is to get until then: an email of theirs may list
    this appointment with others. Links to mend are those that let the reader in.
    """
    links = ClientLink.objects.filter(client=appointment.client_id, login__role=Role.CLIENT)
    logins = {link.login_id: link.login for link in links.select_related("login__user").order_by("login__name")}
    rows = list(
        Notification.objects.filter(kind__in=KINDS, subject_id=appointment.pk)
        .exclude(state__in=UNFINISHED)
        .select_related("login", "organization", "client")
        .order_by("due_at", "pk")
    )
    mentions = list(
        Mention.objects.filter(appointment=appointment.pk)
        .exclude(notification__state__in=UNFINISHED)
        .select_related("notification__login")
        .order_by("pk")
    )
    ahead = _ahead(appointment, set(logins), now)
    doors = Doors.of(reader, [*rows, *(told.notification for told in mentions), *(line.row for line in ahead)])
    lines: dict[int, list[Step]] = {pk: [] for pk in logins}
    for login, line in (
        [(told.notification.login, _said(told, appointment, doors)) for told in mentions]
        + [(row.login, _unsaid(row, doors)) for row in rows if not _is_said(row, mentions)]
        + [(line.row.login, _to_come(line, doors)) for line in ahead]
    ):
        logins.setdefault(login.pk, login)
        lines.setdefault(login.pk, []).append(line)
    return [Told(login, sorted(lines[pk], key=lambda step: step.at or now)) for pk, login in logins.items()]


def _ahead(appointment: Appointment, logins: set[int], now: datetime) -> list[Foreseen]:
    """What is waiting or will fall due about this appointment, as the sender will decide it."""
    rows = list(
        Notification.objects.unfinished()
        .filter(kind__in=KINDS, login__in=logins)
        .select_related("login__user", "organization", "client")
    )
    for row in rows:
        row.next_attempt_at = max(now, row.next_attempt_at)
    family = ClientLink.objects.filter(login__in=logins).values("client")
    until = appointment.starts_at - min(LEAD.values())
    near = Appointment.objects.scheduled().filter(client__in=family)
    upcoming = list(near.filter(Q(email_due_at__lte=until) | Q(text_due_at__lte=until)).select_related(*LISTED_FIELDS))
    links = family_links(upcoming)
    for channel in Channel:
        rows += [row for row in reminders_ahead(upcoming, channel, links, now=now) if row.login_id in logins]
    return [line for line in foretell(rows) if line.row.subject_id == appointment.pk]


def _said(told: Mention, appointment: Appointment, doors: Doors) -> Step:
    """Something that left: what it said, and how it fared."""
    row = told.notification
    email = told.channel == Channel.EMAIL
    if row.kind != REMINDER and told.called_off:
        words = _("Cancellation emailed") if email else _("Cancellation texted")
    elif row.kind != REMINDER:
        words = _("Change emailed") if email else _("Change texted")
    elif row.subject_id != appointment.pk:
        words = _("Emailed, in the reminder of an appointment before it")
    else:
        words = _("Reminder emailed") if email else _("Reminder texted")
    if row.state in (State.UNDELIVERED, State.FAILED):
        return Step(row.words, row.sent_at or row.due_at, "bad", _mend(row, doors))
    if row.state == State.DELIVERED:
        words = _("%(what)s and delivered") % {"what": words}
    return Step(words, row.sent_at, "good")


def _unsaid(row: Notification, doors: Doors) -> Step:
    if row.reason == PREFERENCE_OFF.code:
        return Step(row.words, row.due_at, "quiet")
    return Step(row.words, row.due_at, "bad", _mend(row, doors))


def _is_said(row: Notification, mentions: list[Mention]) -> bool:
    """Whether a mention tells the same: its own, or the one because of which this row was needless."""
    if any(told.notification_id == row.pk for told in mentions):
        return True
    needless = row.reason in (ALREADY_LISTED.code, "nothing_to_correct")
    return needless and any((told.login_id, told.channel) == (row.login_id, row.channel) for told in mentions)


def _to_come(line: Foreseen, doors: Doors) -> Step:
    """Something that is to leave, or will be decided against."""
    row, email = line.row, line.row.channel == Channel.EMAIL
    if isinstance(line.decision, Send):
        if row.kind != REMINDER:
            return Step(_("Change being emailed") if email else _("Change being texted"), row.next_attempt_at, "wait")
        words = _("Reminder will be emailed") if email else _("Reminder will be texted")
        return Step(words, row.next_attempt_at, "wait")
    if line.reason == ALREADY_LISTED.code:
        return Step(_("Will be emailed, in the reminder of an appointment before it"), row.due_at, "wait")
    if line.reason == PREFERENCE_OFF.code:
        return Step(line.words, row.due_at, "quiet")
    row.reason = line.reason  # never saved: `_mend` reads it
    return Step(line.words, row.due_at, "bad", _mend(row, doors))


def _mend(row: Notification, doors: Doors) -> str:
    reason = Reason.known.get(row.reason)
    return page_to_mend(reason, row, doors) if reason else ""
