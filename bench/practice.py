"""A practice far larger than most: 5,000 clients, each with a parent who signs in, and everything else to match.

Written in bulk, without signals: what they would have made is made here. The same on every run.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.db import connection
from django.utils import timezone

from accounts.features import Channel, Feature
from accounts.models import Client, ClientLink, Login, Organization, Preference, Role, User
from accounts.tenancy import within
from notifications.models import Notification, OutboxMessage, State
from scheduling.models import Appointment

CLIENTS = 5_000
STAFF = 20
APPOINTMENTS_A_WEEK = 200
WEEKS = range(-8, 4)
TOLD = 5_000  # notices in the record, as many in the outbox

FIRST = ("Ada", "Bo", "Cleo", "Dan", "Edie", "Finn", "Gus", "Hana", "Ivo", "June", "Kit", "Lena", "Max", "Noor", "Ola")
LAST = ("Abbot", "Brook", "Castle", "Dale", "Ember", "Field", "Grove", "Hill", "Isle", "Jolly", "Knoll", "Lake", "Moor")
LONG_AGO = timedelta(days=90)


@dataclass
class Practice:
    """Who asks for pages (`people`) and whose ids are in their addresses (`subjects`), by the names PAGES uses."""

    organization: Organization
    people: dict[str, Login]
    subjects: dict[str, int]


def fill() -> Practice:
    organization = Organization.objects.create(
        name="Harbor Kids Therapy",
        slug="harbor-kids",
        street="1 Pier Road",
        city="Seattle",
        region="WA",
        postal_code="98101",
        country="US",
        time_zone="America/Los_Angeles",
        created_at=timezone.now() - LONG_AGO,
    )
    with within(organization):
        practice = _filled(organization, random.Random(5))  # noqa: S311 (the same practice each time, not a secret)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # what autovacuum does within a minute
    return practice


def _filled(organization: Organization, chance: random.Random) -> Practice:
    staff = _logins(organization, Role.STAFF, [f"Staff {name}" for name in _names(STAFF)])
    owner, therapist, *_others = staff
    Login.objects.filter(pk=owner.pk).update(is_organization_admin=True, is_user_admin=True, is_schedule_admin=True)
    clients = Client.objects.bulk_create(
        Client(
            organization=organization,
            first_name=name.split()[0],
            last_name=name.split(maxsplit=1)[1],
            active_since=timezone.now() - LONG_AGO,
        )
        for name in _names(CLIENTS)
    )
    parents = _logins(organization, Role.CLIENT, [f"Parent {name}" for name in _names(CLIENTS)])
    served = [(staff[number % STAFF], client) for number, client in enumerate(clients)]
    ClientLink.objects.bulk_create(
        ClientLink(organization=organization, login=login, client=client, linked_since=timezone.now() - LONG_AGO)
        for login, client in [*served, *zip(parents, clients, strict=True)]
    )
    _appointments(organization, served, chance)
    _record(organization, parents, clients)
    return Practice(
        organization,
        people={"owner": Login.objects.get(pk=owner.pk), "therapist": therapist, "parent": parents[0]},
        subjects={"client": clients[0].pk, "parent": parents[0].pk},
    )


def _names(count: int) -> list[str]:
    """As many different names."""
    return [
        f"{FIRST[n % len(FIRST)]} {LAST[n // len(FIRST) % len(LAST)]} {n // (len(FIRST) * len(LAST)) + 1}"
        for n in range(count)
    ]


def _logins(organization: Organization, role: Role, names: Sequence[str]) -> list[Login]:
    users = User.objects.bulk_create(User(email=f"{name.lower().replace(' ', '.')}@mail.example") for name in names)
    logins = Login.objects.bulk_create(
        Login(
            organization=organization,
            user=user,
            role=role,
            name=name,
            phone=f"20655501{number % 100:02}",
            active_since=timezone.now() - LONG_AGO,
            activated_at=timezone.now() - LONG_AGO,
        )
        for number, (name, user) in enumerate(zip(names, users, strict=True))
    )
    Preference.objects.bulk_create(
        Preference(
            organization=organization, login=login, feature=feature, email_since=login.active_since
        )
        for login in logins
        for feature in Feature
    )  # fmt: skip
    return logins


def _appointments(organization: Organization, served: Sequence[tuple[Login, Client]], chance: random.Random) -> None:
    """Every week as full as the others: 200 between eight and six on its working days."""
    today = timezone.now().astimezone(organization.zone).date()
    monday = today - timedelta(days=today.weekday())
    made = []
    for week in WEEKS:
        for number in range(APPOINTMENTS_A_WEEK):
            day = monday + timedelta(weeks=week, days=number % 5)
            start = datetime.combine(day, time(8 + number // 5 % 10, 0), organization.zone).astimezone(UTC)
            login, client = served[(number + chance.randrange(250) * STAFF) % len(served)]
            appointment = Appointment(organization=organization, client=client, staff=login, starts_at=start)
            appointment.on_schedule_since = start - LONG_AGO
            if start < timezone.now():
                appointment.status = chance.choice(list(Appointment.Status))
            made.append(appointment)
    Appointment.objects.bulk_create(made)


def _record(organization: Organization, parents: Sequence[Login], clients: Sequence[Client]) -> None:
    """Notices that were sent about messages long ago, and what is in the outbox of them."""
    when = timezone.now() - timedelta(days=1)
    told = Notification.objects.bulk_create(
        Notification(
            organization=organization,
            login=parents[n % len(parents)],
            client=clients[n % len(clients)],
            feature=Feature.APPOINTMENTS,
            kind="appointment_reminder",
            channel=Channel.EMAIL if n % 2 else Channel.TEXT,
            key=f"bench:{n}",
            subject_id=n,
            lane=f"bench:{n}",
            state=State.SENT,
            sent_to=parents[n % len(parents)].user.email if n % 2 else "2065550100",
            due_at=when - timedelta(minutes=n),
            useful_until=when,
            next_attempt_at=when,
            sent_at=when - timedelta(minutes=n),
        )
        for n in range(TOLD)
    )
    OutboxMessage.objects.bulk_create(
        OutboxMessage(
            organization=organization,
            notification=row,
            channel=row.channel,
            sender="Blink",
            recipient=row.sent_to,
            subject="Reminder: an appointment",
            body="You have an appointment tomorrow at ten. " * 3,
            sent_at=row.due_at,
        )
        for row in told
    )
