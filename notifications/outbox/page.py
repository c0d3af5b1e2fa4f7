"""What every page of the outbox is made with: the guard before it, and the part that is fetched again."""

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Literal, ParamSpec

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache

from accounts.tenancy import everywhere

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

Method = Literal["GET", "HEAD", "POST"]

SAFE: tuple[Method, ...] = ("GET", "HEAD")
# Of the form of a phone; another one each time that the page is made.
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')


def outbox_page(*, only: tuple[Method, ...] = SAFE) -> Callable[[View[P]], View[P]]:
    """A page of the outbox: 404 where messages really leave; the whole demo is in sight."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        @never_cache
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if settings.DELIVERY != "outbox" or settings.PRODUCTION:
                raise Http404
            if request.method not in only:
                return HttpResponseNotAllowed(only)
            with everywhere("the outbox shows the whole demo"):
                return view(request, *args, **kwargs)

        return guarded

    return decorate


def live(
    request: HttpRequest, name: str, context: dict[str, Any], *, at: str = "", typed: dict[str, Any] | None = None
) -> HttpResponse:
    """The page `outbox/<name>.html`, or for htmx only the part of it in `outbox/_<name>.html`.

    That part asks for itself again and again, `at` its address, naming what it has seen. While that is still so, the
    answer is 204 and nothing on the page moves. `typed` is what was filled in here and not taken: no news.
    """
    part = render_to_string(f"outbox/_{name}.html", context, request)
    mark = hashlib.sha256(_TOKEN.sub("", part).encode()).hexdigest()[:16]
    again = f"{at or request.path}?{query_without(request, 'seen')}seen={mark}"
    if "HX-Request" in request.headers and request.GET.get("seen") == mark:
        response = HttpResponse(status=204)
    else:
        if typed:
            part = render_to_string(f"outbox/_{name}.html", {**context, **typed}, request)
        template = "outbox/_live.html" if "HX-Request" in request.headers else f"outbox/{name}.html"
        response = render(request, template, {**context, "part": part, "again": again})
    patch_vary_headers(response, ["HX-Request"])
    return response


def query_without(request: HttpRequest, *names: str) -> str:
    """The rest of the query string, ready for one more parameter: empty, or ending in "&"."""
    query = request.GET.copy()
    for name in names:
        query.pop(name, None)
    return f"{query.urlencode()}&" if query else ""
