"""Staff write invoices: for whom, and what is on them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, staff_page
from accounts.features import Feature
from accounts.models import Client
from accounts.picking import pick_client, picked_client
from billing.currencies import currency_of
from billing.editions import ChangedMeanwhile
from billing.forms import Writing
from billing.models import Invoice
from billing.views.reading import visible_invoice


@staff_page(feature=Feature.INVOICES)
@require_http_methods(["GET", "HEAD", "POST"])
def invoice_new(request: MemberRequest) -> HttpResponse:
    """First for whom, then what. Of all visible clients: the last invoice is often written after a discharge."""
    client = picked_client(request, among=Client.objects.visible_to(request.login))
    if client is None:
        return pick_client(request, question=_("Who is the invoice for?"), back=reverse("invoice_list"))
    currency = currency_of(str(request.login.organization.country))
    writing = Writing(currency=currency, data=request.POST if request.method == "POST" else None)
    if writing.saves and writing.is_valid():
        draft = Invoice.draft(client=client, by=request.login, form_id=writing.form_id, **writing.result())
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
        try:
            if invoice.rewrite(**writing.result(), seen=writing.seen):
                messages.success(request, _("The invoice is saved. Nobody is told of the change."))
            else:
                messages.warning(request, _("Meanwhile it was paid or voided; nothing was changed."))
            return redirect("invoice", pk)
        except ChangedMeanwhile:
            writing.ask_again(invoice)
    return render(
        request, "billing/invoice_form.html", {"writing": writing, "client": invoice.client, "invoice": invoice}
    )
