"""What allauth asks of us: who may sign up (nobody), how its mail leaves, and what its links look like."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.signals import password_reset
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import letters
from accounts.models import Login, User
from accounts.tenancy import everywhere

# What allauth tells people about their sign-in, by the last part of its template's name.
NOTICES: dict[str, Promise] = {
    "password_changed": _("Your password was changed."),
    "password_reset": _("Your password was reset."),
    "password_set": _("A password was set."),
    "totp_activated": _("An authenticator app was added as your second factor."),
    "totp_deactivated": _("The authenticator app was removed as your second factor."),
    "recovery_codes_generated": _("New recovery codes were made. The old ones no longer work."),
    "webauthn_added": _("A passkey was added."),
    "webauthn_removed": _("A passkey was removed."),
}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("This email and password do not belong together. Capitals count in the password."),
        "too_many_login_attempts": _("Too many attempts. Wait five minutes, or reset the password."),
        "incorrect_password": _("This is not your password."),
        "enter_current_password": _("This is not your present password."),
        "rate_limited": _("Too many attempts. Wait a few minutes."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: people are invited."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Every mail of allauth's is one of our letters."""
        name = template_prefix.rpartition("/")[2]
        if name == "password_reset_key":
            link = context["password_reset_url"]
            letters.write("accounts/letters/reset", email, language=language_at(email), link=link)
        else:
            tell_owner(email, NOTICES[name])

    def get_reset_password_from_key_url(self, key: str) -> str:
        """At our public address, whatever host the request named."""
        uid, _dash, token = key.partition("-")
        return public(reverse("account_reset_password_from_key", args=[uid, token]))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("my_account")


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    error_messages = {**DefaultMFAAdapter.error_messages, "incorrect_code": _("This code is not right.")}

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002 (allauth's name)
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("Passkey %(number)s") % {"number": number}

    def _get_site_name(self) -> str:
        return "Blink"  # as people's authenticators and passkeys call us


@receiver(password_reset, dispatch_uid="accounts.forget_attempts")
def forget_attempts(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Whoever reset the password may use it at once, however often they had mistaken the old one."""
    AccountAdapter(request)._delete_login_attempts_cached_email(request, email=user.email)


def tell_owner(email: str, what: str | Promise) -> None:
    """Say what changed about a sign-in, so that nobody changes it unnoticed."""
    link = public(reverse("account_reset_password"))
    letters.write("accounts/letters/security", email, language=language_at(email), what=what, link=link)


def public(path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}"


def language_at(email: str) -> str:
    """The language of whoever has this address, if known; else that of this request."""
    with everywhere("a user's language, in whichever practice"):
        languages = Login.objects.active().filter(user__email=User.objects.normalize_email(email))
        known = languages.order_by("pk").values_list("language", flat=True).first()
    return known or translation.get_language() or settings.LANGUAGE_CODE
