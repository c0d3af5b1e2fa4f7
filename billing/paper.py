"""An invoice as it stands on paper: the one list of what the page, the print view and the PDF all show."""

from dataclasses import dataclass
from datetime import date

from django.db.models import prefetch_related_objects
from django.utils import formats
from django.utils.translation import gettext, pgettext

from accounts.models import Organization
from accounts.phones import for_display
from billing.currencies import paper_of
from billing.models import Invoice
from billing.money import money, percent, plain
from billing.totals import Totals


@dataclass(frozen=True)
class PaperLine:
    """One line in words: every amount with its currency's sign."""

    description: str
    quantity: str
    unit_price: str
    tax: str
    net: str


@dataclass(frozen=True)
class Paper:
    """One invoice in words, in the language in force. Its client and organization are loaded."""

    invoice: Invoice

    def __post_init__(self) -> None:
        prefetch_related_objects([self.invoice], "lines")

    @property
    def organization(self) -> Organization:
        return self.invoice.organization

    @property
    def size(self) -> str:
        """`letter` or `a4`."""
        return paper_of(str(self.organization.country))

    @property
    def title(self) -> str:
        if self.invoice.is_draft:
            return gettext("Draft of an invoice")
        return gettext("Invoice %(number)s") % {"number": self.invoice.label}

    @property
    def mark(self) -> str:
        """What is stamped across it: a draft, void and paid ones must not be taken for a bill to pay."""
        if self.invoice.is_draft:
            return pgettext("invoice", "Draft")
        if self.invoice.is_void:
            return pgettext("invoice", "Void")
        if self.invoice.is_paid and self.invoice.paid_on:
            return gettext("Paid on %(day)s") % {"day": _day(self.invoice.paid_on)}
        return ""

    @property
    def address(self) -> list[str]:
        """The practice's, line by line."""
        place = self.organization
        city = " ".join(part for part in (place.region, place.postal_code) if part)
        lines = [place.street, place.street2, ", ".join(part for part in (place.city, city) if part)]
        return [line for line in lines if line]

    @property
    def phone(self) -> str:
        return for_display(self.organization.phone)

    @property
    def facts(self) -> list[tuple[str, str]]:
        """The days, each with its name."""
        facts = []
        if self.invoice.issued_on:
            facts.append((pgettext("invoice", "Issued"), _day(self.invoice.issued_on)))
        return [*facts, (pgettext("invoice", "Due"), _day(self.invoice.due_on))]

    @property
    def lines(self) -> list[PaperLine]:
        currency = self.invoice.currency
        return [
            PaperLine(
                description=line.description,
                quantity=plain(line.quantity),
                unit_price=money(line.unit_price, currency),
                tax=percent(line.tax_rate) if line.tax_rate else "",
                net=money(line.net, currency),
            )
            for line in self.invoice.lines.all()
        ]

    @property
    def has_tax(self) -> bool:
        return bool(self.invoice.totals.taxes)

    @property
    def sums(self) -> list[tuple[str, str]]:
        return sums_of(self.invoice.totals, self.invoice.currency)

    @property
    def total(self) -> tuple[str, str]:
        return total_of(self.invoice.totals, self.invoice.currency)


def sums_of(totals: Totals, currency: str) -> list[tuple[str, str]]:
    """Net and each tax, each with its name; nothing where there is no tax."""
    if not totals.taxes:
        return []
    taxes = [
        (
            gettext("Tax, %(rate)s of %(net)s") % {"rate": percent(tax.rate), "net": money(tax.net, currency)},
            money(tax.amount, currency),
        )
        for tax in totals.taxes
    ]
    return [(gettext("Before tax"), money(totals.net, currency)), *taxes]


def total_of(totals: Totals, currency: str) -> tuple[str, str]:
    """What is to be paid, with the currency by its code: a dollar sign is several countries'."""
    return gettext("Total in %(currency)s") % {"currency": currency}, money(totals.total, currency)


def _day(day: date) -> str:
    return formats.date_format(day, "DATE_FORMAT")
