"""Django admin, for platform admins: the people who run the whole installation."""

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class PlatformAdminSite(AdminSite):
    site_header = _("Blink platform")
    site_title = _("Blink platform")
    index_title = _("Practices, people and the record")
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Platform admins only; staff of a practice never enter, whatever they administer there."""
        user = request.user
        return isinstance(user, User) and user.is_active and user.is_platform_admin
