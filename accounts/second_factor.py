"""Practices that want a second factor of their staff get it (S5)."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.models import Login, Role, User

# Where it is set up, and the ways out: another practice, signing out.
OPEN = ("/account/", "/switch/", "/at/")
# What lies below /account/ and speaks of the practice's clients: what one was told about them.
CLOSED = ("/account/", "/account/notifications/", "/account/preferences/")
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)  # recovery codes are none by themselves


def ask_staff_for_second_factor(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[Any], HttpResponse]:
    """Lead staff who need a second factor and have none to where it is set up; they get no further without.

    One query, and only for staff of practices that ask for it.
    """

    def handle(request: Any) -> HttpResponse:
        login: Login | None = getattr(request, "login", None)
        is_open = request.path.startswith(OPEN) and request.path not in CLOSED
        if login is None or is_open or not is_missing(login, request.user):
            return get_response(request)
        messages.warning(
            request,
            _("%(practice)s wants its staff to sign in with a second factor. Set up an app or a passkey to go on.")
            % {"practice": login.organization.name},
        )
        return redirect("mfa_index")

    return handle


def is_missing(login: Login, user: User) -> bool:
    if login.role != Role.STAFF or not login.organization.staff_second_factor:
        return False
    return not Authenticator.objects.filter(user=user, type__in=FACTORS).exists()
