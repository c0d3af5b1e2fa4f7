"""Who may open a page: decorators for views, and what a view knows about its visitor.

    @staff_page(feature=Feature.INVOICES)
    @require_safe
    def invoice_list(request: MemberRequest) -> HttpResponse: ...

Nobody signed in goes to the sign-in page. For the other role, and where the feature is off (O2), there is no such
page: 404. Staff who lack the permission are refused: 403. Whose rows a page shows is not decided here but in its
lookups, by `visible_to(request.login)`.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Literal, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.features import Feature
from accounts.models import Login, Role

Permission = Literal["is_organization_admin", "is_user_admin", "is_schedule_admin"]
P = ParamSpec("P")


class MemberRequest(HttpRequest):
    """A request of somebody with an active login. Its organization's scope is entered (`accounts.middleware`)."""

    login: Login
    features: frozenset[Feature]


MemberView = Callable[Concatenate[MemberRequest, P], HttpResponse]
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def staff_page(
    *, feature: Feature | None = None, needs: Permission | None = None
) -> Callable[[MemberView[P]], View[P]]:
    """A page for staff; `needs` names the permission without which they are refused."""
    return _page(Role.STAFF, feature, needs)


def family_page(*, feature: Feature | None = None) -> Callable[[MemberView[P]], View[P]]:
    """A page of the portal, for client logins."""
    return _page(Role.CLIENT, feature, None)


def member_page(*, feature: Feature | None = None) -> Callable[[MemberView[P]], View[P]]:
    """A page for both."""
    return _page(None, feature, None)


def _page(role: Role | None, feature: Feature | None, needs: Permission | None) -> Callable[[MemberView[P]], View[P]]:
    def decorate(view: MemberView[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path(), reverse("account_login"))
            login: Login | None = getattr(request, "login", None)
            if login is None:
                return redirect("home")  # which says that they belong to no practice
            member = cast("MemberRequest", request)
            if role not in (None, login.role) or feature not in (None, *member.features):
                raise Http404
            if needs and not getattr(login, needs):
                raise PermissionDenied
            return view(member, *args, **kwargs)

        return cast("View[P]", guarded)

    return decorate
