"""From one's login in one organization to that in another, and the addresses in notices that lead to the right one."""

from collections.abc import Callable
from urllib.parse import quote

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.middleware import CHOSEN
from accounts.models import Login


@login_required
@require_POST
def switch(request: HttpRequest, login_id: int) -> HttpResponse:
    """Work as another of one's own logins."""
    login = _own(request, lambda login: login.pk == login_id)
    request.session[CHOSEN] = login.pk
    messages.success(request, _("You are now in %(practice)s.") % {"practice": login.organization.name})
    return redirect("home")


@login_required
@require_safe
def at(request: HttpRequest, organization: str, path: str = "") -> HttpResponse:
    """On to a page of the organization with this slug, as one's login there. The query string goes along."""
    login = _own(request, lambda login: login.organization.slug == organization)
    local = quote(f"/{path}")
    # "//evil.example" is another host, and browsers read a backslash as a slash.
    if "\\" in path or not url_has_allowed_host_and_scheme(local, allowed_hosts=None):
        raise Http404
    if request.session.get(CHOSEN) != login.pk:
        request.session[CHOSEN] = login.pk
    query = request.META.get("QUERY_STRING", "")
    return redirect(f"{local}?{query}" if query else local)


def _own(request: HttpRequest, wanted: Callable[[Login], bool]) -> Login:
    """The one among the visitor's own active logins; 404 for every other, there or not."""
    logins: list[Login] = getattr(request, "logins", [])
    for login in logins:
        if wanted(login):
            return login
    raise Http404
