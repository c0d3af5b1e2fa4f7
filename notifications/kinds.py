"""Kinds: what a domain app declares about each thing it tells people.

A domain app writes its kinds in its own `notifications.py` and registers them from `AppConfig.ready()`.
Everything here is asked in bulk: a batch of 100 costs a fixed number of queries.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from accounts.features import Channel, Feature
from notifications.models import Notification
from notifications.reasons import Skip, Words


@dataclass(frozen=True)
class Recipient:
    """One login to be told by one channel."""

    login_id: int
    channel: Channel


@dataclass(frozen=True)
class Content:
    """What a notice says: templates in `templates/<template>/`, their context, and a calendar file (RFC 5545).

    The calendar is asked for when the email is rendered, in the language of its reader. `useful_until` is for
    content that stops being useful before its row does.
    """

    template: str
    context: Mapping[str, Any]
    calendar: Callable[[], bytes] | None = None
    calendar_name: str = "calendar.ics"
    calendar_method: str = "PUBLISH"
    useful_until: datetime | None = None


@dataclass
class Delivery:
    """One notification on its way: the row, and the subject as it is now."""

    notification: Notification
    subject: Any
    content: Content | None = None
    # What was known before this attempt: an earlier one may have been accepted.
    was_in_doubt: bool = field(default=False)

    @property
    def useful_until(self) -> datetime:
        """The last moment at which this content helps."""
        until = self.notification.useful_until
        return min(until, self.content.useful_until or until) if self.content else until


class Kind(ABC):
    """One kind of notification: what becomes of its rows. Subclass, answer the methods, and register it."""

    slug: ClassVar[str]
    feature: ClassVar[Feature]
    label: ClassVar[Words]

    @abstractmethod
    def load(self, ids: Iterable[int]) -> Mapping[int, Any]:
        """The subjects by id, in bulk, with whatever `objection` and `compose` read. Missing ones are gone."""

    def describe(self, subject: Any) -> str:
        """Which one it is, in a few words for staff, such as "Tue, Nov 24, 10:00 AM PST"; asks no queries."""
        return ""

    def objection(self, notification: Notification, subject: Any, now: datetime) -> Skip | None:
        """Why the subject itself no longer warrants telling, asked just before sending. No queries."""
        return None

    @abstractmethod
    def compose(self, deliveries: Sequence[Delivery], now: datetime) -> Mapping[int, Content | Skip]:
        """What each says, by notification id, in the transaction that claims them."""

    def unsent(self, notification_ids: Sequence[int]) -> None:
        """These were composed, and certainly did not reach the provider: forget what `compose` noted."""

    def unsure(self, notification_ids: Sequence[int]) -> None:
        """These ended without anybody knowing whether they reached the provider."""

    def sent_after_all(self, notification: Notification) -> None:
        """The provider has this one after all, though it was taken for unsent: note again what `compose` noted."""

    def foresee(self, deliveries: Sequence[Delivery]) -> Mapping[int, Skip]:
        """For the forecast: what `compose` would skip, by position, if these were sent in this order."""
        return {}

    def upcoming(self, organization_id: int, *, now: datetime, until: datetime) -> Iterator[Delivery]:
        """For the forecast: unsaved rows that will fall due from now until then, each with its subject as loaded."""
        return iter(())


class EventKind(Kind):
    """A kind whose rows are written when something happens, by `notify(kind, subject)`."""

    @abstractmethod
    def key(self, subject: Any) -> str:
        """Name the occurrence, such as `invoice:41:issued`: told once per login and channel, ever."""

    @abstractmethod
    def audience(self, subject: Any) -> Iterable[Recipient]:
        """Who might be told, by which channel. The rules decide later who is; be generous here."""

    @abstractmethod
    def useful_until(self, subject: Any) -> datetime:
        """The last moment at which telling still helps."""

    def client_id(self, subject: Any) -> int | None:
        """The client it is about, if it is about one."""
        return None

    def lane(self, subject: Any, channel: Channel) -> str:
        """What must leave in order for one login and channel; empty for things that need no order."""
        return ""


_kinds: dict[str, Kind] = {}


def register(kind: type[Kind]) -> None:
    """Make a kind known under its slug. Called from `AppConfig.ready()`."""
    known = _kinds.get(kind.slug)
    if known is not None and type(known) is not kind:
        raise ValueError(f"Two kinds are called {kind.slug!r}.")
    _kinds[kind.slug] = kind()


def kind_of(slug: str) -> Kind:
    """The registered kind. KeyError if its app is not installed."""
    return _kinds[slug]


def slugs() -> list[str]:
    """The slugs of every registered kind."""
    return sorted(_kinds)


def kinds() -> Iterable[Kind]:
    """Every registered kind, in order of slug."""
    return [_kinds[slug] for slug in slugs()]
