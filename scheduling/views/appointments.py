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
from pages.templatetags.pages import when
from scheduling.actions import ChangedMeanwhile, call_off, change, tail_of
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
        "has_come": shown.has_come(timezone.now()),
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
            try:
                seen = form.cleaned_data["revision"]
                _confirm(request, change(shown, form.arrangement(), following=form.following, seen=seen))
                return redirect("appointment", pk=pk)
            except ChangedMeanwhile:
                form.ask_again(shown)
    context = {"appointment": shown, "form": form, "overlaps": overlaps, "mark": mark_of(overlaps)}
    return render(request, "scheduling/edit.html", context)


@staff_page(feature=Feature.APPOINTMENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def appointment_cancel(request: MemberRequest, pk: int) -> HttpResponse:
    shown = editable(request, pk)
    if not shown.is_scheduled:
        messages.info(request, _("It is marked as: %(status)s.") % {"status": shown.get_status_display()})
        return redirect("appointment", pk=pk)
    form = CancelForm(request.POST or None, appointment=shown)
    if form.is_valid():
        status = Appointment.Status(form.cleaned_data["status"])
        try:
            seen = form.cleaned_data["revision"]
            _confirm(request, call_off(shown, status, following=form.following, seen=seen))
            return redirect("appointment", pk=pk)
        except ChangedMeanwhile:
            form.ask_again(shown)
    return render(request, "scheduling/cancel.html", {"appointment": shown, "form": form})


@staff_page(feature=Feature.APPOINTMENTS)
@require_POST
def appointment_mark(request: MemberRequest, pk: int, status: Appointment.Status) -> HttpResponse:
    """Attended, no-show, or on the schedule again."""
    shown = editable(request, pk)
    if status == Appointment.Status.SCHEDULED:
        met = _met_again(shown, request.login)
        if met and request.POST.get("anyway") != mark_of(met):
            context = {"appointment": shown, "overlaps": met, "mark": mark_of(met)}
            return render(request, "scheduling/reinstate.html", context)
    elif not shown.has_come(timezone.now()):
        # A colleague moved it while this page was open.
        messages.error(request, _("It is still to come: %(when)s.") % {"when": when(shown.starts_at)})
        return redirect("appointment", pk=pk)
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
    arrangement = form.arrangement()
    moving = [one.pk for one in tail_of(shown)] if form.following else [shown.pk]
    spans = arrangement.spans_of(shown, following=form.following)
    return overlapping(spans, staff=arrangement.staff, client=shown.client, reader=reader, leaving_out=moving)


def _met_again(shown: Appointment, reader: Login) -> list[Appointment]:
    """What one that is off the schedule would meet if it were put there again."""
    if shown.is_scheduled:
        return []
    span = (shown.starts_at, shown.ends_at)
    return overlapping([span], staff=shown.staff, client=shown.client, reader=reader, leaving_out=[shown.pk])


def _confirm(request: MemberRequest, changed: int) -> None:
    if changed:
        words = ngettext("%(count)d appointment was changed.", "%(count)d appointments were changed.", changed)
        messages.success(request, words % {"count": changed})
    else:
        messages.info(request, _("Nothing was different."))
