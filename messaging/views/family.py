"""Messages, for families."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MemberRequest, family_page
from accounts.features import Feature
from accounts.models import Client
from accounts.picking import picked_client
from messaging.views import sides


@family_page(feature=Feature.MESSAGES)
@require_safe
def my_messages(request: MemberRequest) -> HttpResponse:
    return sides.inbox(request)


@family_page(feature=Feature.MESSAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def my_message_new(request: MemberRequest) -> HttpResponse:
    """Whoever has one client writes at once; whoever has several says first whom it is about, by `?client=`."""
    if client := picked_client(request):
        return sides.begin(request, client)
    clients = Client.objects.visible_to(request.login).active()
    if len(clients) == 1:
        return sides.begin(request, clients[0])
    return render(request, "messaging/choose_mine.html", {"clients": clients})


@family_page(feature=Feature.MESSAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def my_conversation(request: MemberRequest, pk: int) -> HttpResponse:
    return sides.thread(request, pk)


@family_page(feature=Feature.MESSAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def my_message_delete(request: MemberRequest, pk: int, message_pk: int) -> HttpResponse:
    return sides.delete(request, pk, message_pk)
