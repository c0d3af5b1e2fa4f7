"""First whom it is about, then the thing itself: staff pick a client by search before they fill in a form.

    @staff_page(feature=Feature.INVOICES)
    @require_http_methods(["GET", "POST"])
    def add_invoice(request: MemberRequest) -> HttpResponse:
        client = picked_client(request)
        if client is None:
            return pick_client(request, question=_("Whose invoice is it?"), back=reverse("invoice_list"))
        ...

A list of 5,000 names is no choice of a form, and this works without JavaScript: each name found leads to the same
address with `?client=<id>`.
"""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.functional import Promise

from accounts.access import MemberRequest
from accounts.models import Client
from accounts.models.people import ClientQuerySet
from pages.lists import listing


def picked_client(request: MemberRequest, among: ClientQuerySet | None = None) -> Client | None:
    """The client of `?client=`, None where none is named. Raises Http404 for one who may not be picked.

    `among` are those who may be: by default the visitor's active ones.
    """
    pk = request.GET.get("client", "")
    if not pk:
        return None
    if not pk.isdecimal() or len(pk) > 18:
        raise Http404
    return get_object_or_404(_active(request, among), pk=pk)


def pick_client(
    request: MemberRequest, *, question: str | Promise, back: str, among: ClientQuerySet | None = None
) -> HttpResponse:
    """The page that asks whom it is about; what else stands in the address is kept."""
    found = listing(request, _active(request, among), search=("first_name", "last_name"), per_page=25)
    kept = {name: value for name, value in request.GET.items() if name not in ("q", "page", "client")}
    rest = request.GET.copy()
    for name in ("q", "page", "client"):
        rest.pop(name, None)
    return render(
        request,
        "accounts/pick_client.html",
        {"question": question, "back": back, "listing": found, "kept": kept, "rest": rest.urlencode()},
    )


def _active(request: MemberRequest, among: ClientQuerySet | None) -> ClientQuerySet:
    return Client.objects.visible_to(request.login).active() if among is None else among
