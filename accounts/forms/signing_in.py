"""The forms of signing in: allauth's, in our words."""

from typing import Any

from allauth.account import forms as allauth
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import letters
from accounts.adapter import language_at
from accounts.models import User


def bare(field: forms.Field, label: Any, help_text: Any = "") -> None:
    """Our label, and no words inside the box that vanish while somebody types."""
    field.label, field.help_text = label, help_text
    field.widget.attrs.pop("placeholder", None)


# What Django's validators ask for, in one line (AUTH_PASSWORD_VALIDATORS).
PASSWORD_RULES = _("At least 8 characters. Not all digits, not like your address, and not one that many people use.")


class SignInForm(allauth.LoginForm):  # type: ignore[misc]  # allauth ships no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bare(self.fields["login"], _("Email"))
        bare(self.fields["password"], _("Password"))
        bare(self.fields["remember"], _("Keep me signed in on this device"))
        # "username webauthn" would open the browser's list of passkeys by itself; ours is a button.
        self.fields["login"].widget.attrs.update({"autocomplete": "username", "inputmode": "email"})


class AskForResetForm(allauth.ResetPasswordForm):  # type: ignore[misc]  # allauth ships no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bare(self.fields["email"], _("Email"))

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Write to whoever was asked about; a stranger gets a letter as well, so that both take as long (S5)."""
        if self.users:
            return str(super().save(request, **kwargs))
        email: str = self.cleaned_data["email"]
        letters.write("accounts/letters/unknown", email, language=language_at(email))
        return email


class ResetForm(allauth.ResetPasswordKeyForm):  # type: ignore[misc]  # allauth ships no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bare(self.fields["password1"], _("New password"), PASSWORD_RULES)
        bare(self.fields["password2"], _("New password again"))


class ChangePasswordForm(allauth.ChangePasswordForm):  # type: ignore[misc]  # allauth ships no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bare(self.fields["oldpassword"], _("Present password"))
        bare(self.fields["password1"], _("New password"), PASSWORD_RULES)
        bare(self.fields["password2"], _("New password again"))


class FirstPasswordForm(forms.Form):
    """Somebody who was invited chooses a password."""

    password1 = forms.CharField(
        label=_("Choose a password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label=_("The same password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["password1"].help_text = PASSWORD_RULES

    def clean_password1(self) -> str:
        password: str = self.cleaned_data["password1"]
        validate_password(password, self.user)
        return password

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        first, second = cleaned.get("password1"), cleaned.get("password2")
        if first and second and first != second:
            self.add_error("password2", ValidationError(_("The two are not the same.")))
        return cleaned


class NewAddressForm(forms.Form):
    """A user's new email address. Whether somebody has it already is never said here (S5)."""

    email = forms.EmailField(
        label=_("New email address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_email(self) -> str:
        email = User.objects.normalize_email(self.cleaned_data["email"])
        if email == self.user.email:
            raise ValidationError(_("This is your address already."))
        return email
