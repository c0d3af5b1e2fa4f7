"""Which tenant a request may see."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.models import User
from accounts.tenancy import everywhere

Handler = Callable[[HttpRequest], HttpResponse]


def platform_admin_scope(get_response: Handler) -> Handler:
    """Inside Django admin a signed-in platform admin sees every organization; everybody else stays unscoped."""

    def handle(request: HttpRequest) -> HttpResponse:
        in_admin = request.path.startswith(reverse("admin:index"))
        if in_admin and isinstance(request.user, User) and request.user.is_platform_admin:
            with everywhere("a platform admin works in Django admin"):
                return get_response(request)
        return get_response(request)

    return handle
