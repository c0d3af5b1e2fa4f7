"""The next 48 hours: who will be told what, and who will not and why (L3)."""

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, staff_page
from accounts.features import Feature
from notifications.forecast import HOURS
from notifications.outlook import outlook
from pages.lists import MAX_WORDS, words_of

PER_PAGE = 40


@staff_page()
@require_safe
def forecast(request: MemberRequest) -> HttpResponse:
    only_untold = request.GET.get("only") == "untold"
    words = words_of(request)
    sought = words.split()[:MAX_WORDS]
    seen = outlook(request.login, request.features, now=timezone.now(), only_untold=only_untold, words=sought)
    kept = {"only": "untold"} if only_untold else {}
    context = {
        "outlook": seen,
        "page": Paginator(seen.things, PER_PAGE).get_page(request.GET.get("page")),
        "only_untold": only_untold,
        "listing": {"words": words},
        "kept": kept,
        "query": "".join(f"{urlencode({name: value})}&" for name, value in (*kept.items(), ("q", words)) if value),
        "hours": HOURS,
        "books": Feature.APPOINTMENTS in request.features,
    }
    return render(request, "notifications/forecast.html", context)
