"""What staff do with an invoice: issue it, note a payment, void it, delete a draft. Each asks first (W2)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, staff_page
from accounts.features import Feature
from billing.forms import PaidForm
from billing.models import Invoice, NotReady
from billing.telling import foretell
from billing.views.reading import visible_invoice
from pages.confirm import ask

asks_and_acts = require_http_methods(["GET", "HEAD", "POST"])


@staff_page(feature=Feature.INVOICES)
@asks_and_acts
def invoice_issue(request: MemberRequest, pk: int) -> HttpResponse:
    """Says who will be told before anybody is (N2)."""
    invoice = visible_invoice(request, pk)
    if not invoice.is_draft:
        return _overtaken(request, invoice)
    overtaken = request.method == "POST" and request.POST.get("seen", invoice.edition) != invoice.edition
    if overtaken:
        messages.warning(request, _("This invoice was changed meanwhile. Look at it before you issue it."))
    if overtaken or request.method != "POST":
        return render(request, "billing/issue.html", {"invoice": invoice, "foretold": foretell(invoice)})
    try:
        issued = invoice.issue(by=request.login)
    except NotReady:
        messages.error(request, _("It needs a line and a due date that is not past. Then it can be issued."))
        return redirect("invoice_edit", pk)
    if not issued:
        return _overtaken(request, invoice)
    messages.success(request, _("Invoice %(number)s is issued.") % {"number": invoice.label})
    return redirect("invoice", pk)


@staff_page(feature=Feature.INVOICES)
@asks_and_acts
def invoice_paid(request: MemberRequest, pk: int) -> HttpResponse:
    invoice = visible_invoice(request, pk)
    if not invoice.is_unpaid:
        return _overtaken(request, invoice)
    form = PaidForm(request.POST or None, initial={"paid_on": timezone.localdate()})
    if request.method != "POST" or not form.is_valid():
        return render(request, "billing/paid.html", {"invoice": invoice, "form": form})
    if not invoice.mark_paid(on=form.cleaned_data["paid_on"], by=request.login):
        return _overtaken(request, invoice)
    messages.success(request, _("Invoice %(number)s is marked as paid.") % {"number": invoice.label})
    return redirect("invoice", pk)


@staff_page(feature=Feature.INVOICES)
@asks_and_acts
def invoice_unpaid(request: MemberRequest, pk: int) -> HttpResponse:
    invoice = visible_invoice(request, pk)
    if not invoice.is_paid:
        return _overtaken(request, invoice)
    if request.method != "POST":
        return ask(
            request,
            question=_("Was invoice %(number)s not paid after all?") % {"number": invoice.label},
            consequence=_("It will be shown as unpaid again, to the family too. Nobody is told."),
            yes=_("Mark as unpaid"),
            back=_address(invoice),
        )
    if not invoice.take_back_payment():
        return _overtaken(request, invoice)
    messages.success(request, _("Invoice %(number)s is unpaid again.") % {"number": invoice.label})
    return redirect("invoice", pk)


@staff_page(feature=Feature.INVOICES)
@asks_and_acts
def invoice_void(request: MemberRequest, pk: int) -> HttpResponse:
    invoice = visible_invoice(request, pk)
    if not invoice.is_unpaid:
        return _overtaken(request, invoice)
    if request.method != "POST":
        return ask(
            request,
            question=_("Void invoice %(number)s?") % {"number": invoice.label},
            consequence=_("Nobody owes it any more. It keeps its number, the family sees it as void, and it stays so."),
            yes=_("Void this invoice"),
            back=_address(invoice),
        )
    if not invoice.void(by=request.login):
        return _overtaken(request, invoice)
    messages.success(request, _("Invoice %(number)s is void.") % {"number": invoice.label})
    return redirect("invoice", pk)


@staff_page(feature=Feature.INVOICES)
@asks_and_acts
def invoice_delete(request: MemberRequest, pk: int) -> HttpResponse:
    invoice = visible_invoice(request, pk)
    if not invoice.is_draft:
        return _overtaken(request, invoice)
    if request.method != "POST":
        return ask(
            request,
            question=_("Delete this draft for %(client)s?") % {"client": invoice.client},
            consequence=_("It is gone for good. Nobody but staff has seen it."),
            yes=_("Delete the draft"),
            back=_address(invoice),
        )
    if not invoice.discard():
        return _overtaken(request, invoice)
    messages.success(request, _("The draft is deleted."))
    return redirect("invoice_list")


def _address(invoice: Invoice) -> str:
    return reverse("invoice", args=[invoice.pk])


def _overtaken(request: MemberRequest, invoice: Invoice) -> HttpResponse:
    """Somebody else was first, or the address was kept from before: say so, and show it as it is now."""
    messages.warning(request, _("That cannot be done with this invoice as it is now."))
    return redirect("invoice", invoice.pk)
