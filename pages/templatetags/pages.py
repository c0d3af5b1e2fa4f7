"""What templates of every page use: icons, and moments as people read them."""

from datetime import date, datetime

from django import template
from django.utils import formats, timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from pages import icons

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """The drawing `static/icons/<name>.svg`."""
    return icons.icon(name)


@register.filter
def when(moment: datetime | None) -> str:
    """ "Tue, Nov 24, 10:00 AM PST", in the time zone of the page; with the year where it is not this one."""
    return f"{day(moment)}, {clock(moment)}" if moment else ""


@register.filter
def day(moment: datetime | date | None) -> str:
    """ "Tue, Nov 24"; with the year where it is not this one."""
    if moment is None:
        return ""
    local = timezone.localtime(moment) if isinstance(moment, datetime) else moment
    if local.year == timezone.localdate().year:
        # Translators: a short date such as "Tue, Nov 24", in Django's date format letters.
        return formats.date_format(local, gettext("D, M j"))
    # Translators: a short date with its year such as "Tue, Nov 24, 2026", in Django's date format letters.
    return formats.date_format(local, gettext("D, M j, Y"))


@register.filter
def clock(moment: datetime | None) -> str:
    """ "10:00 AM PST", in the time zone of the page."""
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    zone = local.tzname() or ""
    # Translators: a time of day such as "10:00 AM", in Django's date format letters.
    time = formats.date_format(local, gettext("g:i A"))
    return f"{time} {zone}" if zone[:1].isalpha() else f"{time} UTC{zone}"
