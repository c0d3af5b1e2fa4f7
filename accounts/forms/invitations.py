"""Inviting people, and correcting the address of an invitation."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import invitations
from accounts.forms.base import PersonForm
from accounts.models import Client, Login, Role


class InvitationForm(PersonForm):
    """A person who is to sign in: name, email, mobile phone, language."""

    role = Role.CLIENT
    email = forms.EmailField(
        label=_("Email"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text=_("The invitation goes there. They choose a password by its link."),
    )
    field_order: tuple[str, ...] = ("name", "email", "phone", "language")

    def __init__(self, *args: Any, by: Login, **kwargs: Any) -> None:
        initial = {"language": by.language, **kwargs.pop("initial", {})}
        super().__init__(*args, organization=by.organization, initial=initial, **kwargs)
        self.by = by

    def invite(self, clients: Iterable[Client] = ()) -> Login | None:
        """Invite whoever was typed, linked to these clients. None, and words beside a field, where that is refused."""
        try:
            return invitations.invite(
                self.by.organization, role=self.role, clients=clients, by=self.by, **self.cleaned_data
            )
        except ValidationError as refused:
            self.add_error(None, refused)
            return None


class AddressForm(forms.Form):
    """The address of a login that is not activated yet (S4)."""

    email = forms.EmailField(label=_("Email"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))

    def correct(self, login: Login, *, by: Login) -> bool:
        """Give the login to this address. False, and words beside the field, where that is refused."""
        try:
            invitations.correct_email(login, self.cleaned_data["email"], by=by)
        except ValidationError as refused:
            self.add_error(None, refused)
            return False
        return True
