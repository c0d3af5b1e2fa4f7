"""The front page: what this installation is, and where to go from here."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "blink/home.html", {"keeps_outbox": settings.DELIVERY == "outbox"})
