"""How templates write phone numbers, the names of kinds, and what people texted."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext, ngettext

from accounts import phones
from notifications.advice import HoldInWords, holds_in_words
from notifications.kinds import kind_of
from notifications.models import TextReply
from notifications.reachability import Reach

register = template.Library()

SHORT = 140  # characters of a reply in a list


@register.filter
def phone(stored: str) -> str:
    """A stored number as people write it: `(604) 555-0199`."""
    return phones.for_display(stored)


@register.filter
def phone_link(stored: str) -> SafeString:
    """A stored number as a link to call it, where it can be dialled."""
    number = dial(stored)
    shown = phones.for_display(stored)
    return format_html('<a href="tel:{}">{}</a>', number, shown) if number else format_html("{}", shown)


def dial(stored: str) -> str:
    """A stored number as a telephone dials it (`tel:`, RFC 3966), or nothing if it is not one.

    Ten digits of the U.S. or Canada get their country code, a number with its own keeps it. Any other is left as
    people at home dial it.
    """
    kept = phones.normalize(stored)
    if phones.is_ten_digits(kept) and phones.is_us_or_canada(kept):
        return phones.e164(kept)
    return kept if kept.removeprefix("+").isdecimal() else ""


@register.filter
def kind_label(slug: str) -> str:
    """What a kind of notification is called, or its bare name if its app is no longer installed."""
    try:
        return str(kind_of(slug).label)
    except KeyError:
        return slug


@register.filter
def truth_to_you(reach: Reach) -> str:
    """Why a channel cannot reach its reader (P6)."""
    return reach.whole_truth(to_you=True)


@register.filter
def truth_about_them(reach: Reach) -> str:
    """The same about somebody else, for staff."""
    return reach.whole_truth(to_you=False)


@register.simple_tag
def holds() -> list[HoldInWords]:
    """The channels that are held now, for platform admins."""
    return holds_in_words()


@register.filter
def in_short(reply: TextReply) -> str:
    """A reply in a line of a list: its first words, or what came in their place."""
    words = " ".join(reply.body.split())
    if words:
        return Truncator(words).chars(SHORT)
    return pictures(reply.media) if reply.media else gettext("An empty text")


@register.filter
def pictures(count: int) -> str:
    """That so many pictures came with a text, which Blink does not keep."""
    return ngettext(
        "%(count)d picture was sent; Blink does not keep pictures.",
        "%(count)d pictures were sent; Blink does not keep pictures.",
        count,
    ) % {"count": count}
