"""Text replies: what people wrote back, by number, for the staff of the practices that know it (T7)."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import MemberRequest, staff_page
from accounts.models import TextStop
from accounts.texting import texts_at_all
from notifications import inbox
from notifications.models import TextThread
from notifications.reachability import our_number


@staff_page()
@require_safe
def reply_list(request: MemberRequest) -> HttpResponse:
    listing, rows = inbox.listed(request)
    context = {"listing": listing, "rows": rows, "sends_texts": texts_at_all(request.login.organization)}
    return render(request, "notifications/reply_list.html", context)


@staff_page()
@require_safe
def replies(request: MemberRequest, pk: int) -> HttpResponse:
    """What one number wrote, and between it what it was texted."""
    thread = get_object_or_404(TextThread.objects.visible_to(request.login).select_related("handled_by"), pk=pk)
    context = {
        "conversation": inbox.conversation(request, thread, request.login, request.features),
        "thread": thread,
        "stop": TextStop.objects.in_force().filter(phone=thread.phone).first(),
        "our_number": our_number(thread.phone),
        "until": thread.last_at.isoformat(),
    }
    return render(request, "notifications/replies.html", context)


@staff_page()
@require_POST
def replies_done(request: MemberRequest, pk: int) -> HttpResponse:
    """Somebody has dealt with what they saw; not with what came while they read."""
    thread = get_object_or_404(TextThread.objects.visible_to(request.login), pk=pk)
    until = _moment(request.POST.get("until", ""))
    if until and inbox.may_finish(thread, request.login) and thread.handle(by=request.login, until=until):
        messages.success(request, _("Done. It comes back to the top when they write again."))
        return redirect("reply_list")
    thread.refresh_from_db()
    if thread.is_open:
        messages.warning(request, _("Not marked as done: something else came from this number. Read it first."))
        return redirect("replies", pk)
    messages.info(request, _("Somebody has marked it as done already."))
    return redirect("reply_list")


def _moment(said: str) -> datetime | None:
    """The moment that the page was of; None for what is none."""
    try:
        moment = parse_datetime(said)
    except ValueError:
        return None
    return moment if moment and is_aware(moment) else None
