"""Booking: one form, in a dialog of the calendar or on a page of its own."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.encoding import iri_to_uri
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, staff_page
from accounts.features import Feature
from pages.templatetags.pages import when
from scheduling.actions import BookedAlready, book
from scheduling.forms import BookingForm
from scheduling.models import Appointment
from scheduling.overlaps import mark_of, overlapping


@staff_page(feature=Feature.APPOINTMENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def appointment_book(request: MemberRequest) -> HttpResponse:
    if request.method == "POST" and "find" not in request.POST:
        form = BookingForm(request.POST, login=request.login)
        if form.is_valid():
            return _book(request, form)
    else:
        asked = request.POST if request.method == "POST" else request.GET
        given = {name: asked[name] for name in BookingForm.base_fields if asked.get(name)}
        form = BookingForm(login=request.login, initial={"staff": request.login.pk} | given)
    return _show(request, form)


def _book(request: MemberRequest, form: BookingForm) -> HttpResponse:
    client, arrangement, token = form.cleaned_data["client"], form.arrangement(), form.cleaned_data["token"]
    earlier = Appointment.objects.filter(booking=token).first()  # before overlaps: it would overlap with itself
    if earlier is None:
        met = overlapping(arrangement.spans(client), staff=arrangement.staff, client=client, reader=request.login)
        if met and form.cleaned_data["anyway"] != mark_of(met):
            return _show(request, form, overlaps=met)
        try:
            return _booked(request, form, book(client, arrangement, form=token))
        except BookedAlready as sent_before:
            earlier = sent_before.appointment
    if arrangement.is_what_became(earlier, client):
        return _booked(request, form, [earlier])
    return _ask_again(request, earlier)


def _booked(request: MemberRequest, form: BookingForm, booked: list[Appointment]) -> HttpResponse:
    first = booked[0]
    words = ngettext(
        "Booked: %(client)s, %(when)s.", "Booked: %(client)s, %(count)d times from %(when)s.", len(booked)
    ) % {"client": form.cleaned_data["client"].name, "when": when(first.starts_at), "count": len(booked)}
    messages.success(request, words)
    day = form.cleaned_data["date"].isoformat()
    return away(request, next_of(request) or f"{reverse('calendar')}?date={day}")


def _ask_again(request: MemberRequest, earlier: Appointment) -> HttpResponse:
    """The form was sent before, saying something else: somebody went back and changed it. Ask, with a new name."""
    data = request.POST.copy()
    data["token"] = str(uuid4())
    data["anyway"] = ""
    form = BookingForm(data, login=request.login)
    form.is_valid()
    words = _("This form has already booked %(when)s. Press Book once more to book this one as well.")
    form.add_error(None, words % {"when": when(earlier.starts_at)})
    return _show(request, form)


def _show(request: MemberRequest, form: BookingForm, *, overlaps: list[Appointment] | None = None) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "zone": request.login.organization.time_zone.replace("_", " "),
        "overlaps": overlaps or [],
        "mark": mark_of(overlaps or []),
        "next": next_of(request),
        "back": next_of(request) or reverse("calendar"),
    }
    return render(request, "scheduling/book.html", context)


def next_of(request: MemberRequest) -> str:
    """The page of this site to go back to, as `next` says, or nothing."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if wanted[:1] == "/" and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else ""


def away(request: MemberRequest, url: str) -> HttpResponse:
    """Go there: with a redirect, or as htmx is told to leave the page."""
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": iri_to_uri(url)})  # a header holds no accents and no line breaks
    return redirect(url)
