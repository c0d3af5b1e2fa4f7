"""What a person is texted back who stopped texts, resumed them or asked for help: one text at most, or none (T6).

Twilio answers by itself what it knows: its keywords alone, and whatever Advanced Opt-Out recognized. Everything else
that changed something is confirmed here, once, as the law allows (47 CFR 64.1200(a)(12)). It goes out in
the answer to the provider's request, not through the ledger: it is the one text that a stopped number may get.

Whoever has our number can ask for such answers, and each costs us. So, as of every text, none goes abroad (T3), where
some numbers earn with what they are sent; and a number that asks on and on, such as a machine, gets no more for now.
"""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import phones
from accounts.models import Login, TextStop
from notifications.models import InboundText, Meaning
from notifications.reading import Reading
from notifications.texts import plain

# https://help.twilio.com/articles/223134027 (the whole text, case aside). It takes YES for START, too.
ANSWERED_BY_TWILIO: Final = frozenset(
    {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "start", "unstop", "yes",
     "help", "info"}
)  # fmt: skip
CONFIRMED: Final = (Meaning.STOP, Meaning.RESUME, Meaning.HELP)
MOST_ANSWERS: Final = 5  # of ours and of Twilio's together, to one number
FOR_A_WHILE: Final = timedelta(hours=1)


def confirmation(text: InboundText, reading: Reading, *, changed: bool) -> str:
    """The words that answer a text, plain and in one segment; "" where nothing is to be said.

    `changed` says whether the text halted or resumed anything.
    """
    if text.opt_out_type or text.body.strip().casefold() in ANSWERED_BY_TWILIO:
        return ""
    if not phones.is_us_or_canada(text.phone):
        return ""
    if reading.meaning == Meaning.HELP:
        due = not TextStop.objects.in_force().filter(phone=text.phone).exists()
    else:
        due = changed
    if not due or _asks_on_and_on(text):
        return ""
    return words_for(reading.meaning, reading.language or language_of(text.phone))


def _asks_on_and_on(text: InboundText) -> bool:
    """Whether the number asked for answers often enough lately."""
    lately = InboundText.objects.filter(phone=text.phone, received_at__gt=text.received_at - FOR_A_WHILE)
    return lately.filter(meaning__in=CONFIRMED).count() > MOST_ANSWERS


def words_for(meaning: Meaning, language: str) -> str:
    """How this is confirmed in this language, with what T4 asks for; "" for what is not confirmed."""
    with translation.override(language):
        footer = render_to_string("notifications/text_footer.txt").strip()
        words = {
            Meaning.STOP: _("You will get no more texts from us. Reply UNSTOP to resume."),
            Meaning.RESUME: _("You will get texts from us again.") + f" {footer}",
            Meaning.HELP: _("For help with these texts, please call your practice.") + f" {footer}",
        }
    return plain(words.get(meaning, ""))


def language_of(phone: str) -> str:
    """The language of a login with this number, the oldest that is active; Blink's own if there is none.

    Needs `everywhere`.
    """
    known = Login.objects.active().filter(phone=phone).order_by("pk").values_list("language", flat=True)
    return known.first() or settings.LANGUAGE_CODE
