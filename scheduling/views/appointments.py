"""One appointment, for staff: all about it, changing it, and what became of it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, staff_page
from accounts.features import Feature
from accounts.models import Client, Login
from scheduling.actions import call_off, change, tail_of
from scheduling.forms import CancelForm, ChangeForm
from scheduling.lines import Line
from scheduling.models import Appointment
from scheduling.overlaps import mark_of, overlapping
from scheduling.telling import story_of


@staff_page(feature=Feature.APPOINTMENTS)
@require_safe
def appointment(request: MemberRequest, pk: int) -> HttpResponse:
    shown = visible(request, pk)
    here, there = (shown.starts_at.astimezone(zone) for zone in (shown.organization.zone, shown.client.zone))
    context = {
        "appointment": shown,
        "may_see_client": Client.objects.visible_to(request.login).filter(pk=shown.client_id).exists(),
        "may_edit": shown.may_be_edited_by(request.login),
        "has_come": here.date() <= timezone.localdate(),
        "elsewhere": Line(shown) if here.utcoffset() != there.utcoffset() else None,
        "told": story_of(shown, reader=request.login, now=timezone.now()),
    }
    return render(request, "scheduling/appointment.html", context)


@staff_page(feature=Feature.APPOINTMENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def appointment_edit(request: MemberRequest, pk: int) -> HttpResponse:
    shown = editable(request, pk)
    form = ChangeForm(request.POST or None, appointment=shown, login=request.login)
    overlaps: list[Appointment] = []
    if form.is_valid():
        overlaps = _overlaps(shown, form, request.login)
        if not overlaps or form.cleaned_data["anyway"] == mark_of(overlaps):
            changed = change(shown, form.plan(), following=form.following)
            _confirm(request, changed)
            return redirect("appointment", pk=pk)
    context = {"appointment": shown, "form": form, "overlaps": overlaps, "mark": mark_of(overlaps)}
    return render(request, "scheduling/edit.html", context)


@staff_page(feature=Feature.APPOINTMENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def appointment_cancel(request: MemberRequest, pk: int) -> HttpResponse:
    shown = editable(request, pk)
    form = CancelForm(request.POST or None, appointment=shown)
    if form.is_valid():
        status = Appointment.Status(form.cleaned_data["status"])
        _confirm(request, call_off(shown, status, following=form.following))
        return redirect("appointment", pk=pk)
    return render(request, "scheduling/cancel.html", {"appointment": shown, "form": form})


@staff_page(feature=Feature.APPOINTMENTS)
@require_POST
def appointment_mark(request: MemberRequest, pk: int, status: Appointment.Status) -> HttpResponse:
    """Attended, no-show, or on the schedule again."""
    shown = editable(request, pk)
    if shown.set_status(status):
        messages.success(request, _("Marked as: %(status)s.") % {"status": status.label})
    else:
        messages.info(request, _("It was so already."))
    return redirect("appointment", pk=pk)


def visible(request: MemberRequest, pk: int) -> Appointment:
    """The appointment, if this login may see it. Raises Http404."""
    seen = Appointment.objects.visible_to(request.login).on_pages().select_related("series")
    return get_object_or_404(seen, pk=pk)


def editable(request: MemberRequest, pk: int) -> Appointment:
    """The appointment, if this login may change it. Raises Http404, or PermissionDenied for one only to be seen."""
    shown = visible(request, pk)
    if not shown.may_be_edited_by(request.login):
        raise PermissionDenied
    return shown


def _overlaps(shown: Appointment, form: ChangeForm, reader: Login) -> list[Appointment]:
    if not shown.is_scheduled:
        return []
    plan = form.plan()
    moving = [one.pk for one in tail_of(shown)] if form.following else [shown.pk]
    spans = plan.spans_of(shown, following=form.following)
    return overlapping(spans, staff=plan.staff, client=shown.client, reader=reader, leaving_out=moving)


def _confirm(request: MemberRequest, changed: int) -> None:
    if changed:
        words = ngettext("%(count)d appointment was changed.", "%(count)d appointments were changed.", changed)
        messages.success(request, words % {"count": changed})
    else:
        messages.info(request, _("Nothing was different."))
