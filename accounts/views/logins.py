"""Logins for Clients: who signs in for which client (P4).

Staff see and edit the logins of the clients they serve; a user admin has "Show all". Of the clients of a login staff
see only those whom they may see.
"""

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import phones
from accounts.access import MemberRequest, staff_page
from accounts.forms.base import PersonForm
from accounts.models import Client, ClientLink, Login
from accounts.panels import hints_for
from accounts.picking import pick_client, picked_client
from accounts.texting import phone_warning, sharing_warning
from accounts.views.clients import FIELDS
from accounts.views.warnings import warn_about_phone
from accounts.views.whose import whose
from pages.forms import posted
from pages.lists import listing
from pages.tabs import tabs

SEARCHED = ("name", "user__email", "phone")


@staff_page()
@require_safe
def login_list(request: MemberRequest) -> HttpResponse:
    mine = whose(request, Client.objects.linked_to(request.login))
    found = Login.objects.visible_to(request.login)
    if mine and mine.chosen == "mine":
        found = found.linked_like(request.login)
    state = tabs(request, "state", {"active": _("Active"), "waiting": _("Not activated"), "inactive": _("Inactive")})
    found = {"active": found.active, "waiting": found.waiting, "inactive": found.inactive}[state.chosen]()
    links = ClientLink.objects.filter(client__in=Client.objects.visible_to(request.login)).select_related("client")
    shown = Prefetch("links", links.order_by("client__first_name", "client__last_name"), to_attr="shown_links")
    found = found.select_related("user", "organization").prefetch_related(shown)
    listed = listing(request, found, search=SEARCHED, sought=phones.for_search)
    hints = hints_for(request, listed.rows)
    context = {
        "listing": listed,
        "rows": [(login, hints[login.pk]) for login in listed.rows],
        "whose": mine,
        "state": state,
        "kept": {"state": state.chosen, **({"show": mine.chosen} if mine else {})},
    }
    return render(request, "accounts/login_list.html", context)


@staff_page()
@require_safe
def login_invite(request: MemberRequest) -> HttpResponse:
    """First whom they sign in for; the person is asked for on that client's own page."""
    client = picked_client(request)
    if client is None:
        return pick_client(request, question=_("Whom will they sign in for?"), back=reverse("login_list"))
    return redirect("client_people", client.pk)


@staff_page()
@require_safe
def login(request: MemberRequest, pk: int) -> HttpResponse:
    logins = Login.objects.visible_to(request.login).select_related("user", "organization")
    shown = get_object_or_404(logins, pk=pk)
    context = {
        "shown": shown,
        "clients": Client.objects.visible_to(request.login).filter(links__login=shown),
        "is_managed": shown.is_managed_by(request.login),
        "phone_warning": phone_warning(shown.phone, request.login.organization),
        "sharing_warning": sharing_warning(shown, request.login),
    }
    return render(request, "accounts/login.html", context)


@staff_page()
@require_http_methods(["GET", "HEAD", "POST"])
def login_edit(request: MemberRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(Login.objects.visible_to(request.login), pk=pk)
    name = shown.name
    form = PersonForm(posted(request), instance=shown, organization=request.login.organization)
    if form.is_valid():
        form.save()
        messages.success(request, _("The details of %(name)s are saved.") % {"name": shown.name})
        warn_about_phone(request, shown, if_changed=form)
        return redirect("login", pk)
    return render(request, "accounts/login_edit.html", {"form": form, "shown": shown, "name": name})


@staff_page()
@require_safe
def login_clients(request: MemberRequest, pk: int) -> HttpResponse:
    """Find a client to link this login to; the button beside each posts to `accounts.views.family.link`."""
    shown = get_object_or_404(Login.objects.visible_to(request.login), pk=pk)
    found = Client.objects.visible_to(request.login).active().exclude(links__login=shown)
    listed = listing(request, found, search=FIELDS, per_page=20)
    return render(request, "accounts/login_clients.html", {"shown": shown, "listing": listed})
