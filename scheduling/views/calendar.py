"""The calendar of staff: a day, a week, or a list."""

from datetime import time

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, staff_page
from accounts.features import Feature
from accounts.models import Login
from pages.lists import listing
from scheduling.board import Board, day_board, day_bounds, week_board
from scheduling.models import Appointment, at_wall_clock
from scheduling.models.appointments import AppointmentQuerySet
from scheduling.views.asked import Asked, staff_seen, staff_wanted

SEARCHED = ("client__first_name", "client__last_name", "staff__name", "location")


@staff_page(feature=Feature.APPOINTMENTS)
@require_safe
def calendar(request: MemberRequest) -> HttpResponse:
    asked = Asked.of(request)
    seen = staff_seen(request.login)
    wanted = staff_wanted(asked, request.login, seen)
    found = Appointment.objects.visible_to(request.login).select_related("client", "staff")
    if wanted is not seen:  # else also of those who left
        found = found.filter(staff__in=wanted)
    context = {
        "asked": asked,
        "seen": seen,
        "wanted": wanted,
        "is_mine": [one.pk for one in wanted] == [request.login.pk],
        "several": len(wanted) > 1,
        # The zone is called by its summer name in summer: that of the day that is shown.
        "noon": at_wall_clock(asked.day, time(12), request.login.organization.zone),
        "zone": request.login.organization.time_zone.replace("_", " "),
        "views": [(view, asked.link(view=view)) for view in ("day", "week", "list")],
        "before": asked.turned(-1),
        "after": asked.turned(1),
        "today": asked.link(day=timezone.localdate()),
        "book": f"{reverse('appointment_book')}?date={asked.day.isoformat()}",
        "statuses": Appointment.Status.choices,
    }
    if asked.view == "list":
        since, _until = day_bounds(asked.day, 1, request.login.organization.zone)
        context["listing"] = listing(request, found.filter(starts_at__gte=since), search=SEARCHED)
        context["kept"] = {"view": "list", "date": asked.day.isoformat()}
        return render(request, "scheduling/list.html", context)
    context["board"] = _board(asked, request.login, wanted, found)
    return render(request, "scheduling/board.html", context)


def _board(asked: Asked, login: Login, wanted: list[Login], found: AppointmentQuerySet) -> Board:
    start, end = day_bounds(asked.days[0], len(asked.days), login.organization.zone)
    appointments = list(found.filter(starts_at__gte=start, starts_at__lt=end).order_by("starts_at", "pk"))
    for one in appointments:
        one.organization = login.organization  # known; hundreds of joined copies of it are not free
    now, book = timezone.localtime(), reverse("appointment_book")
    if asked.view == "day":
        wanted = [*wanted, *{one.staff: None for one in appointments if one.staff not in wanted}]
        return day_board(asked.day, wanted, appointments, now=now, book=book)
    if len(wanted) == 1:
        book = f"{book}?staff={wanted[0].pk}"
    return week_board(asked.days, appointments, now=now, book=book)
