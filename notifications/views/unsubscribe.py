"""Turning emails off by the link in them: without signing in, without cookies, and never by only looking (E3)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.links import public_url
from accounts.models import Login
from accounts.tenancy import everywhere, within
from notifications.unsubscribe_links import Subject, read_token
from notifications.unsubscribing import is_on, name_of, still_on, turn_off


@csrf_exempt  # a mail program posts it, and has no cookie (RFC 8058, 3.2); whoever has the link may
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """A GET asks, a POST with whatever body turns the emails off. A link that is not ours is one and the same 404."""
    subject = read_token(token)
    if subject is None:
        answer = render(request, "notifications/unsubscribe_unknown.html", status=404)
    else:
        answer = _answer(request, subject)
    answer["Referrer-Policy"] = "no-referrer"  # the address is the key
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _answer(request: HttpRequest, subject: Subject) -> HttpResponse:
    with everywhere("a link in an email names a login, not an organization"):
        login = Login.objects.select_related("organization", "user").filter(pk=subject.login_id).first()
    if login is None or not subject.is_for(login):
        return render(request, "notifications/unsubscribe_gone.html")
    with within(login.organization_id), translation.override(login.language):
        words = {"practice": login.organization.name, "feature": name_of(login, subject.feature)}
        if request.method == "POST":
            turn_off(login, subject.feature)
        elif is_on(login, subject.feature):
            return render(request, "notifications/unsubscribe.html", words)
        more = {"still_on": still_on(login), "account": public_url(login.organization, "/account/")}
        return render(request, "notifications/unsubscribe_done.html", {**words, **more})
