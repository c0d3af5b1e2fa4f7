"""Staff's pages of homework: the list, adding, editing and deleting with the Notify tick."""

from django.contrib import messages
from django.db.models import TextChoices
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, staff_page
from accounts.features import Feature
from accounts.picking import pick_client, picked_client
from homework.audience import family_of
from homework.forms import AddForm, EditForm, NotifyForm
from homework.gone import gone
from homework.models import Homework, HomeworkQuerySet
from homework.notifications import told_of
from pages.lists import listing

ask_and_act = require_http_methods(["GET", "HEAD", "POST"])


class Show(TextChoices):
    """What of the list is shown."""

    OPEN = "open", gettext_lazy("Open")
    DONE = "done", gettext_lazy("Done")
    ALL = "all", gettext_lazy("All")


def visible(request: MemberRequest) -> HomeworkQuerySet:
    people = ("client__organization", "assigned_by", "changed_by", "done_by")
    return Homework.objects.visible_to(request.login).select_related(*people)


@staff_page(feature=Feature.HOMEWORK)
@require_safe
def homework_list(request: MemberRequest) -> HttpResponse:
    asked = request.GET.get("show")
    show = Show(asked) if asked in Show.values else Show.OPEN
    rows = visible(request).open_first()
    rows = {Show.OPEN: rows.open(), Show.DONE: rows.done(), Show.ALL: rows}[show]
    found = listing(request, rows, search=("title", "client__first_name", "client__last_name", "assigned_by__name"))
    shown = {"listing": found, "show": show, "choices": list(Show), "kept": {"show": show.value}}
    return render(request, "homework/list.html", shown)


@staff_page(feature=Feature.HOMEWORK)
@ask_and_act
def homework_add(request: MemberRequest) -> HttpResponse:
    client = picked_client(request)
    if client is None:
        return pick_client(request, question=_("Homework for whom?"), back=reverse("homework_list"))
    form = AddForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        homework = form.add(client=client, by=request.login)
        messages.success(request, _("Homework for %(client)s was added.") % {"client": client.first_name})
        return redirect("homework", homework.pk)
    return render(request, "homework/add.html", {"form": form, "client": client, "family": family_of(client)})


@staff_page(feature=Feature.HOMEWORK)
@require_safe
def homework(request: MemberRequest, pk: int) -> HttpResponse:
    found = visible(request).filter(pk=pk).first()
    if found is None:
        return gone(request, pk, to="homework_list")
    return render(request, "homework/homework.html", {"homework": found, "notices": told_of(found)})


@staff_page(feature=Feature.HOMEWORK)
@ask_and_act
def homework_edit(request: MemberRequest, pk: int) -> HttpResponse:
    homework = get_object_or_404(visible(request), pk=pk)
    title, family = homework.title, family_of(homework.client)
    form = EditForm(request.POST if request.method == "POST" else None, instance=homework, family=family)
    if form.is_valid() and form.save_unless_overtaken(by=request.login):
        told = form.cleaned_data["notify"] and family.told
        messages.success(request, _("Saved. The family is being told.") if told else _("Saved. Nobody is told."))
        return redirect("homework", pk)
    if homework.removed_at:
        messages.warning(request, _("This homework was deleted meanwhile."))
        return redirect("homework_list")
    return render(request, "homework/edit.html", {"form": form, "homework": homework, "title": title})


@staff_page(feature=Feature.HOMEWORK)
@ask_and_act
def homework_delete(request: MemberRequest, pk: int) -> HttpResponse:
    homework = get_object_or_404(visible(request), pk=pk)
    family = family_of(homework.client)
    form = NotifyForm(request.POST if request.method == "POST" else None, family=family)
    if form.is_valid():
        notify = form.cleaned_data["notify"]
        homework.remove(by=request.login, notify=notify)
        told = notify and family.told
        messages.success(request, _("Deleted. The family is being told.") if told else _("Deleted. Nobody is told."))
        return redirect("homework_list")
    return render(request, "homework/delete.html", {"form": form, "homework": homework})


@staff_page(feature=Feature.HOMEWORK)
@require_POST
def homework_done(request: MemberRequest, pk: int) -> HttpResponse:
    get_object_or_404(visible(request), pk=pk).mark_done(request.login)
    messages.success(request, _("Marked done."))
    return redirect("homework", pk)


@staff_page(feature=Feature.HOMEWORK)
@require_POST
def homework_reopen(request: MemberRequest, pk: int) -> HttpResponse:
    get_object_or_404(visible(request), pk=pk).reopen()
    messages.success(request, _("Marked not done."))
    return redirect("homework", pk)
