"""Staff read invoices: the list, one of them, on paper."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, staff_page
from accounts.features import Feature
from billing.models import Invoice
from billing.models.invoices import InvoiceQuerySet
from billing.paper import Paper
from billing.pdf import pdf_of
from billing.telling import told_of
from pages.lists import listing

WANTED = ("unpaid", "overdue", "draft", "paid", "void")
"""What the list can be narrowed to, in `?status=`."""


@staff_page(feature=Feature.INVOICES)
@require_safe
def invoice_list(request: MemberRequest) -> HttpResponse:
    visible = Invoice.objects.visible_to(request.login)
    asked = request.GET.get("status", "")
    wanted = asked if asked in WANTED else ""
    found = narrowed(visible.with_written().select_related("client"), wanted)
    context = {
        "listing": listing(request, found, search=("client__first_name", "client__last_name", "written")),
        "owed": visible.owed(timezone.localdate()),
        "wanted": wanted,
        "kept": {"status": wanted} if wanted else {},
    }
    return render(request, "billing/invoice_list.html", context)


def narrowed(invoices: InvoiceQuerySet, wanted: str) -> InvoiceQuerySet:
    """The newest first; unpaid ones in the order in which they fall due."""
    if wanted == "overdue":
        return invoices.overdue(timezone.localdate()).order_by("due_on", "pk")
    if wanted == "unpaid":
        return invoices.unpaid().order_by("due_on", "pk")
    return (invoices.filter(status=wanted) if wanted else invoices).order_by("-pk")


def visible_invoice(request: MemberRequest, pk: int) -> Invoice:
    """This invoice with what its paper needs, or 404 for whoever may not see it (S1, S3)."""
    visible = Invoice.objects.visible_to(request.login).select_related(
        "client", "organization", "created_by", "issued_by", "paid_by", "voided_by"
    )
    return get_object_or_404(visible, pk=pk)


@staff_page(feature=Feature.INVOICES)
@require_safe
def invoice(request: MemberRequest, pk: int) -> HttpResponse:
    found = visible_invoice(request, pk)
    context = {"invoice": found, "paper": Paper(found), "told": told_of(found)}
    return render(request, "billing/invoice.html", context)


@staff_page(feature=Feature.INVOICES)
@require_safe
def invoice_print(request: MemberRequest, pk: int) -> HttpResponse:
    return printed(request, visible_invoice(request, pk), back="invoice")


@staff_page(feature=Feature.INVOICES)
@require_safe
def invoice_pdf(request: MemberRequest, pk: int) -> HttpResponse:
    return as_pdf(visible_invoice(request, pk))


def printed(request: HttpRequest, found: Invoice, *, back: str) -> HttpResponse:
    """Nothing but the paper; `back` names the page that it came from."""
    return render(request, "billing/print.html", {"invoice": found, "paper": Paper(found), "back": back})


def as_pdf(found: Invoice) -> HttpResponse:
    """The PDF, shown in the browser, under a name that says which one it is."""
    name = f"invoice-{found.label}.pdf" if found.label else "invoice-draft.pdf"
    response = HttpResponse(pdf_of(Paper(found)), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}"'
    return response
