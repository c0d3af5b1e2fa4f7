"""What an invoice says, as one short word: so that nobody writes over what a colleague wrote meanwhile."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from hashlib import blake2s
from typing import Protocol

from billing.totals import Priced


class Said(Priced, Protocol):
    """A line, saved or not."""

    @property
    def description(self) -> str: ...


class ChangedMeanwhile(Exception):
    """The invoice is not what it was when the form was filled in."""


def edition_of(*, status: str, due_on: date, note: str, lines: Iterable[Said]) -> str:
    """The same word for the same content, in order; another for anything else. 1.50 and 1.5 are the same."""
    rows = [
        (line.description, *(_plain(amount) for amount in (line.quantity, line.unit_price, line.tax_rate)))
        for line in lines
    ]
    content = repr((status, due_on.isoformat(), note, rows))
    return blake2s(content.encode(errors="backslashreplace"), digest_size=12).hexdigest()


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
