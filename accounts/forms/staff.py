"""Staff and their permissions."""

from collections.abc import Container
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import Field
from django.utils.translation import gettext_lazy as _

from accounts.actions import PERMISSIONS, change_permissions
from accounts.features import Feature
from accounts.forms.base import PersonForm, save_fields
from accounts.forms.invitations import InvitationForm
from accounts.models import Login, Role

MEANINGS = {
    "is_organization_admin": _("Runs the practice: staff, their permissions, and the organization’s settings."),
    "is_user_admin": _("Sees every client, adds clients, and links staff to them."),
    "is_schedule_admin": _("Sees and edits everyone’s schedule."),
}


def offer_permissions(fields: dict[str, Field], features: Container[Feature]) -> None:
    """Beside each tick what it allows. Without appointments there is no schedule to speak of (O2)."""
    if Feature.APPOINTMENTS not in features:
        del fields["is_schedule_admin"]
    for name, meaning in MEANINGS.items():
        if name in fields:
            fields[name].help_text = meaning


class StaffInvitationForm(InvitationForm):
    role = Role.STAFF
    field_order = ("name", "email", "phone", "language", *PERMISSIONS)

    class Meta(InvitationForm.Meta):
        fields = (*InvitationForm.Meta.fields, *PERMISSIONS)

    def __init__(self, *args: Any, features: Container[Feature], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_permissions(self.fields, features)


class StaffForm(PersonForm):
    """Details and permissions of somebody who works here, in the hands of an organization admin."""

    class Meta(PersonForm.Meta):
        fields = (*PersonForm.Meta.fields, *PERMISSIONS)

    def __init__(self, *args: Any, by: Login, features: Container[Feature], **kwargs: Any) -> None:
        super().__init__(*args, organization=by.organization, **kwargs)
        self.by = by
        offer_permissions(self.fields, features)

    @transaction.atomic
    def change(self) -> bool:
        """Save it all. False, and words beside the field, where a permission cannot be taken."""
        permissions = {name: self.cleaned_data[name] for name in PERMISSIONS if name in self.cleaned_data}
        try:
            change_permissions(self.instance, by=self.by, **permissions)
        except ValidationError as refused:
            self.add_error(None, refused)
            return False
        save_fields(self)
        return True
