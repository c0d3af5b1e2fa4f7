"""Who signs in for a client: the client themselves, mom and dad, somebody who has a login here already, or nobody.

Staff who serve the client invite and link people; whom they can link are the logins they see.
"""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import phones
from accounts.access import MemberRequest, staff_page
from accounts.forms.invitations import InvitationForm
from accounts.models import Client, Login
from accounts.views.warnings import warn_about_phone
from pages.confirm import ask
from pages.forms import posted
from pages.lists import listing

NAME = 120  # characters of a login's name; a client's two can be longer


@staff_page()
@require_http_methods(["GET", "HEAD", "POST"])
def client_people(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask who; "?who=" is the answer: "client", "carer" (a new person), or "existing". One person after another."""
    client = get_object_or_404(Client.objects.visible_to(request.login), pk=pk)
    who = request.GET.get("who", "")
    if who in ("client", "carer"):
        return _invite(request, client, is_client=who == "client")
    if who == "existing" and request.method != "POST":
        return _choose(request, client)
    if request.method == "POST":
        return redirect("client_people", pk)
    people = client.logins.clients().select_related("user")
    return render(request, "accounts/client_people.html", {"client": client, "people": people})


def _invite(request: MemberRequest, client: Client, *, is_client: bool) -> HttpResponse:
    initial = {"name": client.name[:NAME]} if is_client else {}
    form = InvitationForm(posted(request), by=request.login, initial=initial)
    if form.is_valid() and (login := form.invite([client])):
        messages.success(
            request,
            _("%(name)s is invited. The invitation is on its way to %(email)s.")
            % {"name": login.name, "email": login.user.email},
        )
        warn_about_phone(request, login, if_changed=form)
        return redirect("client_people", client.pk)
    context = {"client": client, "form": form, "is_client": is_client}
    return render(request, "accounts/client_invite.html", context)


def _choose(request: MemberRequest, client: Client) -> HttpResponse:
    found = Login.objects.visible_to(request.login).active().exclude(links__client=client).select_related("user")
    listed = listing(request, found, search=("name", "user__email", "phone"), per_page=20, sought=phones.for_search)
    return render(
        request,
        "accounts/client_existing.html",
        {"client": client, "listing": listed, "kept": {"who": "existing"}},
    )


@staff_page()
@require_POST
def link(request: MemberRequest, pk: int, login_pk: int) -> HttpResponse:
    """Link a client and a client login. With "back=login" the page of the login follows, else that of the client."""
    client = get_object_or_404(Client.objects.visible_to(request.login), pk=pk)
    login = get_object_or_404(Login.objects.visible_to(request.login), pk=login_pk)
    login.link(client)
    messages.success(request, _("%(login)s signs in for %(client)s now.") % {"login": login, "client": client})
    return redirect(_back(request, client, login, "client_people"))


@staff_page()
@require_http_methods(["GET", "HEAD", "POST"])
def unlink(request: MemberRequest, pk: int, login_pk: int) -> HttpResponse:
    """Take a client login and a client apart, having asked."""
    client = get_object_or_404(Client.objects.visible_to(request.login), pk=pk)
    login = get_object_or_404(Login.objects.visible_to(request.login).filter(links__client=client), pk=login_pk)
    names = {"login": login.name, "client": client.name}
    if request.method != "POST":
        return ask(
            request,
            question=_("Should %(login)s no longer sign in for %(client)s?") % names,
            consequence=_("%(login)s is no longer told anything about %(client)s, and sees nothing of them.") % names,
            yes=_("Unlink"),
            back=_back(request, client, login, "client"),
        )
    login.unlink(client)
    messages.success(request, _("%(login)s no longer signs in for %(client)s.") % names)
    return redirect(_back(request, client, login, "client"))


def _back(request: MemberRequest, client: Client, login: Login, otherwise: str) -> str:
    # Whoever unlinked the last client they share no longer sees the login.
    wanted = "login" in (request.GET.get("back"), request.POST.get("back"))
    if wanted and Login.objects.visible_to(request.login).filter(pk=login.pk).exists():
        return reverse("login", args=[login.pk])
    return reverse(otherwise, args=[client.pk])
