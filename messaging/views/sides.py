"""The pages of both sides, staff and families: the same conversations at addresses of their own."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import MemberRequest
from accounts.models import Client, Login, Role
from messaging.forms import ReplyForm, StartForm
from messaging.models import Closed, Conversation, MayNotTakePart, Message, Participant
from messaging.thread import thread_of
from pages.confirm import ask
from pages.lists import listing

SEARCH = ("subject", "client__first_name", "client__last_name", "last_body")


@dataclass(frozen=True)
class Side:
    """The names of one side's addresses."""

    list: str
    new: str
    conversation: str
    delete: str


STAFF = Side("message_list", "message_new", "conversation", "message_delete")
FAMILY = Side("my_messages", "my_message_new", "my_conversation", "my_message_delete")


def side_of(login: Login) -> Side:
    return STAFF if login.role == Role.STAFF else FAMILY


def inbox(request: MemberRequest) -> HttpResponse:
    """The list: for everybody their own conversations; for a user admin with `?all=1` the whole practice's."""
    login = request.login
    found = Conversation.objects.visible_to(login).in_list(login)
    everyones = login.is_user_admin and "all" in request.GET
    if not everyones:
        found = found.filter(pk__in=Participant.objects.filter(login=login).values("conversation"))
    context = {
        "listing": listing(request, found, search=SEARCH, per_page=25),
        "side": side_of(login),
        "everyones": everyones,
        "kept": {"all": "1"} if everyones else {},
    }
    return render(request, "messaging/list.html", context)


def thread(request: MemberRequest, pk: int) -> HttpResponse:
    """A conversation: shown and so read on GET, answered on POST."""
    login = request.login
    visible = Conversation.objects.visible_to(login).select_related("client")
    conversation = get_object_or_404(visible, pk=pk)
    form = ReplyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        kept = form.cleaned_data
        try:
            conversation.reply(author=login, body=kept["body"], token=kept["token"])
        except Closed:
            form.add_error(None, _("Nothing more can be written in this conversation."))
        else:
            messages.success(request, _("Your message is sent."))
            return redirect(f"{reverse(side_of(login).conversation, args=[pk])}#latest")
    return render(request, "messaging/thread.html", _shown(request, conversation, form))


def _shown(request: MemberRequest, conversation: Conversation, form: ReplyForm) -> dict[str, object]:
    login, people = request.login, conversation.people()
    shown = thread_of(conversation, reader=login, people=people, number=request.GET.get("page"))
    # A browser that fetches a page in case it is wanted has shown it to nobody.
    if request.method == "GET" and "prefetch" not in request.headers.get("Sec-Purpose", ""):
        for one in people:
            if one.login_id == login.pk:
                one.mark_read(shown.last_id)
    return {
        "conversation": conversation,
        "thread": shown,
        "present": [one for one in people if one.is_present],
        "gone": [one for one in people if not one.is_present],
        "takes_part": any(one.login_id == login.pk for one in people),
        "why_closed": conversation.why_closed(login, people),
        "form": form,
        "side": side_of(login),
    }


def begin(request: MemberRequest, client: Client) -> HttpResponse:
    """The form for a new conversation about this client."""
    form = StartForm(request.POST or None, client=client, author=request.login)
    side = side_of(request.login)
    if request.method == "POST" and form.is_valid():
        try:
            conversation = form.save()
        except (Closed, MayNotTakePart):
            form.add_error(None, _("Somebody here can no longer be written to. Look at your choices again."))
        else:
            messages.success(request, _("Your message is sent."))
            return redirect(side.conversation, pk=conversation.pk)
    return render(request, "messaging/new.html", {"form": form, "client": client, "side": side})


def delete(request: MemberRequest, pk: int, message_pk: int) -> HttpResponse:
    """Ask, then take back the words of one's own message."""
    mine = Message.objects.deletable_by(request.login)
    message = get_object_or_404(mine, pk=message_pk, conversation=pk)
    back = reverse(side_of(request.login).conversation, args=[pk])
    if request.method == "POST":
        message.delete_words()
        messages.success(request, _("Your message is deleted."))
        return redirect(back)
    return ask(
        request,
        question=_("Delete this message?"),
        consequence=_(
            "Its words are gone for everybody. That there was a message stays to be seen, and whoever was told of "
            "it already has been told."
        ),
        yes=_("Delete the message"),
        back=back,
    )
