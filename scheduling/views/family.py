"""A family's appointments, in the time zone of each client (R4)."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, family_page
from accounts.features import Feature
from pages.lists import listing
from scheduling.calendar import calendar_of
from scheduling.lines import Line
from scheduling.models import Appointment
from scheduling.models.appointments import AppointmentQuerySet

MOST_COMING = 100


@family_page(feature=Feature.APPOINTMENTS)
@require_safe
def my_appointments(request: MemberRequest) -> HttpResponse:
    """The next ones first, then the past; the past is what grows, and is paged."""
    now = timezone.now()
    coming, past = _coming(request), _mine(request).filter(starts_at__lt=now).order_by("-starts_at", "-pk")
    found = listing(request, past, search=("client__first_name", "staff__name", "location"), per_page=25)
    context = {
        "coming": [Line(one) for one in coming[:MOST_COMING]] if found.page.number == 1 and not found.words else [],
        "more": max(coming.count() - MOST_COMING, 0),
        "listing": found,
        "past": [Line(one) for one in found.rows],
        "several": request.login.links.count() > 1,
    }
    return render(request, "scheduling/my_appointments.html", context)


@family_page(feature=Feature.APPOINTMENTS)
@require_safe
def my_appointment(request: MemberRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(_mine(request), pk=pk)
    context = {"line": Line(shown), "appointment": shown, "is_ahead": shown.starts_at > timezone.now()}
    return render(request, "scheduling/my_appointment.html", context)


@family_page(feature=Feature.APPOINTMENTS)
@require_safe
def my_appointment_file(request: MemberRequest, pk: int) -> HttpResponse:
    """For the family's own calendar; taken in again after a change it updates instead of doubling (R10)."""
    shown = get_object_or_404(_mine(request), pk=pk)
    method = "CANCEL" if shown.is_called_off else "PUBLISH"
    return HttpResponse(
        calendar_of([shown], method=method),
        content_type=f"text/calendar; charset=utf-8; method={method}",
        headers={"Content-Disposition": 'attachment; filename="appointment.ics"'},
    )


def _mine(request: MemberRequest) -> AppointmentQuerySet:
    return Appointment.objects.visible_to(request.login).on_pages()


def _coming(request: MemberRequest) -> AppointmentQuerySet:
    return _mine(request).filter(starts_at__gte=timezone.now()).order_by("starts_at", "pk")
