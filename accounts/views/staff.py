"""Staff: who works here, what each may do, and whom each serves. For organization admins."""

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, staff_page
from accounts.forms.staff import StaffForm, StaffInvitationForm
from accounts.models import Client, Login
from accounts.views.clients import FIELDS
from accounts.views.warnings import warn_about_phone
from pages.forms import posted
from pages.lists import listing
from pages.tabs import tabs


@staff_page(needs="is_organization_admin")
@require_safe
def staff_list(request: MemberRequest) -> HttpResponse:
    state = tabs(request, "state", {"active": _("Active"), "inactive": _("Inactive")})
    in_care = Count("links", filter=Q(links__client__active_since__isnull=False))
    found = Login.objects.staff().select_related("user").annotate(served=in_care).order_by("name", "pk")
    found = found.active() if state.chosen == "active" else found.inactive()
    listed = listing(request, found, search=("name", "user__email"))
    context = {"listing": listed, "state": state, "kept": {"state": state.chosen}}
    return render(request, "accounts/staff_list.html", context)


@staff_page(needs="is_organization_admin")
@require_http_methods(["GET", "HEAD", "POST"])
def staff_invite(request: MemberRequest) -> HttpResponse:
    form = StaffInvitationForm(posted(request), by=request.login, features=request.features)
    if form.is_valid() and (login := form.invite()):
        messages.success(
            request,
            _("%(name)s is invited. The invitation is on its way to %(email)s.")
            % {"name": login.name, "email": login.user.email},
        )
        warn_about_phone(request, login, if_changed=form)
        return redirect("staff_member", login.pk)
    return render(request, "accounts/staff_invite.html", {"form": form})


@staff_page(needs="is_organization_admin")
@require_http_methods(["GET", "HEAD", "POST"])
def staff_member(request: MemberRequest, pk: int) -> HttpResponse:
    """Details and permissions as a form, and beside it whom they serve and whether they have come."""
    shown = get_object_or_404(Login.objects.staff().select_related("user"), pk=pk)
    name = shown.name
    form = StaffForm(posted(request), instance=shown, by=request.login, features=request.features)
    if form.is_valid() and form.change():
        messages.success(request, _("The details of %(name)s are saved.") % {"name": shown.name})
        warn_about_phone(request, shown, if_changed=form)
        return redirect("staff_member", pk)
    clients = Client.objects.active().linked_to(shown) if request.login.is_user_admin else None
    context = {"form": form, "shown": shown, "name": name, "clients": clients}
    return render(request, "accounts/staff_member.html", context)


@staff_page(needs="is_user_admin")
@require_safe
def staff_clients(request: MemberRequest, pk: int) -> HttpResponse:
    """Whom somebody serves, and the clients to choose from. Links are a user admin's to change."""
    shown = get_object_or_404(Login.objects.staff(), pk=pk)
    serving = set(Client.objects.linked_to(shown).values_list("pk", flat=True))
    choice = tabs(request, "show", {"all": _("All clients"), "served": _("Served by them")})
    found = Client.objects.visible_to(request.login).active()
    if choice.chosen == "served":
        found = found.linked_to(shown)
    listed = listing(request, found, search=FIELDS, per_page=25)
    context = {"shown": shown, "listing": listed, "serving": serving, "choice": choice}
    context["kept"] = {"show": choice.chosen}
    return render(request, "accounts/staff_clients.html", context)


@staff_page(needs="is_user_admin")
@require_POST
def staff_serve(request: MemberRequest, pk: int, client_pk: int) -> HttpResponse:
    """Link a client and somebody who works here; with "unlink" take them apart."""
    shown = get_object_or_404(Login.objects.staff(), pk=pk)
    client = get_object_or_404(Client.objects.visible_to(request.login), pk=client_pk)
    names = {"staff": shown.name, "client": client.name}
    if "unlink" in request.POST:
        shown.unlink(client)
        messages.success(request, _("%(staff)s no longer serves %(client)s.") % names)
    else:
        shown.link(client)
        messages.success(request, _("%(staff)s serves %(client)s now.") % names)
    return redirect("staff_clients", pk)
