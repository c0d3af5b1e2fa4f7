"""`/healthz`: 200 when Blink can do its work, 503 while it cannot; for load balancers, containers and scripts.

In production that is: this process answers, and so does the database. The embedded server adds its worker and its
beat, which live in the same process. Load balancers ask by address and without TLS, so it answers to any Host header
and never redirects. Nothing personal, and nothing that tells an attacker more than up or down.
"""

from collections.abc import Callable

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

PATH = "/healthz"
Handler = Callable[[HttpRequest], HttpResponse]


def database_answers() -> bool:
    """Whether the database answers a query that reads no table."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


# By the name shown; whoever runs more parts in this process adds them. Each is quick and never raises.
checks: dict[str, Callable[[], bool]] = {"database": database_answers}


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    # Of a copy: parts are added while Blink starts, and somebody may be asking just then.
    parts = {name: check() for name, check in list(checks.items())}
    well = all(parts.values())
    response = JsonResponse({"ok": well, "parts": parts}, status=200 if well else 503)
    # Django would log every 503 as an error of ours, as often as somebody asks. (Its own mark, stable since 2.1.)
    setattr(response, "_has_been_logged", True)  # noqa: B010 (an attribute that no type knows)
    return response


def health_first(get_response: Handler) -> Handler:
    """Middleware, before every other: answers `/healthz` before anything looks at hosts, TLS or sessions."""

    def handle(request: HttpRequest) -> HttpResponse:
        return healthz(request) if request.path_info == PATH else get_response(request)

    return handle
