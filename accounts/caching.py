"""What somebody sees while signed in is theirs alone, and kept by nobody else: no proxy, and not the browser (S1)."""

from collections.abc import Callable

from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers


def keep_out_of_caches(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Mark whatever is answered to somebody who is signed in: whoever goes "back" after them finds nothing of it."""

    def handle(request: HttpRequest) -> HttpResponse:
        was_signed_in = SESSION_KEY in request.session
        response = get_response(request)
        if was_signed_in or SESSION_KEY in request.session:
            add_never_cache_headers(response)
        return response

    return handle
