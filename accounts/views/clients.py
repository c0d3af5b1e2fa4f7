"""Clients: the list, adding one, the page of one, its details.

Who may do what: staff see and edit the clients they serve, a user admin every client. Only a user admin adds,
discharges or readmits clients, or changes which staff serve them (S3).
"""

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MemberRequest, staff_page
from accounts.forms.clients import ClientForm, NewClientForm
from accounts.models import Client, ClientLink, Role
from accounts.panels import hints_for
from accounts.views.whose import whose
from pages.forms import posted
from pages.lists import listing
from pages.tabs import tabs

FIELDS = ("first_name", "last_name")


@staff_page()
@require_safe
def client_list(request: MemberRequest) -> HttpResponse:
    mine = whose(request, Client.objects.linked_to(request.login))
    found = Client.objects.visible_to(request.login)
    if mine and mine.chosen == "mine":
        found = found.linked_to(request.login)
    care = tabs(request, "care", {"active": _("In care"), "discharged": _("Discharged"), "any": _("Both")})
    if care.chosen != "any":
        found = found.active() if care.chosen == "active" else found.discharged()
    links = ClientLink.objects.filter(login__active_since__isnull=False).select_related("login").order_by("login__name")
    people = (
        Prefetch("links", links.filter(login__role=Role.CLIENT), to_attr="family"),
        Prefetch("links", links.filter(login__role=Role.STAFF), to_attr="team"),
    )
    listed = listing(request, found.prefetch_related(*people), search=FIELDS)
    kept = {"care": care.chosen, **({"show": mine.chosen} if mine else {})}
    context = {"listing": listed, "whose": mine, "care": care, "kept": kept}
    return render(request, "accounts/client_list.html", context)


@staff_page(needs="is_user_admin")
@require_http_methods(["GET", "HEAD", "POST"])
def client_add(request: MemberRequest) -> HttpResponse:
    """The first of two steps; the second asks who signs in for the client (`accounts.views.family`)."""
    form = NewClientForm(posted(request), organization=request.login.organization)
    if form.is_valid():
        client = form.save()
        messages.success(request, _("%(name)s is added.") % {"name": client.name})
        return redirect("client_people", client.pk)
    return render(request, "accounts/client_add.html", {"form": form})


@staff_page()
@require_safe
def client(request: MemberRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(Client.objects.visible_to(request.login).select_related("organization"), pk=pk)
    logins = list(shown.logins.select_related("user", "organization"))
    family = [login for login in logins if login.is_of_client]
    hints = hints_for(request, family)
    context = {
        "client": shown,
        "family": [(login, hints[login.pk]) for login in family],
        "team": [login for login in logins if not login.is_of_client and login.active_since],
    }
    return render(request, "accounts/client.html", context)


@staff_page()
@require_http_methods(["GET", "HEAD", "POST"])
def client_edit(request: MemberRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(Client.objects.visible_to(request.login), pk=pk)
    name = shown.name
    form = ClientForm(posted(request), instance=shown, organization=request.login.organization)
    if form.is_valid():
        form.save()
        messages.success(request, _("The details of %(name)s are saved.") % {"name": shown.name})
        return redirect("client", pk)
    return render(request, "accounts/client_edit.html", {"form": form, "client": shown, "name": name})
