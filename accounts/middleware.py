"""Which tenant a request may see."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation

from accounts.features import Feature
from accounts.models import FeatureToggle, Login, User
from accounts.tenancy import everywhere, within

Handler = Callable[[HttpRequest], HttpResponse]
# What serves whoever has the address, as nobody: no idle session and no missing second factor is in its way (E3).
OF_NOBODY = ("/unsubscribe/", "/webhooks/")
CHOSEN = "login"  # the session's key for the login that its user works as


def platform_admin_scope(get_response: Handler) -> Handler:
    """Inside Django admin a signed-in platform admin sees every organization; everybody else stays unscoped."""

    def handle(request: HttpRequest) -> HttpResponse:
        if in_admin(request) and isinstance(request.user, User) and request.user.is_platform_admin:
            with everywhere("a platform admin works in Django admin"):
                return get_response(request)
        return get_response(request)

    return handle


def member_scope(get_response: Handler) -> Handler:
    """Enter the organization of the signed-in user's login, its time zone, and the login's language.

    Sets `request.login` (None for nobody, and for a user without an active login), `request.logins` (all active
    ones, for switching) and `request.features` (those that are on). A login that was deactivated is gone with the
    next request. Working as a login activates it, whichever way somebody signed in: from then on its address is
    theirs alone to change (S4). Nothing of this in Django admin, which has a scope of its own.
    """

    def handle(request: Any) -> HttpResponse:
        request.login, request.logins, request.features = None, [], frozenset()
        if request.path.startswith(OF_NOBODY):
            return get_response(request)
        if in_admin(request) or SESSION_KEY not in request.session or not isinstance(request.user, User):
            return get_response(request)
        with everywhere("who a user is in each of their practices"):
            request.logins = list(Login.objects.active().filter(user=request.user).select_related("organization"))
        request.login = chosen(request)
        if request.login is None:
            return get_response(request)
        request.login.user = request.user
        with (
            within(request.login.organization),
            timezone.override(request.login.organization.zone),
            translation.override(request.login.language),
        ):
            request.login.activate()
            request.features = features_on()
            return get_response(request)

    return handle


def in_admin(request: HttpRequest) -> bool:
    return request.path.startswith(reverse("admin:index"))


def chosen(request: Any) -> Login | None:
    """The login that the session chose, else the first by practice and name; None if there is none.

    One that nobody accepted yet comes last: whoever invites a person does not change where they land.
    """
    kept = request.session.get(CHOSEN)
    ordered = sorted(
        request.logins,
        key=lambda login: (login.pk != kept, login.activated_at is None, login.organization.name, login.name),
    )
    return ordered[0] if ordered else None


def features_on() -> frozenset[Feature]:
    """What the organization in scope has on (O1)."""
    return frozenset(Feature(toggle.feature) for toggle in FeatureToggle.objects.on())
