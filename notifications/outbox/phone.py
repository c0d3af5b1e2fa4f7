"""A phone of the demo: what was texted to it, what its owner wrote, and what answered, in order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.features import Channel
from accounts.models import Login
from accounts.texting import phone_warning
from notifications.channels.local import SENDING_NUMBER
from notifications.models import InboundText, OutboxAnswer, OutboxMessage

ON_A_PHONE = 100  # texts of each sort: the latest
LONGEST = 1600  # characters that Twilio takes of one text
QUICK = ("STOP", "UNSTOP")  # at one press


@dataclass(frozen=True)
class Bubble:
    """One text, to the phone or from it, at a moment on the wall clock of a zone."""

    body: str
    at: datetime
    zone: str
    way: Literal["to", "from"] = "to"


@dataclass(frozen=True)
class Phone:
    """One number as stored, ours that it texts with, and all its texts, the oldest first.

    `never` is why its owner's practice never texts it, in words; "" where it may.
    """

    number: str
    ours: str
    texts: list[Bubble]
    never: str = ""

    @property
    def can_text(self) -> bool:
        """Whether Twilio would bring us a text from it; a phone elsewhere gets none of ours to answer."""
        return phones.is_ten_digits(self.number)

    @property
    def quick(self) -> tuple[str, ...]:
        return QUICK


class AnswerForm(forms.Form):
    """What somebody texts from one of their numbers: typed, or one of the quick words."""

    phone = forms.ChoiceField()
    body = forms.CharField(max_length=LONGEST, strip=False, required=False)
    word = forms.ChoiceField(choices=[("", ""), *((word, word) for word in QUICK)], required=False)

    def __init__(self, data: Any, *, numbers: Iterable[str]) -> None:
        super().__init__(data)
        field: Any = self.fields["phone"]
        field.choices = [(number, number) for number in numbers if phones.is_ten_digits(number)]

    def clean(self) -> None:
        if "body" in self.cleaned_data and not self.said.strip():
            self.add_error("body", _("Write something first."))

    @property
    def said(self) -> str:
        return str(self.cleaned_data.get("word") or self.cleaned_data.get("body", ""))


def numbers_of(login: Login) -> list[str]:
    """The number that somebody has now, and those that were texted to them."""
    texted = OutboxMessage.objects.all().at_same_address_as(login.pk).by(Channel.TEXT)
    numbers = [login.phone, *texted.order_by("recipient").values_list("recipient", flat=True).distinct()]
    return list(dict.fromkeys(filter(None, numbers)))


def phones_of(login: Login) -> list[Phone]:
    """Everybody's texts on this person's phones, whichever practice they are from. Four queries."""
    numbers = numbers_of(login)
    texts = OutboxMessage.objects.by(Channel.TEXT).filter(recipient__in=numbers).select_related("organization")
    written = InboundText.objects.filter(phone__in=numbers).order_by("-received_at", "-pk")
    answers = OutboxAnswer.objects.filter(phone__in=numbers).order_by("-sent_at", "-pk")
    zone = login.organization.time_zone
    bubbles: dict[str, list[Bubble]] = {number: [] for number in numbers}
    ours: dict[str, str] = {}
    for text in texts.order_by("-sent_at", "-pk").defer("html", "calendar")[:ON_A_PHONE]:
        bubbles[text.recipient].append(Bubble(text.body, text.sent_at, text.organization.time_zone))
        ours.setdefault(text.recipient, text.sender)
    for one in written[:ON_A_PHONE]:
        bubbles[one.phone].append(Bubble(one.body, one.received_at, zone, way="from"))
    for answer in answers[:ON_A_PHONE]:
        bubbles[answer.phone].append(Bubble(answer.body, answer.sent_at, zone))
    return [
        Phone(
            number,
            ours.get(number, SENDING_NUMBER),
            sorted(bubbles[number], key=lambda bubble: bubble.at),
            phone_warning(number, login.organization),
        )
        for number in numbers
    ]
