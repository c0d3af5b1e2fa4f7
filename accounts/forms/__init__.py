"""What people type: signing in, and about clients, logins, staff and their practice."""

from accounts.forms.signing_in import (
    AskForResetForm,
    ChangePasswordForm,
    FirstPasswordForm,
    NewAddressForm,
    ResetForm,
    SignInForm,
    bare,
)

__all__ = [
    "AskForResetForm",
    "ChangePasswordForm",
    "FirstPasswordForm",
    "NewAddressForm",
    "ResetForm",
    "SignInForm",
    "bare",
]
