"""Where what kept a notification from being sent is mended (L1): on the pages of staff, or in Django admin."""

from django.db.models import Model
from django.urls import reverse

from accounts.admin.lists import change_url
from accounts.models import Client, Login, Organization, Role
from notifications.models import Notification
from notifications.reasons import Mend, Reason

# The model whose page it is, and the column of the ledger that says which one.
MENDED_ON: dict[Mend, tuple[type[Model], str]] = {
    Mend.ORGANIZATION: (Organization, "organization_id"),
    Mend.LOGIN: (Login, "login_id"),
    Mend.PREFERENCES: (Login, "login_id"),
    Mend.CLIENT: (Client, "client_id"),
}


def mended_at(row: Notification, reader: Login | None = None) -> str:
    """The address of the page where staff mend what kept this from being sent, or nothing."""
    reason = Reason.known.get(row.reason)
    return page_to_mend(reason, row, reader) if reason else ""


def page_to_mend(reason: Reason, row: Notification, reader: Login | None = None) -> str:
    """Where staff mend this reason. Rows come with `login` loaded.

    Nothing is mended where only the receiver can (a STOP), or where time alone does. A page that would refuse the
    `reader` is not offered.
    """
    if reason.mend in (Mend.LOGIN, Mend.PREFERENCES):
        return _login_page(row.login, reason.mend, reader)
    if reason.mend == Mend.CLIENT and row.client_id:
        return reverse("client", args=[row.client_id])
    if reason.mend == Mend.ORGANIZATION and (reader is None or reader.is_organization_admin):
        return reverse("organization")
    return ""


def mended_in_admin(row: Notification) -> str:
    """The address of the page of Django admin where it is mended, or nothing."""
    reason = Reason.known.get(row.reason)
    if reason is None or reason.mend not in MENDED_ON:
        return ""
    target, column = MENDED_ON[reason.mend]
    pk = getattr(row, column)
    return change_url(target, pk) if pk else ""


def _login_page(login: Login, mend: Mend, reader: Login | None) -> str:
    """A client login's page, one's own account, or that of somebody who works here.

    What staff choose to be told nobody else changes.
    """
    anchor = "#preferences" if mend == Mend.PREFERENCES else ""
    if reader is not None and login.pk == reader.pk:
        return reverse("my_account") + anchor
    if login.role == Role.CLIENT:
        return reverse("login", args=[login.pk]) + anchor
    if mend == Mend.LOGIN and (reader is None or reader.is_user_admin):
        return reverse("staff_member", args=[login.pk])
    return ""
