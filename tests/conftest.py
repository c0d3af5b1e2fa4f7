"""The shared cast: two practices; in the first an owner, a therapist, mom, dad and their child; an outsider."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone, translation

from accounts.features import Channel, Feature
from accounts.models import Client, Login, Organization, Preference, Role, User
from accounts.tenancy import everywhere, within
from scheduling.models import Appointment

LONG_AGO = timedelta(days=30)


def pytest_configure() -> None:
    """Passwords of the cast are hashed in no time; nothing here tests how hard they are to guess."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def make_organization(name: str = "Harbor Kids Therapy", **fields: Any) -> Organization:
    """A practice in Seattle unless told otherwise, on Blink for a month, every feature on."""
    slug = name.lower().replace(" ", "-")
    address = {
        "street": "1 Pier Road",
        "city": "Seattle",
        "region": "WA",
        "postal_code": "98101",
        "country": "US",
        "time_zone": "America/Los_Angeles",
        "created_at": timezone.now() - LONG_AGO,
    }
    return Organization.objects.create(**{"name": name, "slug": slug, **address, **fields})


def make_login(organization: Organization, name: str, role: Role = Role.CLIENT, **fields: Any) -> Login:
    """A login, a month old, with a user of its own."""
    email = f"{name.lower().replace(' ', '.')}@{organization.slug}.example"
    with everywhere("the cast"):
        user = fields.pop("user", None) or User.objects.create_user(email, "correct horse")
    fields.setdefault("active_since", timezone.now() - LONG_AGO)
    with within(organization):
        return Login.objects.create(organization=organization, user=user, role=role, name=name, **fields)


def make_client(organization: Organization, first_name: str = "Mia", **fields: Any) -> Client:
    """A client, in care for a month."""
    fields.setdefault("active_since", timezone.now() - LONG_AGO)
    with within(organization):
        return Client.objects.create(organization=organization, first_name=first_name, **fields)


def link(login: Login, *clients: Client, at: datetime | None = None) -> None:
    with within(login.organization_id):
        for client in clients:
            login.link(client, at=at or timezone.now() - LONG_AGO)


def choose(login: Login, channel: Channel, on: bool = True, *, feature: Feature = Feature.APPOINTMENTS) -> None:
    """Set a preference, a month ago."""
    with within(login.organization_id):
        preference = Preference.objects.get(login=login, feature=feature)
        preference.choose(channel, on=on, by=login.user, at=timezone.now() - LONG_AGO)


@dataclass
class Practice:
    """One practice's cast."""

    organization: Organization
    owner: Login
    therapist: Login
    mom: Login
    dad: Login
    child: Client

    def appointment(
        self,
        starts_in: timedelta = timedelta(hours=48),
        *,
        booked: timedelta = timedelta(days=7),
        **fields: Any,
    ) -> Appointment:
        """An appointment of the child with the therapist, booked a week ago unless told otherwise."""
        now = timezone.now()
        fields.setdefault("client", self.child)
        fields.setdefault("starts_at", now + starts_in)
        fields.setdefault("on_schedule_since", now - booked)
        with within(self.organization):
            return Appointment.objects.create(organization=self.organization, staff=self.therapist, **fields)


def make_practice(name: str = "Harbor Kids Therapy", **fields: Any) -> Practice:
    organization = make_organization(name, **fields)
    child = make_client(organization, "Mia", last_name="Rivera")
    practice = Practice(
        organization=organization,
        owner=make_login(organization, "Olive Owner", Role.STAFF, is_organization_admin=True, is_user_admin=True),
        therapist=make_login(organization, "Theo Therapist", Role.STAFF),
        mom=make_login(organization, "Maria Rivera", phone="(206) 555-0143"),
        dad=make_login(organization, "Daniel Rivera", phone="206-555-0144"),
        child=child,
    )
    for login in (practice.therapist, practice.mom, practice.dad):
        link(login, child)
    return practice


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """A page asked for in French leaves its language active in the thread; no test inherits it."""
    with translation.override("en"):
        yield


@pytest.fixture
def practice(db: None) -> Practice:
    return make_practice()


@pytest.fixture
def other_practice(db: None) -> Practice:
    return make_practice("Outside Counseling")


@pytest.fixture
def in_practice(practice: Practice) -> Iterator[Practice]:
    """The test runs inside the practice's scope."""
    with within(practice.organization):
        yield practice
