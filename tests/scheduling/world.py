"""The small world in which reminders are checked, as both the reference and the real system offer it.

One organization, with families who have appointments. Everybody and everything is known by a name chosen by
the test ("mom", "ana", "a1"). Every event happens at a moment, an aware UTC datetime in whole minutes;
moments never go backwards. `run` is one pass of scanning and sending; sending is instantaneous and always
accepted.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Channel(StrEnum):
    """The two ways a login is told."""

    EMAIL = "email"
    TEXT = "text"


class Status(StrEnum):
    """What became of an appointment."""

    SCHEDULED = "scheduled"
    ATTENDED = "attended"
    CANCELLED = "cancelled"
    LATE_CANCELLED = "late_cancelled"
    NO_SHOW = "no_show"


class What(StrEnum):
    """What one email or text says: a reminder (by email an agenda, R5) or a correction of R7."""

    REMINDER = "reminder"
    MOVED = "moved"
    CANCELLED = "cancelled"
    ON_AGAIN = "on again"


@dataclass(frozen=True, order=True)
class Received:
    """One email or text that arrived.

    `appointments` holds (appointment, the start that was printed), in order of start. Only a reminder
    email can hold more than one.
    """

    at: datetime
    login: str
    channel: Channel
    what: What
    appointments: tuple[tuple[str, datetime], ...]

    def __str__(self) -> str:
        listed = ", ".join(f"{name} on {start:%a %d %H:%M}" for name, start in self.appointments)
        return f"{self.at:%a %d %H:%M} {self.login} by {self.channel}: {self.what} {listed}"


class World(Protocol):
    """What can happen to a practice, and what its logins received."""

    def add_client(self, client: str, *, at: datetime) -> None:
        """A new, active client."""

    def add_login(self, login: str, *, at: datetime) -> None:
        """A new, active client login, linked to nobody: email on, text off (P2), a good phone number."""

    def toggle_feature(self, *, on: bool, at: datetime) -> None:
        """Turn the organization's appointment reminders on or off (O1). They start off."""

    def set_preference(self, login: str, channel: Channel, *, on: bool, at: datetime) -> None:
        """Turn a channel on or off for appointments (P1)."""

    def set_login_active(self, login: str, *, on: bool, at: datetime) -> None:
        """Deactivate a login, or activate it again."""

    def set_phone(self, login: str, *, ok: bool, at: datetime) -> None:
        """Give the login a number that may be texted (T2, T3), or one that may not."""

    def stop(self, login: str, *, at: datetime) -> None:
        """The login's number, which no other login has, replies STOP (T6)."""

    def unstop(self, login: str, *, at: datetime) -> None:
        """The login's number replies UNSTOP (T6)."""

    def link(self, login: str, client: str, *, at: datetime) -> None:
        """Link a login to a client (R3)."""

    def unlink(self, login: str, client: str, *, at: datetime) -> None:
        """Undo the link."""

    def discharge(self, client: str, *, at: datetime) -> None:
        """Discharge a client (N5). Appointments keep their status."""

    def readmit(self, client: str, *, at: datetime) -> None:
        """Make a discharged client active again."""

    def book(self, appointment: str, client: str, start: datetime, *, at: datetime) -> None:
        """Book a new appointment, with status Scheduled."""

    def move(self, appointment: str, start: datetime, *, at: datetime) -> None:
        """Give the appointment another start; its status stays."""

    def set_status(self, appointment: str, status: Status, *, at: datetime) -> None:
        """Set the appointment's status; its start stays."""

    def run(self, *, at: datetime) -> list[Received]:
        """One pass of scanning and sending. Returns what it sent."""

    def received(self) -> list[Received]:
        """Everything received so far. Within one moment the order means nothing."""

    def close(self) -> None:
        """Throw the world away."""
