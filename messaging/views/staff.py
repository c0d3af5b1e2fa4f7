"""Messages, for staff."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MemberRequest, staff_page
from accounts.features import Feature
from accounts.picking import pick_client, picked_client
from messaging.forms import PeopleForm
from messaging.models import Conversation, MayNotTakePart
from messaging.views import sides


@staff_page(feature=Feature.MESSAGES)
@require_safe
def message_list(request: MemberRequest) -> HttpResponse:
    return sides.inbox(request)


@staff_page(feature=Feature.MESSAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def message_new(request: MemberRequest) -> HttpResponse:
    """First the client, found by search; then the message, at the same address with `?client=`."""
    client = picked_client(request)
    if client is None:
        return pick_client(request, question=_("Whose family do you write to?"), back=reverse("message_list"))
    return sides.begin(request, client)


@staff_page(feature=Feature.MESSAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def conversation(request: MemberRequest, pk: int) -> HttpResponse:
    return sides.thread(request, pk)


@staff_page(feature=Feature.MESSAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def conversation_people(request: MemberRequest, pk: int) -> HttpResponse:
    """Who takes part."""
    visible = Conversation.objects.visible_to(request.login).select_related("client")
    conversation = get_object_or_404(visible, pk=pk)
    form = PeopleForm(request.POST or None, conversation=conversation)
    if request.method == "POST" and form.is_valid():
        try:
            changed = form.save()
        except MayNotTakePart:
            form.add_error(None, _("Somebody here can no longer take part. Look at your choices again."))
        else:
            if changed:
                messages.success(request, _("The people of this conversation are changed."))
            still = Conversation.objects.visible_to(request.login).filter(pk=pk).exists()
            return redirect("conversation", pk=pk) if still else redirect("message_list")
    return render(request, "messaging/people.html", {"form": form, "conversation": conversation})


@staff_page(feature=Feature.MESSAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def message_delete(request: MemberRequest, pk: int, message_pk: int) -> HttpResponse:
    return sides.delete(request, pk, message_pk)
