"""Idle staff sessions end (S5): a computer at a front desk is not everybody's."""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Role

LAST = "last_active"  # the session's key for the moment of the last request, in seconds since 1970
NOTED_EVERY = 60.0  # seconds; a session is not written for every request


def end_idle_staff_session(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[Any], HttpResponse]:
    """Sign out staff of any practice, and platform admins, who did nothing for `STAFF_IDLE_LIMIT` seconds."""

    def handle(request: Any) -> HttpResponse:
        if not _works_here(request):
            return get_response(request)
        # Pages fetch their news by themselves, also when nobody sits there.
        by_itself = request.method == "GET" and "HX-Request" in request.headers
        now = time.time()
        idle = now - request.session.setdefault(LAST, now)
        if idle > settings.STAFF_IDLE_LIMIT:
            where = request.get_full_path() if request.method == "GET" else reverse("home")
            logout(request)
            messages.info(request, _("You were signed out because nothing happened for a while."))
            if by_itself:  # a part of a page; the whole of it finds its way to signing in
                return HttpResponse(headers={"HX-Refresh": "true"})
            return redirect_to_login(where, reverse("account_login"))
        if idle > NOTED_EVERY and not by_itself:
            request.session[LAST] = now
        return get_response(request)

    return handle


def _works_here(request: Any) -> bool:
    if any(login.role == Role.STAFF for login in getattr(request, "logins", [])):
        return True
    # In Django admin nobody is anywhere's login. Nobody is looked up for a visitor who is not signed in.
    return SESSION_KEY in request.session and bool(getattr(request.user, "is_platform_admin", False))
