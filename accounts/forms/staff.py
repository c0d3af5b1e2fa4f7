"""Staff and their permissions."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import Field
from django.utils.translation import gettext_lazy as _

from accounts.actions import PERMISSIONS, change_permissions
from accounts.forms.base import PersonForm, save_fields
from accounts.forms.invitations import InvitationForm
from accounts.models import Login, Role

MEANINGS = {
    "is_organization_admin": _("Runs the practice: staff, their permissions, and the organization’s settings."),
    "is_user_admin": _("Sees every client, adds clients, and links staff to them."),
    "is_schedule_admin": _("Sees and edits everyone’s schedule."),
}


def explain_permissions(fields: dict[str, Field]) -> None:
    """Beside each tick what it allows."""
    for name, meaning in MEANINGS.items():
        fields[name].help_text = meaning


class StaffInvitationForm(InvitationForm):
    role = Role.STAFF
    field_order = ("name", "email", "phone", "language", *PERMISSIONS)

    class Meta(InvitationForm.Meta):
        fields = (*InvitationForm.Meta.fields, *PERMISSIONS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        explain_permissions(self.fields)


class StaffForm(PersonForm):
    """Details and permissions of somebody who works here, in the hands of an organization admin."""

    class Meta(PersonForm.Meta):
        fields = (*PersonForm.Meta.fields, *PERMISSIONS)

    def __init__(self, *args: Any, by: Login, **kwargs: Any) -> None:
        super().__init__(*args, organization=by.organization, **kwargs)
        self.by = by
        explain_permissions(self.fields)

    @transaction.atomic
    def change(self) -> bool:
        """Save it all. False, and words beside the field, where a permission cannot be taken."""
        permissions = {name: self.cleaned_data[name] for name in PERMISSIONS}
        try:
            change_permissions(self.instance, by=self.by, **permissions)
        except ValidationError as refused:
            self.add_error(None, refused)
            return False
        save_fields(self)
        return True
