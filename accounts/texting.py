"""Which phone numbers are kept and never texted, in words that stand beside the field (T1 to T3).

The sender's own rules are in `notifications.rules`, and in the same order; here is what people are told while they
type a number. A STOP is not looked up: it belongs to a number that was texted, not to one that is typed.
"""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import phones
from accounts.addresses import TEXTABLE_COUNTRIES
from accounts.models import Organization


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
