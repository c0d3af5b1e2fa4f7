"""The outbox pages: what the local channel "sent", as its receivers see it, and the record in words.

They exist only where messages stay on this machine, never in production, and show every practice to whoever
opens them. They work without JavaScript; with it, a part of each page is fetched again every few seconds.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.features import Channel
from accounts.models import Login, Organization
from accounts.tenancy import everywhere
from notifications.mending import mended_in_admin
from notifications.models import Notification, OutboxLetter, OutboxMessage, State

P = ParamSpec("P")

LATEST = 30  # messages on the first page
ON_A_PHONE = 100  # messages on one person's phones, and in the mailbox: the latest
LETTERS = 200  # about signing in: the latest
PEOPLE = 100  # in the list of people: those who were told something last
ROWS = 50  # of the record, on a page
FORMS = ("html", "text", "calendar")

# An email in its frame: its own inline styles and nothing else, no scripts; its links open outside.
EMAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


class RecordFilter(forms.Form):
    """What of the record is shown. Whatever is not a choice is left out."""

    organization = forms.ModelChoiceField(
        Organization.objects.all(), required=False, label=_("Practice"), empty_label=_("Every practice")
    )
    channel = forms.ChoiceField(
        choices=[("", _("Email and text")), *Channel.choices], required=False, label=_("Channel")
    )
    state = forms.ChoiceField(choices=[("", _("Every state")), *State.choices], required=False, label=_("State"))
    login = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1)

    def chosen(self) -> dict[str, Any]:
        self.full_clean()
        return {name: value for name, value in self.cleaned_data.items() if value}


def outbox_page(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """A page of the outbox: 404 where messages really leave; the whole demo is in sight."""

    @wraps(view)
    @never_cache
    @require_safe
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if settings.DELIVERY != "outbox" or settings.PRODUCTION:
            raise Http404
        with everywhere("the outbox shows the whole demo"):
            return view(request, *args, **kwargs)

    return guarded


@outbox_page
def people(request: HttpRequest) -> HttpResponse:
    """Everyone who was told something, and what went out last."""
    letters = _letters()
    latest = _by_time(OutboxMessage.objects.all().listed()[:LATEST], letters)[:LATEST]
    return _live(request, "people", {"people": _everyone(letters), "latest": latest})


@outbox_page
def person(request: HttpRequest, login_id: int) -> HttpResponse:
    """One person's phones and mailbox."""
    login = get_object_or_404(Login.objects.select_related("organization", "user"), pk=login_id)
    letters = _letters()
    theirs = OutboxMessage.objects.all().at_same_address_as(login.pk).listed()
    context = {
        "login": login,
        "people": _everyone(letters),
        "phones": _by_number(theirs.by(Channel.TEXT)[:ON_A_PHONE]),
        "emails": _by_time(
            theirs.by(Channel.EMAIL)[:ON_A_PHONE], [each for each in letters if each.recipient == login.user.email]
        ),
    }
    return _live(request, "person", context)


@outbox_page
def email(request: HttpRequest, pk: int) -> HttpResponse:
    """One email with its headers, in one of its forms: `?form=html`, `text` or `calendar`."""
    message = get_object_or_404(OutboxMessage.objects.by(Channel.EMAIL).listed(), pk=pk)
    form = request.GET.get("form", "")
    return render(request, "outbox/email.html", {"message": message, "form": form if form in FORMS else FORMS[0]})


@outbox_page
def email_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The HTML of one email alone, for the frame."""
    html = get_object_or_404(OutboxMessage.objects.by(Channel.EMAIL), pk=pk).html
    return HttpResponse(html, headers={"Content-Security-Policy": EMAIL_POLICY, "X-Frame-Options": "SAMEORIGIN"})


@outbox_page
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """One letter about a sign-in with its headers, in one of its forms: `?form=html` or `text`."""
    message = get_object_or_404(OutboxLetter, pk=pk)
    form = request.GET.get("form", "")
    people = list(Login.objects.filter(user__email=message.recipient).select_related("organization").order_by("pk"))
    context = {"message": message, "form": form if form in FORMS[:2] else FORMS[0], "people": people}
    return render(request, "outbox/letter.html", context)


@outbox_page
def letter_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The HTML of one letter alone, for the frame."""
    html = get_object_or_404(OutboxLetter, pk=pk).html
    return HttpResponse(html, headers={"Content-Security-Policy": EMAIL_POLICY, "X-Frame-Options": "SAMEORIGIN"})


