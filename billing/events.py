"""What happened to an invoice. Sent by its verbs alone, once, in the transaction that made it so.

Each is sent with `sender=Invoice`, `invoice` as it is now, and `at`, the moment in UTC.
"""

from django.dispatch import Signal

invoice_issued = Signal()
"""A draft became an invoice with a number. Never sent for an edit of one that was issued before (N2)."""

invoice_paid = Signal()
"""Staff noted that it was paid; `invoice.paid_by` is who."""
