"""Where what kept a notification from being sent is mended (L1): on the pages of staff, or in Django admin."""

from django.db.models import Model

from accounts.admin.lists import change_url
from accounts.models import Client, Login, Organization
from notifications.doors import Doors
from notifications.models import Notification
from notifications.reasons import Mend, Reason

# The model whose page it is, and the column of the ledger that says which one.
MENDED_ON: dict[Mend, tuple[type[Model], str]] = {
    Mend.ORGANIZATION: (Organization, "organization_id"),
    Mend.LOGIN: (Login, "login_id"),
    Mend.PREFERENCES: (Login, "login_id"),
    Mend.CLIENT: (Client, "client_id"),
}


def page_to_mend(reason: Reason, row: Notification, doors: Doors) -> str:
    """The page where this reader mends it, if there is one that lets them in.

    Nothing is mended where only the receiver can (a STOP), or where time alone does.
    """
    match reason.mend:
        case Mend.ORGANIZATION:
            return doors.organization()
        case Mend.CLIENT:
            return doors.client(row.client_id)
        case Mend.LOGIN:
            return doors.login(row.login)
        case Mend.PREFERENCES:
            return doors.preferences(row.login)
        case Mend.NOWHERE:
            return ""


def mended_in_admin(row: Notification) -> str:
    """The address of the page of Django admin where it is mended, or nothing."""
    reason = Reason.known.get(row.reason)
    if reason is None or reason.mend not in MENDED_ON:
        return ""
    target, column = MENDED_ON[reason.mend]
    pk = getattr(row, column)
    return change_url(target, pk) if pk else ""
