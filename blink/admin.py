"""Django admin, for platform admins: the people who run the whole installation."""

from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class PlatformAdminSignIn(AdminAuthenticationForm):
    """Django speaks of a "staff account" here, which in Blink is somebody else's."""

    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": _("Enter the email and password of a platform admin. Capitals count in the password."),
    }


class PlatformAdminSite(AdminSite):
    site_header = _("Blink platform")
    site_title = _("Blink platform")
    index_title = _("Practices, people and the record")
    enable_nav_sidebar = False
    login_form = PlatformAdminSignIn

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        # Deleting is rare here, and then one by one, with its own page that asks.
        self.disable_action("delete_selected")

    def has_permission(self, request: HttpRequest) -> bool:
        """Platform admins only; staff of a practice never enter, whatever they administer there."""
        user = request.user
        return isinstance(user, User) and user.is_active and user.is_platform_admin
