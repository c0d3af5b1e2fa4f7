"""What scheduling shows on pages of others: the home pages, and the page of a client."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from accounts.access import MemberRequest
from accounts.features import Feature
from accounts.models import Client
from accounts.panels import Panel, Slot, place
from scheduling.board import day_bounds
from scheduling.lines import Line
from scheduling.models import Appointment
from scheduling.unreachable import unreachable

SHOWN = 12  # of today, or of what cannot be reached; the calendar has the rest
NEXT = 4
Context = Mapping[str, Any] | None


def nobody_told(request: MemberRequest, subject: None) -> Context:
    """Upcoming appointments of which nobody would be told (L4). Nothing if there are none."""
    found = unreachable(request.login, now=timezone.now())
    return {"found": found[:SHOWN], "more": max(len(found) - SHOWN, 0)} if found else None


def today(request: MemberRequest, subject: None) -> Context:
    """Today's appointments: everybody's for a schedule admin, else one's own."""
    start, end = day_bounds(timezone.localdate(), 1, request.login.organization.zone)
    mine = Appointment.objects.visible_to(request.login).between(start, end).on_pages()
    if not request.login.is_schedule_admin:
        mine = mine.filter(staff=request.login)
    found = list(mine)
    now = timezone.now()
    to_come = [one for one in found if one.ends_at > now]
    # Late in a full day what is over makes room for what is to come.
    shown = to_come[:SHOWN] if len(found) > SHOWN else found
    return {"found": shown, "all": len(found), "more": len(found) - len(shown), "now": now}


def next_of_family(request: MemberRequest, subject: None) -> Context:
    """The next appointments of the login's clients, each by the clock where that client is (R4)."""
    coming = Appointment.objects.visible_to(request.login).scheduled().filter(starts_at__gte=timezone.now())
    return {"lines": [Line(one) for one in coming.on_pages()[:NEXT]], "several": request.login.links.count() > 1}


def of_client(request: MemberRequest, client: Client) -> Context:
    """What is coming for this client, and what was lately."""
    now = timezone.now()
    theirs = Appointment.objects.visible_to(request.login).filter(client=client).on_pages()
    return {
        "client": client,
        "coming": theirs.filter(starts_at__gte=now)[:6],
        "recent": theirs.filter(starts_at__lt=now).order_by("-starts_at", "-pk")[:6],
    }


def place_panels() -> None:
    """Called when the app is ready."""
    for slot, name, context, order in (
        (Slot.STAFF_HOME, "nobody_told", nobody_told, 10),
        (Slot.STAFF_HOME, "today", today, 20),
        (Slot.FAMILY_HOME, "next", next_of_family, 20),
        (Slot.CLIENT, "of_client", of_client, 20),
    ):
        template = f"scheduling/panels/{name}.html"
        place(slot, Panel(template=template, context=context, order=order, feature=Feature.APPOINTMENTS))
