"""Staff write invoices: for whom, and what is on them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, staff_page
from accounts.features import Feature
from accounts.models import Client
from billing.currencies import currency_of
from billing.forms import Writing
from billing.models import Invoice
from billing.views.reading import visible_invoice
from pages.lists import listing


@staff_page(feature=Feature.INVOICES)
@require_http_methods(["GET", "HEAD", "POST"])
def invoice_new(request: MemberRequest) -> HttpResponse:
    """First for whom, by a list that is searched; then what, with the client in the address."""
    clients = Client.objects.visible_to(request.login)
    chosen = request.GET.get("client", "")
    if not chosen:
        found = listing(request, clients.active(), search=("first_name", "last_name"), per_page=20)
        return render(request, "billing/invoice_for.html", {"listing": found})
    client = get_object_or_404(clients, pk=chosen if chosen.isdecimal() and len(chosen) < 19 else None)
    currency = currency_of(str(request.login.organization.country))
    writing = Writing(currency=currency, data=request.POST if request.method == "POST" else None)
    if writing.saves and writing.is_valid():
        draft = Invoice.draft(client=client, by=request.login, **writing.result())
        messages.success(request, _("The draft is saved. Nobody is told before you issue it."))
        return redirect("invoice", draft.pk)
    return render(request, "billing/invoice_form.html", {"writing": writing, "client": client})


@staff_page(feature=Feature.INVOICES)
@require_http_methods(["GET", "HEAD", "POST"])
def invoice_edit(request: MemberRequest, pk: int) -> HttpResponse:
    invoice = visible_invoice(request, pk)
    if not invoice.is_editable:
        messages.warning(request, _("It is paid or void, and stays as it is."))
        return redirect("invoice", pk)
    data = request.POST if request.method == "POST" else None
    writing = Writing(currency=invoice.currency, invoice=invoice, data=data)
    if writing.saves and writing.is_valid():
        if invoice.rewrite(**writing.result()):
            messages.success(request, _("The invoice is saved. Nobody is told of the change."))
        else:
            messages.warning(request, _("Meanwhile it was paid or voided; nothing was changed."))
        return redirect("invoice", pk)
    return render(
        request, "billing/invoice_form.html", {"writing": writing, "client": invoice.client, "invoice": invoice}
    )
