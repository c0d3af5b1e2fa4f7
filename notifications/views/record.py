"""The record in the browser (L1, L2): for the practice, for a client, for a login, and for oneself. To be read only."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member_page, staff_page
from accounts.models import Client, Role
from notifications import record as reading
from notifications.models import Notification
from notifications.models.ledger import NotificationQuerySet


@staff_page()
@require_safe
def record(request: MemberRequest) -> HttpResponse:
    return _record(request, _visible(request), {})


@staff_page()
@require_safe
def record_of_client(request: MemberRequest, pk: int) -> HttpResponse:
    client = get_object_or_404(Client.objects.visible_to(request.login), pk=pk)
    return _record(request, _visible(request).filter(client=client), {"client": client})


@staff_page()
@require_safe
def record_of_login(request: MemberRequest, pk: int) -> HttpResponse:
    login = get_object_or_404(reading.logins_in_record(request.login), pk=pk)
    has_page = login.role == Role.CLIENT
    return _record(request, _visible(request).filter(login=login), {"login": login, "login_has_page": has_page})


@member_page()
@require_safe
def my_notifications(request: MemberRequest) -> HttpResponse:
    """What this login was told, and what not and why, in the second person."""
    rows = Notification.objects.of_features(request.features).told_to(request.login).in_words()
    page = Paginator(rows, reading.PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "notifications/my_notifications.html", {"page": page, "lines": reading.for_yourself(page)})


def _visible(request: MemberRequest) -> NotificationQuerySet:
    return Notification.objects.visible_to(request.login).of_features(request.features)


def _record(request: MemberRequest, rows: NotificationQuerySet, about: dict[str, Any]) -> HttpResponse:
    form = reading.RecordFilter(request.GET, request.features)
    context = {"record": reading.page_of(request, rows, request.login, form), **about}
    return render(request, "notifications/record.html", context)
