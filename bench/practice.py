"""A practice far larger than most: 5,000 clients, each with a parent who signs in, and everything else to match.

Written in bulk, without signals: what they would have made is made here. The same on every run. Here are its people
and its calendar; what it said, asked for and assigned is in bench/dealings.py.
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
from bench import dealings
from scheduling.models import LEAD, Appointment

CLIENTS = 5_000
STAFF = 20
APPOINTMENTS_A_WEEK = 200
WEEKS = range(-8, 4)
AHEAD, WITHIN = 80, timedelta(hours=48)  # so many at least in the next two days, also at a weekend

FIRST = ("Ada", "Bo", "Cleo", "Dan", "Edie", "Finn", "Gus", "Hana", "Ivo", "June", "Kit", "Lena", "Max", "Noor", "Ola")
LAST = ("Abbot", "Brook", "Castle", "Dale", "Ember", "Field", "Grove", "Hill", "Isle", "Jolly", "Knoll", "Lake", "Moor")
LONG_AGO = timedelta(days=90)
Served = Sequence[tuple[Login, Client]]


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
        cursor.execute("VACUUM ANALYZE")  # what autovacuum does within a minute
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
    # Every other parent is linked to the next client, too: two parents for one child, two children for one parent.
    second = [(parent, clients[number + 1]) for number, parent in enumerate(parents) if number % 2 == 0]
    ClientLink.objects.bulk_create(
        ClientLink(organization=organization, login=login, client=client, linked_since=timezone.now() - LONG_AGO)
        for login, client in [*served, *zip(parents, clients, strict=True), *second]
    )
    _appointments(organization, served, chance)
    families = dealings.Families(organization, clients, parents, [login for login, _client in served])
    return Practice(
        organization,
        people={"owner": Login.objects.get(pk=owner.pk), "therapist": therapist, "parent": parents[0]},
        subjects={
            "client": clients[0].pk,
            "parent": parents[0].pk,
            "therapist": therapist.pk,
            "appointment": Appointment.objects.filter(client=clients[0], starts_at__gt=timezone.now())[0].pk,
            "conversation": dealings.converse(families),
            "invoice": dealings.invoice(families),
            "homework": dealings.assign(families),
            "told": dealings.tell(families, chance),
        },
    )


def _names(count: int) -> list[str]:
    """As many different names."""
    return [
        f"{FIRST[n % len(FIRST)]} {LAST[n // len(FIRST) % len(LAST)]} {n // (len(FIRST) * len(LAST)) + 1}"
        for n in range(count)
    ]


def _logins(organization: Organization, role: Role, names: Sequence[str]) -> list[Login]:
    since = timezone.now() - LONG_AGO
    users = User.objects.bulk_create(User(email=f"{name.lower().replace(' ', '.')}@mail.example") for name in names)
    logins = Login.objects.bulk_create(
        Login(
            organization=organization,
            user=user,
            role=role,
            name=name,
            phone=f"20655501{number % 100:02}",
            active_since=since,
            activated_at=since,
        )
        for number, (name, user) in enumerate(zip(names, users, strict=True))
    )
    Preference.objects.bulk_create(
        Preference(
            organization=organization,
            login=login,
            feature=feature,
            email_since=since if number % 7 else None,
            text_since=None if number % 3 else since,
        )
        for number, login in enumerate(logins, 1)
        for feature in Feature
    )
    return logins


def _appointments(organization: Organization, served: Served, chance: random.Random) -> None:
    """Every week as full as the others: 200 between eight and six on its working days."""
    now = timezone.now()
    today = now.astimezone(organization.zone).date()
    monday = today - timedelta(days=today.weekday())
    made = []
    for week in WEEKS:
        for number in range(APPOINTMENTS_A_WEEK):
            day = monday + timedelta(weeks=week, days=number % 5)
            start = datetime.combine(day, time(8 + number // 5 % 10, 0), organization.zone).astimezone(UTC)
            login, client = served[(number + chance.randrange(250) * STAFF) % len(served)]
            made.append(_appointment(login, client, start, now, chance))
    missing = AHEAD - sum(now < one.starts_at < now + WITHIN for one in made)
    for number in range(missing):
        login, client = served[number * 7 % len(served)]
        made.append(_appointment(login, client, now + WITHIN * (number + 1) / (missing + 1), now, chance))
    made += [_appointment(*served[0], now + timedelta(days=week * 7, hours=1), now, chance) for week in range(-8, 9)]
    Appointment.objects.bulk_create(made)


def _appointment(
    login: Login, client: Client, start: datetime, now: datetime, chance: random.Random
) -> Appointment:  # as the scan has left it by now
    made = Appointment(organization_id=login.organization_id, client=client, staff=login, starts_at=start)
    made.put_on_schedule(start - LONG_AGO)
    made.email_due_at, made.text_due_at = (
        made.starts_at - LEAD[channel] if made.starts_at - LEAD[channel] > now else None
        for channel in (Channel.EMAIL, Channel.TEXT)
    )
    if start < now:
        made.status = chance.choice(list(Appointment.Status))
    return made
