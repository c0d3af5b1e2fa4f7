"""What messaging shows on pages of others: new messages on the home pages, a client's conversations on theirs."""

from collections.abc import Mapping
from typing import Any

from accounts.access import MemberRequest
from accounts.models import Client, Login
from messaging.models import Conversation, Message
from messaging.views.sides import side_of

SHOWN = 5


def unread_count(login: Login) -> int:
    """How many messages are new, for the menu; one query."""
    return Message.objects.unread_by(login).count()


def unread(request: MemberRequest, subject: None) -> Mapping[str, Any]:
    """The conversations with something new."""
    login = request.login
    found = Conversation.objects.visible_to(login).in_list(login).only_new()
    return {"conversations": found[:SHOWN], "side": side_of(login), "login": login}


def unread_for_staff(request: MemberRequest, subject: None) -> Mapping[str, Any] | None:
    """Nothing where nothing is new: the home page of staff is for what wants doing."""
    context = unread(request, subject)
    return context if context["conversations"] else None


def of_client(request: MemberRequest, client: Client) -> Mapping[str, Any]:
    """The latest conversations about this client that the visitor may read."""
    login = request.login
    found = Conversation.objects.visible_to(login).filter(client=client).in_list(login)
    return {"conversations": found[:SHOWN], "client": client, "side": side_of(login), "login": login}
