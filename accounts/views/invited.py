"""The way of a client login: invited, perhaps at a wrong address, activated, deactivated, reactivated."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import invitations
from accounts.access import MemberRequest, staff_page
from accounts.forms.invitations import AddressForm
from accounts.models import Login
from pages.confirm import ask
from pages.forms import posted


@staff_page()
@require_POST
def login_resend(request: MemberRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(Login.objects.visible_to(request.login).select_related("user", "organization"), pk=pk)
    resend(request, shown)
    return redirect("login", pk)


@staff_page()
@require_http_methods(["GET", "HEAD", "POST"])
def login_email(request: MemberRequest, pk: int) -> HttpResponse:
    """Correct the address while nobody has accepted the invitation (S4)."""
    shown = managed(request, pk)
    if shown.activated_at:
        raise PermissionDenied
    form = AddressForm(posted(request), initial={"email": shown.user.email})
    if form.is_valid() and form.correct(shown, by=request.login):
        say_where_it_went(request, shown)
        return redirect("login", pk)
    return render(request, "accounts/login_email.html", {"form": form, "shown": shown})


@staff_page()
@require_http_methods(["GET", "HEAD", "POST"])
def login_deactivate(request: MemberRequest, pk: int) -> HttpResponse:
    shown = managed(request, pk)
    if request.method != "POST":
        return ask(
            request,
            question=_("Deactivate the login of %(name)s?") % {"name": shown.name},
            consequence=_(
                "They cannot sign in here any more and are told nothing. What they chose to be told is kept for when "
                "they are reactivated."
            ),
            yes=_("Deactivate"),
            back=reverse("login", args=[pk]),
        )
    if shown.deactivate():
        messages.success(request, _("%(name)s is deactivated.") % {"name": shown.name})
    return redirect("login", pk)


@staff_page()
@require_http_methods(["GET", "HEAD", "POST"])
def login_reactivate(request: MemberRequest, pk: int) -> HttpResponse:
    shown = managed(request, pk)
    if request.method != "POST":
        return ask(
            request,
            question=_("Reactivate the login of %(name)s?") % {"name": shown.name},
            consequence=_("From now on they can sign in again and are told what they chose to be told."),
            yes=_("Reactivate"),
            back=reverse("login", args=[pk]),
            danger=False,
        )
    if shown.reactivate():
        messages.success(request, _("%(name)s is active again.") % {"name": shown.name})
    return redirect("login", pk)


def managed(request: MemberRequest, pk: int) -> Login:
    """A client login that the visitor may close and readdress; 404 for one they do not see, 403 if they only see it."""
    shown = get_object_or_404(Login.objects.visible_to(request.login).select_related("user", "organization"), pk=pk)
    if not shown.is_managed_by(request.login):
        raise PermissionDenied
    return shown


def resend(request: MemberRequest, login: Login) -> None:
    """Send the invitation again, and say so, or say why not."""
    try:
        invitations.send_activation(login, by=request.login)
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    else:
        say_where_it_went(request, login)


def say_where_it_went(request: MemberRequest, login: Login) -> None:
    messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": login.user.email})
