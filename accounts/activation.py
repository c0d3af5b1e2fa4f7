"""The page behind the link of an invitation."""

from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.forms import FirstPasswordForm
from accounts.invitations import Invitation, by_token
from accounts.middleware import CHOSEN


@never_cache
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def activate(request: HttpRequest, token: str) -> HttpResponse:
    """Accept an invitation: with a first password, or signed in as the one who is invited. A GET accepts nothing."""
    invitation = by_token(token)
    if invitation is None:
        return render(request, "accounts/activation_gone.html", status=404)
    if invitation.is_accepted:
        return _accepted_before(request, invitation)
    if request.user.is_authenticated and request.user != invitation.login.user:
        return render(request, "accounts/activation_other.html", {"invitation": invitation})
    if invitation.needs_password:
        return _with_first_password(request, invitation)
    if not request.user.is_authenticated:
        return render(request, "accounts/activation_sign_in.html", {"invitation": invitation})
    if request.method == "POST":
        invitation.accept()
        return _welcome(request, invitation, redirect("home"))
    return render(request, "accounts/activation_accept.html", {"invitation": invitation})


def _with_first_password(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    form = FirstPasswordForm(request.POST or None, user=invitation.login.user)
    if request.method == "POST" and form.is_valid():
        if not invitation.accept(password=form.cleaned_data["password1"]):
            return _accepted_before(request, invitation)
        invitation.login.user.refresh_from_db()
        response = perform_login(request, invitation.login.user, redirect_url=reverse("home"))
        return _welcome(request, invitation, response)
    return render(request, "accounts/activation_password.html", {"invitation": invitation, "form": form})


def _welcome(request: HttpRequest, invitation: Invitation, response: HttpResponse) -> HttpResponse:
    request.session[CHOSEN] = invitation.login.pk
    messages.success(request, _("Welcome to %(practice)s.") % {"practice": invitation.login.organization.name})
    return response


def _accepted_before(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """The link has done its work: on to where it led, by the usual way in."""
    where = reverse("at_home", args=[invitation.login.organization.slug])
    if request.user.is_authenticated:
        return redirect(where)
    messages.info(request, _("This link has been used. Sign in with your password."))
    return redirect_to_login(where, reverse("account_login"))
