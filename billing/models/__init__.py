from billing.models.invoices import DUE_AFTER, Invoice, NotReady
from billing.models.lines import InvoiceLine
from billing.models.numbering import InvoiceCounter

__all__ = ["DUE_AFTER", "Invoice", "InvoiceCounter", "InvoiceLine", "NotReady"]
