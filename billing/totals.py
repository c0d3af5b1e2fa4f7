"""What an invoice comes to. Pure: amounts in, amounts out.

The rule: each line is rounded on its own, half up (0.125 is 0.13), once for its net and once for its tax; every
sum is a sum of rounded amounts. So whatever is printed adds up to the cent, by hand and by line, and a total does
not depend on the order of the lines. See docs/decisions/0010-invoices.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

from billing.currencies import smallest


class Priced(Protocol):
    """What a line must tell. The tax rate is in percent: Decimal("14.975")."""

    @property
    def quantity(self) -> Decimal: ...
    @property
    def unit_price(self) -> Decimal: ...
    @property
    def tax_rate(self) -> Decimal: ...


@dataclass(frozen=True)
class Owed:
    """What is outstanding in one currency, how much of that is overdue, and how many invoices it is."""

    currency: str
    total: Decimal
    overdue: Decimal
    count: int


@dataclass(frozen=True)
class Tax:
    """The tax of all lines of one rate: the rate in percent, what it is on, and the tax itself."""

    rate: Decimal
    net: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Totals:
    """Net, tax by rate (the lowest first, none for 0 %), and what is to be paid."""

    net: Decimal
    taxes: tuple[Tax, ...]
    total: Decimal


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the currency's smallest amount, half up."""
    return amount.quantize(smallest(currency), rounding=ROUND_HALF_UP)


def net_of(line: Priced, currency: str) -> Decimal:
    """Quantity times unit price, rounded."""
    return rounded(line.quantity * line.unit_price, currency)


def tax_of(line: Priced, currency: str) -> Decimal:
    """The tax on the line's rounded net, rounded."""
    return rounded(net_of(line, currency) * line.tax_rate / 100, currency)


def totals_of(lines: Iterable[Priced], currency: str) -> Totals:
    """What these lines come to, in this currency (ISO 4217)."""
    nothing = rounded(Decimal(0), currency)
    net, by_rate = nothing, dict[Decimal, tuple[Decimal, Decimal]]()
    for line in lines:
        of_line = net_of(line, currency)
        net += of_line
        if line.tax_rate:
            before, tax = by_rate.get(line.tax_rate, (nothing, nothing))
            by_rate[line.tax_rate] = before + of_line, tax + tax_of(line, currency)
    taxes = tuple(Tax(rate, *by_rate[rate]) for rate in sorted(by_rate))
    return Totals(net, taxes, sum((tax.amount for tax in taxes), net))
