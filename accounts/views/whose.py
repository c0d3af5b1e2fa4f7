"""Whose rows a list shows: those of the visitor's own clients or, for a user admin who asks for them, all (P4)."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.access import MemberRequest
from accounts.models import Client
from pages.tabs import Tabs, tabs


def whose(request: MemberRequest, linked: QuerySet[Client, Client]) -> Tabs | None:
    """The choice that a user admin has, "mine" or "all"; None for other staff, who see what is theirs alone.

    One who serves nobody, such as a receptionist, starts with all.
    """
    if not request.login.is_user_admin:
        return None
    default = "mine" if linked.exists() else "all"
    return tabs(request, "show", {"mine": _("Linked to me"), "all": _("Show all")}, default=default)
