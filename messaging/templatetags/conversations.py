"""How templates name the people of a conversation."""

from collections.abc import Iterable

from django import template

from accounts.models import Login
from messaging.models import Participant

register = template.Library()


@register.filter
def besides(people: Iterable[Participant], login: Login) -> str:
    """The names of these people, but for the one who reads them."""
    return ", ".join(one.login.name for one in people if one.login_id != login.pk)
