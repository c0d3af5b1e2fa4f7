"""Which phone numbers are kept and never texted, in words that stand beside the field (T1 to T3).

The sender's own rules are in `notifications.rules`, and in the same order; here is what people are told while they
type a number. A STOP is not looked up: it belongs to a number that was texted, not to one that is typed.
"""

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import phones
from accounts.addresses import TEXTABLE_COUNTRIES
from accounts.models import Login, Organization, Role


def texts_at_all(organization: Organization) -> bool:
    """Whether the practice is where texts are sent from (T1)."""
    return str(organization.country) in TEXTABLE_COUNTRIES


def phone_warning(phone: str, organization: Organization) -> str:
    """Why this number is never texted, as a whole sentence; empty for one that is texted, and for none at all."""
    kept = phones.normalize(phone)
    if not kept:
        return ""
    if not texts_at_all(organization):
        return _("This number is kept, but never texted: texts are only sent by practices in the U.S. and Canada.")
    count = len(phones.digits(kept))
    if count != 10:
        return ngettext(
            "This number is kept, but never texted: it has %(count)d digit, and only ten digits can be texted.",
            "This number is kept, but never texted: it has %(count)d digits, and only ten digits can be texted.",
            count,
        ) % {"count": count}
    if not phones.is_ten_digits(kept) or not phones.is_us_or_canada(kept):
        return _("This number is kept, but never texted: it is not a U.S. or Canadian number.")
    return ""


def sharing_warning(login: Login, reader: Login) -> str:
    """Whose number this is besides, for staff: a STOP stops texts to all of them (T6). Empty for one's own number.

    Of the same organization alone (S1), and by name only those whom the reader sees (S3). Numbers that are never
    texted may be shared as one likes.
    """
    if reader.role != Role.STAFF or not login.phone or phone_warning(login.phone, reader.organization):
        return ""
    others = list(Login.objects.active().filter(phone=login.phone).exclude(pk=login.pk).order_by("name", "pk"))
    if not others:
        return ""
    visible = set(Login.objects.visible_to(reader).filter(phone=login.phone).values_list("pk", flat=True)) | {reader.pk}
    named = [other.name for other in others if other.pk in visible or reader.is_user_admin]
    if len(others) == 1 and named:
        return _("This number is also %(name)s’s. A STOP from it stops texts to both.") % {"name": named[0]}
    if len(others) == 1:
        return _("This number is also somebody else’s of this practice. A STOP from it stops texts to both.")
    names = [*named, _("somebody else of this practice")] if len(named) < len(others) else named
    return _("%(names)s have this number as well. A STOP from it stops texts to all of them.") % {
        "names": get_text_list(names, _("and"))
    }
