"""Families read their invoices."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, family_page
from accounts.features import Feature
from billing.models import Invoice
from billing.paper import Paper
from billing.views.reading import as_pdf, printed, visible_invoice
from pages.lists import listing


@family_page(feature=Feature.INVOICES)
@require_safe
def my_invoice_list(request: MemberRequest) -> HttpResponse:
    visible = Invoice.objects.visible_to(request.login)
    found = visible.with_written().select_related("client").unpaid_first()
    context = {
        "listing": listing(request, found, search=("client__first_name", "client__last_name", "written"), per_page=25),
        "owed": visible.owed(timezone.localdate()),
    }
    return render(request, "billing/my_invoice_list.html", context)


@family_page(feature=Feature.INVOICES)
@require_safe
def my_invoice(request: MemberRequest, pk: int) -> HttpResponse:
    found = visible_invoice(request, pk)
    return render(request, "billing/my_invoice.html", {"invoice": found, "paper": Paper(found)})


@family_page(feature=Feature.INVOICES)
@require_safe
def my_invoice_print(request: MemberRequest, pk: int) -> HttpResponse:
    return printed(request, visible_invoice(request, pk), back="my_invoice")


@family_page(feature=Feature.INVOICES)
@require_safe
def my_invoice_pdf(request: MemberRequest, pk: int) -> HttpResponse:
    return as_pdf(visible_invoice(request, pk))
