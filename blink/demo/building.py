"""Setting up a practice as its staff would: through the models' own checks and verbs, some time ago."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from accounts.models import (
    Channel,
    Client,
    Feature,
    FeatureToggle,
    Login,
    Organization,
    Preference,
    Role,
    User,
)
from scheduling.models import Appointment

DAY = timedelta(days=1)
OPENED = 400 * DAY  # ago, as all of these
JOINED = 90 * DAY
CHOSE = 30 * DAY
BOOKED = 10 * DAY
BOOKED_JUST_NOW = timedelta(minutes=10)

WEEKS_BEFORE, WEEKS_AHEAD = 8, 3
# How the past weeks went, over and over, from a different point for each client.
OUTCOMES = (
    Appointment.Status.ATTENDED,
    Appointment.Status.ATTENDED,
    Appointment.Status.CANCELLED,
    Appointment.Status.ATTENDED,
    Appointment.Status.ATTENDED,
    Appointment.Status.NO_SHOW,
    Appointment.Status.ATTENDED,
    Appointment.Status.LATE_CANCELLED,
    Appointment.Status.ATTENDED,
)


def make_user(email: str, password_hash: str, **fields: Any) -> User:
    """A user, checked as a form would. All of the demo share one hash: making one takes a third of a second."""
    user = User(email=email, password=password_hash, **fields)
    user.full_clean()
    user.save()
    return user


def open_practice(now: datetime, **fields: Any) -> Organization:
    """A practice that has been with Blink for a year."""
    organization = Organization(created_at=now - OPENED, **fields)
    organization.full_clean()
    organization.save()
    return organization


@dataclass
class Builder:
    """Fills one practice, inside its scope. `now` is in whole minutes."""

    organization: Organization
    now: datetime
    password_hash: str
    _taken: list[tuple[int, datetime, datetime]] = field(default_factory=list)
    _busy_soon: set[int] = field(default_factory=set)
    _regulars: int = 0

    def without(self, feature: Feature) -> None:
        """Turn a feature off."""
        FeatureToggle.objects.filter(organization=self.organization).turn(feature, on=False)

    def staff(self, name: str, email: str, **fields: Any) -> Login:
        """Someone who works here. Permissions by their fields, such as `is_user_admin=True`."""
        return self._login(name, email, Role.STAFF, **fields)

    def client(self, first_name: str, last_name: str, born: str, *therapists: Login, **fields: Any) -> Client:
        """Someone in care, linked to those who treat them. `born` is an ISO date."""
        client = Client(
            organization=self.organization,
            first_name=first_name,
            last_name=last_name,
            born_on=date.fromisoformat(born),
            active_since=self.now - JOINED,
            **fields,
        )
        client.full_clean()
        client.save()
        for therapist in therapists:
            therapist.link(client, at=self.now - JOINED)
        return client

    def login(
        self,
        name: str,
        email: str | User,
        *clients: Client,
        text: bool = False,
        everything_off: bool = False,
        **fields: Any,
    ) -> Login:
        """A client's or relative's login. It starts as every login does (P2) and chose since (P1)."""
        login = self._login(name, email, Role.CLIENT, **fields)
        for client in clients:
            login.link(client, at=self.now - JOINED)
        for preference in Preference.objects.filter(login=login):
            if text:
                preference.choose(Channel.TEXT, on=True, by=login.user, at=self.now - CHOSE)
            if everything_off:
                preference.choose(Channel.EMAIL, on=False, by=login.user, at=self.now - CHOSE)
        return login

    def _login(self, name: str, email: str | User, role: Role, **fields: Any) -> Login:
        user = email if isinstance(email, User) else make_user(email, self.password_hash)
        login = Login(
            organization=self.organization,
            user=user,
            role=role,
            name=name,
            active_since=self.now - JOINED,
            activated_at=self.now - JOINED,
            **fields,
        )
        login.full_clean()
        login.save()
        return login

    def email_in(self, wait: int, client: Client, staff: Login, **fields: Any) -> Appointment:
        """An appointment a day ahead, booked a while ago: its reminder email is due in so many minutes."""
        self._busy_soon.add(client.pk)
        return self._book(client, staff, self.now + DAY + timedelta(minutes=wait), BOOKED, **fields)

    def text_in(self, wait: int, client: Client, staff: Login, **fields: Any) -> Appointment:
        """An appointment an hour ahead, booked just now: its reminder text is due in so many minutes."""
        self._busy_soon.add(client.pk)
        return self._book(client, staff, self.now + timedelta(minutes=60 + wait), BOOKED_JUST_NOW, **fields)

    def weekly(self, client: Client, staff: Login, weekday: int, at: str) -> None:
        """The same hour every week (0 is Monday, `at` is local time), some weeks back and ahead.

        Not now, while all eyes are on the first reminders; and not where it would meet another appointment.
        Call it after the client's other appointments are made.
        """
        zone, hour = self.organization.zone, time.fromisoformat(at)
        monday = self.now.astimezone(zone).date()
        monday -= timedelta(days=monday.weekday())
        self._regulars += 1
        for week in range(-WEEKS_BEFORE, WEEKS_AHEAD + 1):
            start = datetime.combine(monday + timedelta(days=7 * week + weekday), hour, zone)
            ahead = start - self.now
            if ahead < -timedelta(hours=1):
                outcome = OUTCOMES[(week + 3 * self._regulars) % len(OUTCOMES)]
                # Called off once, as `set_status` counts it.
                sequence = int(outcome in Appointment.CALLED_OFF)
                self._book(client, staff, start, BOOKED - ahead, status=outcome, sequence=sequence)
            elif self._is_in_the_way(client, ahead) or self._is_taken(staff, start):
                continue
            elif ahead < DAY:
                self._book(client, staff, start, BOOKED_JUST_NOW)
            else:
                self._book(client, staff, start, BOOKED)

    def _is_in_the_way(self, client: Client, ahead: timedelta) -> bool:
        if client.pk in self._busy_soon:
            return ahead < 2 * DAY + timedelta(hours=2)
        return ahead < timedelta(minutes=75) or abs(ahead - DAY) < timedelta(minutes=15)

    def _is_taken(self, staff: Login, start: datetime) -> bool:
        end = start + timedelta(minutes=50)
        return any(who == staff.pk and start < its_end and its_start < end for who, its_start, its_end in self._taken)

    def _book(
        self,
        client: Client,
        staff: Login,
        start: datetime,
        ago: timedelta,
        **fields: Any,
    ) -> Appointment:
        appointment = Appointment(
            organization=self.organization,
            client=client,
            staff=staff,
            starts_at=start,
            on_schedule_since=self.now - ago,
            **fields,
        )
        # Its organization, client and staff were checked when they were made: two queries each for nothing.
        appointment.clean_fields(exclude={"organization", "client", "staff"})
        appointment.save()
        self._taken.append((staff.pk, appointment.starts_at, appointment.ends_at))
        return appointment
