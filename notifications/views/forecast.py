"""The next 48 hours: who will be told what, and who will not and why (L3)."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, staff_page
from notifications.forecast import HOURS
from notifications.outlook import outlook

PER_PAGE = 40


@staff_page()
@require_safe
def forecast(request: MemberRequest) -> HttpResponse:
    only_untold = request.GET.get("only") == "untold"
    seen = outlook(request.login, request.features, now=timezone.now(), only_untold=only_untold)
    page = Paginator(seen.things, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "outlook": seen,
        "page": page,
        "only_untold": only_untold,
        "query": "only=untold&" if only_untold else "",
        "hours": HOURS,
    }
    return render(request, "notifications/forecast.html", context)
