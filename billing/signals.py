"""Issuing tells the families, payment tells the staff.

On the verbs' own signals rather than on `post_save`: saving an invoice again says nothing new, and a login that was
linked after it was issued must not hear of it because somebody mended a typing error.
"""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from billing.events import invoice_issued, invoice_paid
from billing.models import Invoice
from billing.notifications import InvoiceIssued, InvoicePaid
from notifications.notify import notify


@receiver(invoice_issued, sender=Invoice, dispatch_uid="invoice.issued")
def tell_families(invoice: Invoice, at: datetime, **kwargs: Any) -> None:
    notify(InvoiceIssued, invoice, at=at)


@receiver(invoice_paid, sender=Invoice, dispatch_uid="invoice.paid")
def tell_staff(invoice: Invoice, at: datetime, **kwargs: Any) -> None:
    notify(InvoicePaid, invoice, at=at)
