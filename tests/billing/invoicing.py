"""Invoices to test with."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import Client, Login
from accounts.tenancy import within
from billing.models import Invoice, InvoiceLine
from tests.conftest import Practice


def make_line(description: str = "Family session", price: str = "120.00", **fields: Any) -> InvoiceLine:
    """One line, not saved. `quantity` and `tax_rate` as text: "1.5", "14.975"."""
    amounts = {name: Decimal(fields.pop(name)) for name in ("quantity", "tax_rate") if name in fields}
    return InvoiceLine(description=description, unit_price=Decimal(price), **amounts, **fields)


def make_draft(
    practice: Practice,
    *lines: InvoiceLine,
    client: Client | None = None,
    by: Login | None = None,
    due_in: int = 30,
    note: str = "",
) -> Invoice:
    """A draft for the child by the owner, unless told otherwise; due in so many days."""
    with within(practice.organization):
        return Invoice.draft(
            client=client or practice.child,
            by=by or practice.owner,
            due_on=timezone.localdate(timezone=practice.organization.zone) + timedelta(days=due_in),
            note=note,
            lines=lines or [make_line()],
        )


def make_issued(practice: Practice, *lines: InvoiceLine, at: datetime | None = None, **fields: Any) -> Invoice:
    """The same, issued."""
    invoice = make_draft(practice, *lines, **fields)
    with within(practice.organization):
        assert invoice.issue(by=fields.get("by") or practice.owner, at=at)
    return invoice


def make_overdue(practice: Practice, *lines: InvoiceLine, days: int = 10, **fields: Any) -> Invoice:
    """Issued a while ago, and due so many days ago."""
    long_ago = timezone.now() - timedelta(days=days + 30)
    return make_issued(practice, *lines, at=long_ago, due_in=-days, **fields)