@outbox_page
def email_calendar(request: HttpRequest, pk: int) -> HttpResponse:
    """The calendar file of one email, for a calendar to open."""
    message = get_object_or_404(OutboxMessage.objects.by(Channel.EMAIL).exclude(calendar=""), pk=pk)
    named = {"Content-Disposition": 'attachment; filename="appointment.ics"'}
    return HttpResponse(message.calendar, content_type="text/calendar; charset=utf-8", headers=named)


@outbox_page
def record(request: HttpRequest) -> HttpResponse:
    """Each decision in words, by practice, channel, state and login (L1)."""
    form = RecordFilter(request.GET, label_suffix="")
    chosen = form.chosen()
    page = Paginator(Notification.objects.filter(**chosen).in_words(), ROWS).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "chosen": chosen,
        "login": Login.objects.filter(pk=chosen.get("login", 0)).first(),
        "page": page,
        "rows": [(row, mended_in_admin(row)) for row in page],
        "query": _query_without(request, "page", "seen"),
    }
    return _live(request, "record", context)


def _letters() -> list[OutboxLetter]:
    return list(OutboxLetter.objects.listed()[:LETTERS])


def _everyone(letters: Iterable[OutboxLetter]) -> list[dict[str, Any]]:
    """Who was told something, the last first: by notices to their logins, and by letters to their address."""
    people = {row["login"]: dict(row) for row in OutboxMessage.objects.all().people()[:PEOPLE]}
    written: dict[str, list[OutboxLetter]] = defaultdict(list)
    for letter in letters:
        written[letter.recipient].append(letter)
    logins = Login.objects.filter(user__email__in=written).select_related("organization", "user").order_by("pk")
    for login in logins:
        theirs = written[login.user.email]
        one = people.setdefault(
            login.pk,
            {
                "login": login.pk,
                "name": login.name,
                "practice": login.organization.name,
                "zone": login.organization.time_zone,
                "texts": 0,
                "emails": 0,
                "last": theirs[0].sent_at,
            },
        )
        one["emails"] += len(theirs)
        one["last"] = max(one["last"], theirs[0].sent_at)
    return sorted(people.values(), key=lambda one: (-one["last"].timestamp(), one["login"]))[:PEOPLE]


def _by_time(emails: Iterable[OutboxMessage], letters: Iterable[OutboxLetter]) -> list[OutboxMessage | OutboxLetter]:
    """Both in one list, the latest first."""
    return sorted([*emails, *letters], key=lambda message: message.sent_at, reverse=True)


def _by_number(latest_first: Iterable[OutboxMessage]) -> dict[str, list[OutboxMessage]]:
    """Texts by the number they went to, the oldest first, as a phone shows them."""
    phones: dict[str, list[OutboxMessage]] = {}
    for text in latest_first:
        phones.setdefault(text.recipient, []).insert(0, text)
    return phones


def _query_without(request: HttpRequest, *names: str) -> str:
    """The rest of the query string, ready for one more parameter: empty, or ending in "&"."""
    query = request.GET.copy()
    for name in names:
        query.pop(name, None)
    return f"{query.urlencode()}&" if query else ""


def _live(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    """The page `outbox/<name>.html`, or for htmx only the part of it in `outbox/_<name>.html`.

    That part asks for itself again and again, naming what it has seen. While that is still so, the answer is 204 and
    nothing on the page moves.
    """
    part = render_to_string(f"outbox/_{name}.html", context, request)
    mark = hashlib.sha256(part.encode()).hexdigest()[:16]
    again = f"{request.path}?{_query_without(request, 'seen')}seen={mark}"
    if "HX-Request" in request.headers and request.GET.get("seen") == mark:
        response = HttpResponse(status=204)
    else:
        template = "outbox/_live.html" if "HX-Request" in request.headers else f"outbox/{name}.html"
        response = render(request, template, {**context, "part": part, "again": again})
    patch_vary_headers(response, ["HX-Request"])
    return response
