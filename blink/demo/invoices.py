"""Invoices of the demo: of the past, as they stand today; and one that is issued as the demo begins."""

from datetime import timedelta
from decimal import Decimal

from accounts.models import Client, Login
from billing.models import Invoice, InvoiceCounter, InvoiceLine
from blink.demo.building import DAY, Builder

Charge = tuple[str, str, str] | tuple[str, str, str, str]
"""Description, quantity and price, and the tax rate in percent where there is one."""


def draft(practice: Builder, client: Client, by: Login, *charges: Charge, note: str = "", due_in: int = 30) -> Invoice:
    """One that nobody but staff sees."""
    today = practice.now.astimezone(practice.organization.zone).date()
    lines = [
        InvoiceLine(
            description=charge[0],
            quantity=Decimal(charge[1]),
            unit_price=Decimal(charge[2]),
            tax_rate=Decimal(charge[3] if len(charge) == 4 else 0),
        )
        for charge in charges
    ]
    for line in lines:
        line.clean_fields(exclude={"organization", "invoice", "position"})
    return Invoice.draft(client=client, by=by, due_on=today + timedelta(days=due_in), note=note, lines=lines)


def billed(
    practice: Builder,
    client: Client,
    by: Login,
    *charges: Charge,
    ago: int,
    paid_after: int | None = None,
    void: bool = False,
    note: str = "",
) -> Invoice:
    """One issued so many days ago and due 30 days after; paid some days later, or void the next day.

    Set down as it stands rather than by its verbs, which would tell people today of what is long past. Call it for
    the oldest first, for the numbers' sake.
    """
    invoice = draft(practice, client, by, *charges, note=note, due_in=30 - ago)
    at = practice.now - ago * DAY
    invoice.number = InvoiceCounter.next_of(practice.organization.pk)
    invoice.status = Invoice.Status.ISSUED
    invoice.created_at = invoice.issued_at = at
    invoice.issued_on, invoice.issued_by = at.astimezone(practice.organization.zone).date(), by
    if paid_after is not None:
        invoice.status, invoice.paid_by = Invoice.Status.PAID, by
        invoice.paid_at = at + paid_after * DAY
        invoice.paid_on = invoice.paid_at.astimezone(practice.organization.zone).date()
    if void:
        invoice.status, invoice.voided_at, invoice.voided_by = Invoice.Status.VOID, at + DAY, by
    invoice.clean_fields(exclude={"organization", "client", "created_by", "issued_by", "paid_by", "voided_by"})
    invoice.save()
    return invoice
