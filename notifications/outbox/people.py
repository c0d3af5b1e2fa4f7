"""Everyone who was told something, and each one's phones and mailbox."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from accounts.features import Channel
from accounts.models import Login
from notifications.models import OutboxLetter, OutboxMessage
from notifications.outbox import carrier
from notifications.outbox.page import live, outbox_page
from notifications.outbox.phone import AnswerForm, numbers_of, phones_of

LATEST = 30  # messages on the first page
IN_MAILBOX = 100  # emails: the latest
LETTERS = 200  # about signing in: the latest
PEOPLE = 100  # in the list of people: those who were told something last


@outbox_page()
def people(request: HttpRequest) -> HttpResponse:
    """Everyone who was told something, and what went out last."""
    letters = _letters()
    latest = _by_time(OutboxMessage.objects.all().listed()[:LATEST], letters)[:LATEST]
    return live(request, "people", {"people": _everyone(letters), "latest": latest})


@outbox_page()
def person(request: HttpRequest, login_id: int) -> HttpResponse:
    """One person's phones and mailbox."""
    return _person(request, _login(login_id))


@outbox_page(only=("POST",))
def answer(request: HttpRequest, login_id: int) -> HttpResponse:
    """A text from one of this person's phones to Blink, the way that the provider brings it."""
    login = _login(login_id)
    form = AnswerForm(request.POST, numbers=numbers_of(login))
    if form.is_valid():
        number = form.cleaned_data["phone"]
        try:
            carrier.carry(form.said, sender=number)
        except carrier.NotTaken as why:
            form.add_error("body", str(why))
        else:
            return redirect(f"{reverse('outbox:person', args=[login.pk])}#phone-{number}")
    return _person(request, login, form)


def _login(pk: int) -> Login:
    return get_object_or_404(Login.objects.select_related("organization", "user"), pk=pk)


def _person(request: HttpRequest, login: Login, typed: AnswerForm | None = None) -> HttpResponse:
    letters = _letters()
    theirs = OutboxMessage.objects.all().at_same_address_as(login.pk).listed()
    context = {
        "login": login,
        "people": _everyone(letters),
        "phones": phones_of(login),
        "emails": _by_time(
            theirs.by(Channel.EMAIL)[:IN_MAILBOX], [each for each in letters if each.recipient == login.user.email]
        ),
    }
    at = reverse("outbox:person", args=[login.pk])
    return live(request, "person", context, at=at, typed={"typed": typed} if typed else None)


def _letters() -> list[OutboxLetter]:
    return list(OutboxLetter.objects.listed()[:LETTERS])


def _everyone(letters: Iterable[OutboxLetter]) -> list[dict[str, Any]]:
    """Who was told something, the last first: by notices to their logins, and by letters to their address."""
    people = {row["login"]: dict(row) for row in OutboxMessage.objects.all().people()[:PEOPLE]}
    written: dict[str, list[OutboxLetter]] = defaultdict(list)
    for letter in letters:
        written[letter.recipient].append(letter)
    logins = Login.objects.filter(user__email__in=written).select_related("organization", "user").order_by("pk")
    for login in logins:
        theirs = written[login.user.email]
        one = people.setdefault(
            login.pk,
            {
                "login": login.pk,
                "name": login.name,
                "practice": login.organization.name,
                "zone": login.organization.time_zone,
                "texts": 0,
                "emails": 0,
                "last": theirs[0].sent_at,
            },
        )
        one["emails"] += len(theirs)
        one["last"] = max(one["last"], theirs[0].sent_at)
    return sorted(people.values(), key=lambda one: (-one["last"].timestamp(), one["login"]))[:PEOPLE]


def _by_time(emails: Iterable[OutboxMessage], letters: Iterable[OutboxLetter]) -> list[OutboxMessage | OutboxLetter]:
    """Both in one list, the latest first."""
    return sorted([*emails, *letters], key=lambda message: message.sent_at, reverse=True)
