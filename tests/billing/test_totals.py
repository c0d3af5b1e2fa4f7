"""What an invoice comes to: rounded by the line, half up, so that the paper adds up (docs/decisions/0010)."""

from dataclasses import dataclass
from decimal import Decimal
from random import Random

import pytest
from django_countries import countries
from hypothesis import given
from hypothesis import strategies as st

from billing.currencies import currency_of, digits_of, paper_of, smallest
from billing.totals import net_of, rounded, tax_of, totals_of


@dataclass(frozen=True)
class Line:
    quantity: Decimal
    unit_price: Decimal
    tax_rate: Decimal


def line(quantity: str, unit_price: str, tax_rate: str = "0") -> Line:
    return Line(Decimal(quantity), Decimal(unit_price), Decimal(tax_rate))


CURRENCIES = st.sampled_from(["USD", "CAD", "GBP", "JPY", "KWD"])
LINES = st.lists(
    st.builds(
        Line,
        st.decimals("0.01", "99999.99", places=2),
        st.decimals("0", "9999999.99", places=2),
        st.one_of(st.just(Decimal(0)), st.decimals("0.001", "100", places=3)),
    ),
    max_size=12,
)


@pytest.mark.parametrize(
    ("priced", "net", "tax"),
    [
        (line("1", "120"), "120.00", "0.00"),
        (line("1.5", "120"), "180.00", "0.00"),
        (line("0.5", "0.25"), "0.13", "0.00"),  # 0.125: half goes up, also where a banker would round to the even 0.12
        (line("0.5", "0.35"), "0.18", "0.00"),
        (line("0.49", "0.01"), "0.00", "0.00"),
        (line("1", "100", "14.975"), "100.00", "14.98"),  # GST and QST of Québec together: 14.975
        (line("1", "33.33", "20"), "33.33", "6.67"),
        (line("1", "0.25", "10"), "0.25", "0.03"),
        (line("3", "0.335", "20"), "1.01", "0.20"),  # the tax is on the rounded net
    ],
)
def test_each_line_is_rounded_half_up_on_its_own(priced: Line, net: str, tax: str) -> None:
    assert (str(net_of(priced, "USD")), str(tax_of(priced, "USD"))) == (net, tax)


def test_taxes_are_summed_by_rate_the_lowest_first() -> None:
    totals = totals_of([line("1", "10", "20"), line("1", "5", "5"), line("1", "3"), line("2", "10", "20.000")], "GBP")
    assert [(str(tax.rate), str(tax.net), str(tax.amount)) for tax in totals.taxes] == [
        ("5", "5.00", "0.25"),
        ("20", "30.00", "6.00"),
    ]
    assert (totals.net, totals.total) == (Decimal("38.00"), Decimal("44.25"))


def test_sums_are_sums_of_what_is_printed_not_of_what_was_rounded_off() -> None:
    """Three times 0.335 is 1.005, and 1.01 if rounded once; but the paper shows three times 0.34."""
    assert totals_of([line("1", "0.335")] * 3, "USD").total == Decimal("1.02")


def test_no_lines_come_to_nothing() -> None:
    assert totals_of([], "USD").total == Decimal("0.00")


@given(LINES, CURRENCIES)
def test_what_is_printed_adds_up(lines: list[Line], currency: str) -> None:
    totals = totals_of(lines, currency)
    assert totals.net == sum(net_of(each, currency) for each in lines)
    assert totals.total == totals.net + sum(tax.amount for tax in totals.taxes)
    assert sum(tax.amount for tax in totals.taxes) == sum(tax_of(each, currency) for each in lines)
    for amount in (totals.net, totals.total, *(tax.amount for tax in totals.taxes)):
        assert amount >= 0
        assert amount == rounded(amount, currency), "no fraction of the smallest coin is left"
        assert -int(amount.as_tuple().exponent) == digits_of(currency)


@given(LINES, CURRENCIES, st.randoms())
def test_the_order_of_the_lines_does_not_matter(lines: list[Line], currency: str, chance: Random) -> None:
    shuffled = chance.sample(lines, len(lines))
    assert totals_of(shuffled, currency) == totals_of(lines, currency)


@given(LINES, CURRENCIES)
def test_no_line_is_off_by_more_than_half_the_smallest_coin(lines: list[Line], currency: str) -> None:
    for each in lines:
        exact = each.quantity * each.unit_price
        assert abs(net_of(each, currency) - exact) <= smallest(currency) / 2


@pytest.mark.parametrize(
    ("country", "currency", "paper"),
    [
        ("US", "USD", "letter"),
        ("PR", "USD", "letter"),
        ("CA", "CAD", "letter"),
        ("GB", "GBP", "a4"),
        ("FR", "EUR", "a4"),
        ("BG", "EUR", "a4"),
        ("CH", "CHF", "a4"),
        ("JP", "JPY", "a4"),
        ("MX", "MXN", "letter"),
    ],
)
def test_a_practice_bills_in_the_money_and_on_the_paper_of_its_country(country: str, currency: str, paper: str) -> None:
    assert (currency_of(country), paper_of(country)) == (currency, paper)


def test_every_country_that_a_practice_can_be_in_has_a_currency() -> None:
    dollars = "US AS BQ EC FM GU IO MH MP PR PW SV TC TL UM VG VI ZW AQ"
    assert sorted(code for code, _name in countries if currency_of(code) == "USD") == sorted(dollars.split())
