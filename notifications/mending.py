"""Where what kept a notification from being sent is mended: a page of Django admin (L1)."""

from django.db.models import Model

from accounts.admin.lists import change_url
from accounts.models import Client, Login, Organization
from notifications.models import Notification
from notifications.reasons import Mend, Reason

# The model whose page it is, and the column of the ledger that says which one.
MENDED_ON: dict[Mend, tuple[type[Model], str]] = {
    Mend.ORGANIZATION: (Organization, "organization_id"),
    Mend.LOGIN: (Login, "login_id"),
    Mend.PREFERENCES: (Login, "login_id"),
    Mend.CLIENT: (Client, "client_id"),
}


def mended_at(row: Notification) -> str:
    """The address of the admin page where what kept this from being sent is mended, or nothing.

    Nothing is mended where it was sent, where only its receiver can (a STOP), or where time alone does.
    """
    reason = Reason.known.get(row.reason)
    if reason is None or reason.mend not in MENDED_ON:
        return ""
    target, column = MENDED_ON[reason.mend]
    pk = getattr(row, column)
    return change_url(target, pk) if pk else ""
