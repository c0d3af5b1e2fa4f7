"""Changing what a login is told: one's own under My Account (P3, P5), a family's under Logins for Clients (P4)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, member_page, staff_page
from accounts.models import Login, User
from notifications.preferences import PreferenceForm


@member_page()
@require_http_methods(["GET", "HEAD", "POST"])
def my_preferences(request: MemberRequest) -> HttpResponse:
    return _keep(request, request.login, back=reverse("my_account"))


@staff_page()
@require_http_methods(["GET", "HEAD", "POST"])
def preferences_of_login(request: MemberRequest, pk: int) -> HttpResponse:
    login = get_object_or_404(Login.objects.visible_to(request.login), pk=pk)
    return _keep(request, login, back=reverse("login", args=[login.pk]))


def _keep(request: MemberRequest, login: Login, *, back: str) -> HttpResponse:
    """Save what was posted, and show the table again. Whoever comes by a link, after signing in anew, only sees it."""
    if request.method == "POST" and isinstance(request.user, User):
        if PreferenceForm(login, request.features, request.POST).save(by=request.user):
            messages.success(request, _("Saved. What is sent from now on follows the new choice."))
        else:
            messages.info(request, _("Nothing was changed."))
    return redirect(f"{back}#preferences")
