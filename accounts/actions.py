"""Changes to staff that must leave the practice with somebody in charge."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Login, Organization

PERMISSIONS = ("is_organization_admin", "is_user_admin", "is_schedule_admin")


@transaction.atomic
def change_permissions(login: Login, *, by: Login, **permissions: bool) -> None:
    """Give and take permissions, such as `is_user_admin=True`.

    Raises ValidationError, by field, if it would leave the practice without an organization admin, or take that
    permission from whoever asks.
    """
    if not permissions.get("is_organization_admin", True):
        _keep_somebody_in_charge(login, by=by, field="is_organization_admin")
    Login.objects.staff().filter(pk=login.pk).update(**permissions)
    login.refresh_from_db(fields=PERMISSIONS)


@transaction.atomic
def deactivate_staff(login: Login, *, by: Login) -> bool:
    """Close a staff login. False if it was closed already.

    Raises ValidationError for one's own login, and for the last organization admin.
    """
    _keep_somebody_in_charge(login, by=by)
    return login.deactivate()


def _keep_somebody_in_charge(login: Login, *, by: Login, field: str | None = None) -> None:
    # One such change at a time: two admins who dismiss each other at the same moment would both succeed.
    Organization.objects.select_for_update().get(pk=login.organization_id)
    admins = Login.objects.active().staff().filter(is_organization_admin=True, user__is_active=True)
    words = ""
    if not admins.filter(pk=login.pk).exists():
        # Nobody's power to run the practice is at stake; still nobody closes the door behind themselves.
        words = _("You cannot deactivate yourself.") if login.pk == by.pk and field is None else ""
    elif login.pk == by.pk:
        words = _("You cannot take this from yourself. Ask another organization admin.")
    elif not admins.exclude(pk=login.pk).filter(Q(pk=by.pk) | Q(activated_at__isnull=False)).exists():
        words = _("%(name)s is the last organization admin who can sign in.") % {"name": login.name}
    if words:
        raise ValidationError({field: words} if field else words)
