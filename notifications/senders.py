"""Who sends: our numbers, each always to the same people, and the email provider.

A person's texts all come from one of our numbers, so that they are one conversation on their phone and UNSTOP goes
where STOP went. Which one follows from the last two characters of their number alone: every process agrees without
asking, and the database can pick out the rows of one sender. A number that is added or removed moves people to
another one; one that replaces another in its place moves nobody else.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.conf import settings
from django.db.models import BooleanField, Case, F, Model, QuerySet, Value, When
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce, Ord, Right
from django.db.models.lookups import Exact

from accounts.features import Channel

Rows = TypeVar("Rows", bound="QuerySet[Model]")


@dataclass(frozen=True)
class Sender:
    """One sender of a channel, the `place`-th of so `many`; `rate` in segments, or emails, a second."""

    channel: Channel
    name: str
    rate: float
    place: int = 0
    many: int = 1

    @property
    def is_paced(self) -> bool:
        """Whether anything limits it."""
        return not math.isinf(self.rate)

    def of_its_own(self, rows: Rows) -> Rows:
        """Those of these rows of the ledger that it sends."""
        rows = rows.filter(channel=self.channel)
        if self.many == 1:
            return rows
        # PostgreSQL takes a bare comparison for one that hardly any row passes, and sorts all that is due to find them;
        # of a CASE it expects half, and reads the index in order until it has enough.
        is_its = When(Exact(place_in_sql("login__phone", self.many), self.place), then=True)
        return rows.filter(Case(is_its, default=False, output_field=BooleanField()))


def senders() -> list[Sender]:
    """Every sender, those of texts first. Nothing limits the local outbox."""
    is_outbox = settings.DELIVERY == "outbox"
    numbers = ["outbox"] if is_outbox else _numbers()
    text_rate = math.inf if is_outbox else settings.TEXT_RATE
    texting = [Sender(Channel.TEXT, name, text_rate, place, len(numbers)) for place, name in enumerate(numbers)]
    return [*texting, by_email()]


def by_email() -> Sender:
    """The one email provider."""
    return Sender(Channel.EMAIL, "email", math.inf if settings.DELIVERY == "outbox" else settings.EMAIL_RATE)


def sender_for(phone: str) -> str:
    """The number of ours, or the messaging service (MG...), that texts this ten-digit number."""
    numbers = _numbers()
    return numbers[place_of(phone, len(numbers))]


def place_of(phone: str, many: int) -> int:
    """Which of so many senders texts a number, from 0; for anything that a phone may be stored as, empty included."""
    return (_first(phone[-1:]) + 10 * _first(phone[-2:])) % many


def place_in_sql(phone: str, many: int) -> CombinedExpression:
    """`place_of` the column with this name: the same for every text, in PostgreSQL and in SQLite."""
    last, last_two = (Coalesce(Ord(Right(F(phone), length)), Value(0)) for length in (1, 2))
    return (last + Value(10) * last_two) % Value(many)


def _numbers() -> Sequence[str]:
    return str(settings.TWILIO_FROM).split(",")


def _first(characters: str) -> int:
    return ord(characters[0]) if characters else 0
