"""The portal's pages of homework: what is to be done, and marking it done."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import MemberRequest, family_page
from accounts.features import Feature
from homework.gone import gone
from homework.models import Homework, HomeworkQuerySet
from pages.lists import listing


def visible(request: MemberRequest) -> HomeworkQuerySet:
    return Homework.objects.visible_to(request.login).select_related("client", "assigned_by", "done_by")


@family_page(feature=Feature.HOMEWORK)
@require_safe
def my_homework(request: MemberRequest) -> HttpResponse:
    found = listing(request, visible(request).open_first(), search=("title", "client__first_name"), per_page=20)
    return render(request, "homework/my_list.html", {"listing": found})


@family_page(feature=Feature.HOMEWORK)
@require_safe
def my_homework_item(request: MemberRequest, pk: int) -> HttpResponse:
    homework = visible(request).filter(pk=pk).first()
    if homework is None:
        return gone(request, pk, to="my_homework")
    return render(request, "homework/my_item.html", {"homework": homework})


@family_page(feature=Feature.HOMEWORK)
@require_POST
def my_homework_done(request: MemberRequest, pk: int) -> HttpResponse:
    homework = visible(request).filter(pk=pk).first()
    if homework is None:
        return gone(request, pk, to="my_homework")
    homework.mark_done(request.login)
    messages.success(request, _("Marked done: %(title)s") % {"title": homework.title})
    return redirect("my_homework")


@family_page(feature=Feature.HOMEWORK)
@require_POST
def my_homework_reopen(request: MemberRequest, pk: int) -> HttpResponse:
    homework = visible(request).filter(pk=pk).first()
    if homework is None:
        return gone(request, pk, to="my_homework")
    homework.reopen()
    messages.success(request, _("Still to be done: %(title)s") % {"title": homework.title})
    return redirect("my_homework")
