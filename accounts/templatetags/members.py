"""The menu and the panels, for templates."""

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from accounts import phones
from accounts.menu import Item, menu_of
from accounts.panels import Slot, panels_in

register = template.Library()


@register.filter
def phone(stored: str) -> str:
    """A phone number as people write it, such as "(604) 555-0199"."""
    return phones.for_display(stored)


@register.simple_tag(takes_context=True)
def menu_items(context: template.Context) -> list[Item]:
    """What the visitor may open."""
    return menu_of(context["request"]) if "request" in context else []


@register.simple_tag(takes_context=True)
def panels(context: template.Context, slot: str, subject: Any = None) -> SafeString:
    """Every panel of this slot, about this subject."""
    request = context["request"]
    shown = [
        render_to_string(name, {**values, "subject": subject}, request=request)
        for name, values in panels_in(Slot(slot), request, subject)
    ]
    return mark_safe("\n".join(shown))  # noqa: S308 (each was rendered by a template, which escapes)
