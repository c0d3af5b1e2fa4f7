"""Amounts, quantities and rates as people read them, in the language in force."""

from decimal import Decimal

from django.utils import formats
from django.utils.translation import pgettext

from billing.currencies import SYMBOLS, digits_of


def money(amount: Decimal, currency: str) -> str:
    """`$1,234.50`, or `1 234,50 $` in French; by its code where a currency has no sign that all know: `CHF 80.00`."""
    number = formats.number_format(amount, decimal_pos=digits_of(currency), force_grouping=True)
    if currency in SYMBOLS:
        # Translators: an amount of money such as "$1,234.50"; French writes "%(number)s %(sign)s".
        return pgettext("money", "%(sign)s%(number)s") % {"sign": SYMBOLS[currency], "number": number}
    # Translators: an amount such as "CHF 80.00"; French writes "%(number)s %(code)s".
    return pgettext("money", "%(code)s %(number)s") % {"code": currency, "number": number}


def plain(number: Decimal) -> str:
    """A quantity or a rate without needless zeros: `1.5`, `20`, `14.975`."""
    return formats.number_format(trimmed(number))


def trimmed(number: Decimal) -> Decimal:
    """The same number without needless zeros after the point."""
    written = f"{number:f}"
    return Decimal(written.rstrip("0").rstrip(".") if "." in written else written)


def percent(rate: Decimal) -> str:
    """A tax rate: `14.975%`."""
    # Translators: a rate such as "20%"; French puts a space before the sign.
    return pgettext("rate", "%(rate)s%%") % {"rate": plain(rate)}
