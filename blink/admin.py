"""Django admin, for platform admins: the people who run the whole installation."""

from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class PlatformAdminSite(AdminSite):
    site_header = _("Blink platform")
    site_title = _("Blink platform")
    index_title = _("Practices, people and the record")
    enable_nav_sidebar = False

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        # Deleting is rare here, and then one by one, with its own page that asks.
        self.disable_action("delete_selected")

    def has_permission(self, request: HttpRequest) -> bool:
        """Platform admins only; staff of a practice never enter, whatever they administer there."""
        user = request.user
        return isinstance(user, User) and user.is_active and user.is_platform_admin

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """On to everybody's sign-in, which counts attempts and asks for the second factor (S5); 403 for anybody else.

        Django's own page does neither, and whoever enters here sees every practice.
        """
        wanted = request.GET.get(REDIRECT_FIELD_NAME, "")
        where = wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else reverse("admin:index")
        if self.has_permission(request):
            return redirect(where)
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(where, reverse("account_login"))
