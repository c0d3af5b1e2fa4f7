"""The front page: for members what needs them today, for everybody else what this installation is."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe


@require_safe
def home(request: Any) -> HttpResponse:
    if request.login is not None:
        return render(request, "blink/member_home.html", {"greeting": greeting(request.login.name)})
    return render(request, "blink/home.html", {"keeps_outbox": settings.DELIVERY == "outbox"})


def greeting(name: str) -> str:
    """By the clock of the practice."""
    hour = timezone.localtime().hour
    if hour < 12:
        return gettext("Good morning, %(name)s") % {"name": name}
    if hour < 18:
        return gettext("Good afternoon, %(name)s") % {"name": name}
    return gettext("Good evening, %(name)s") % {"name": name}
