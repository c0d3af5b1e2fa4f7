"""Inviting a person to a login, and the link by which they accept (S4).

An invitation never touches a user who exists: not their password, not their address. Whoever holds the link that was
sent to an address has that mailbox, and nothing else is proven by it. So a user without a password chooses one by the
link; one who has a password signs in with it, and only then accepts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import letters
from accounts.features import Channel
from accounts.models import Client, Login, Organization, Preference, PreferenceChange, Role, User
from accounts.tenancy import everywhere, within

VALID_FOR = timedelta(days=14)
_SALT = "accounts.activation"


@transaction.atomic
def invite(
    organization: Organization,
    *,
    email: str,
    name: str,
    role: Role,
    clients: Iterable[Client] = (),
    phone: str = "",
    language: str = "en",
    by: Login,
    **permissions: bool,
) -> Login:
    """A new login for whoever has this address, linked to these clients; the activation letter is on its way.

    `permissions` are `is_user_admin` and the like, for staff. Raises ValidationError, by field, where something is
    refused, and PermissionDenied if `by` is no active staff of this organization.
    """
    if by.organization_id != organization.pk or by.role != Role.STAFF or by.active_since is None:
        raise PermissionDenied
    address = _clean_address(email)
    with within(organization):
        _refuse_second_login(address, by=by)
        login = Login(
            organization=organization,
            user=_user_at(address),
            role=role,
            name=name,
            phone=phone,
            language=language,
            **permissions,
        )
        login.full_clean()
        login.save()
        for client in clients:
            login.link(client)
        send_activation(login, by=by)
    return login


def send_activation(login: Login, *, by: Login | None = None) -> None:
    """Send the activation letter, or send it again. Raises ValidationError once that makes no sense any more."""
    if login.activated_at is not None:
        raise ValidationError(_("This login is activated already."), code="activated")
    if login.active_since is None:
        raise ValidationError(_("This login is deactivated. Reactivate it first."), code="inactive")
    letters.write(
        "accounts/letters/activation",
        login.user.email,
        language=login.language,
        organization=login.organization,
        name=login.name,
        invited_by=by.name if by else "",
        link=settings.PUBLIC_URL + path_to(login),
        days=VALID_FOR.days,
    )


@transaction.atomic
def correct_email(login: Login, email: str, *, by: Login) -> Login:
    """Give a login that is not activated to whoever has this address, and send the activation letter there (S4).

    The old link is of no use from then on, and what was turned off by the links in emails there is on again. A user who
    was only made for the mistaken address goes with it. Raises ValidationError once the login is activated: from then
    on only its owner changes the address.
    """
    address = _clean_address(email)
    with within(login.organization_id):
        before = Login.objects.select_for_update(of=("self",)).select_related("user").get(pk=login.pk)
        if before.activated_at is not None:
            raise ValidationError(
                {"email": _("This login is activated. Only its owner can change the address, under My Account.")}
            )
        if before.user.email != address:
            _refuse_second_login(address, by=by)
            Login.objects.filter(pk=login.pk).update(user=_user_at(address))
            _undo_choices(before, by=by)
            _remove_if_never_used(before.user)
        login.refresh_from_db()
        send_activation(login, by=by)
    return login


@dataclass(frozen=True)
class Invitation:
    """A login and the link to it that was followed."""

    login: Login

    @property
    def is_accepted(self) -> bool:
        return self.login.activated_at is not None

    @property
    def needs_password(self) -> bool:
        """Whether the person has none yet; otherwise they sign in with theirs."""
        return not self.login.user.has_usable_password()

    @transaction.atomic
    def accept(self, *, password: str = "") -> bool:
        """Activate the login; with the first password of a user who has none. False if somebody was quicker.

        A password for a user who has one raises PermissionDenied: nobody takes over a user through an organization.
        """
        with within(self.login.organization_id):
            user = User.objects.select_for_update().filter(pk=self.login.user_id).first()
            accepted = user is not None and self.login.activate()
            if accepted and user and password:
                if user.has_usable_password():
                    raise PermissionDenied  # which undoes the activation
                user.set_password(password)
                user.save(update_fields=["password"])
        return accepted


def path_to(login: Login) -> str:
    """Where the link in the letter leads: signed, good for `VALID_FOR`, tied to this login and this address."""
    content: dict[str, Any] = {"login": login.pk, "organization": login.organization_id, "email": login.user.email}
    return reverse("activate", args=[signing.dumps(content, salt=_SALT, compress=True)])


def by_token(token: str) -> Invitation | None:
    """The invitation that this link is for; None if it is forged or too old, or the login is somebody else's by now."""
    try:
        content = signing.loads(token, salt=_SALT, max_age=VALID_FOR)
    except signing.BadSignature:
        return None
    with within(content["organization"]):
        login = (
            Login.objects.active()
            .select_related("user", "organization")
            .filter(pk=content["login"], user__email=content["email"], user__is_active=True)
            .first()
        )
    return Invitation(login) if login else None


def _clean_address(email: str) -> str:
    address = User.objects.normalize_email(email)
    try:
        validate_email(address)
    except ValidationError as error:
        raise ValidationError({"email": error.messages}) from None
    return address


def _user_at(address: str) -> User:
    """The user with this address, made without a password if there is none."""
    user = User.objects.filter(email=address).first()
    return user or User.objects.create_user(address)


def _refuse_second_login(address: str, *, by: Login) -> None:
    """Raise ValidationError if this address has a login here; it says whose to those who see that login (S3)."""
    login = Login.objects.filter(user__email=address).first()
    if login is None:
        return
    if login.role == Role.CLIENT and not Login.objects.visible_to(by).filter(pk=login.pk).exists():
        words = _("There is a login here with this address already. A user admin can link it.")
    elif login.active_since is None:
        words = _("%(name)s has this address and a login here that is deactivated. Reactivate that one.")
    else:
        words = _("%(name)s has this address and a login here already.")
    raise ValidationError({"email": ValidationError(words, code="taken", params={"name": login.name})})


def _undo_choices(before: Login, *, by: Login) -> None:
    """Turn on what the receiver of the mistaken address turned off: all they had of this login is a link (E3)."""
    for kept in Preference.objects.filter(login=before):
        changes = PreferenceChange.objects.filter(login=before, feature=kept.feature, channel=Channel.EMAIL)
        last = changes.first()
        if last is not None and not last.became and last.by_id == before.user_id:
            kept.choose(Channel.EMAIL, on=True, by=by.user)


def _remove_if_never_used(user: User) -> None:
    """Tidy up a user who was only ever a mistyped address."""
    with everywhere("a user may have logins in other organizations"):
        used = user.has_usable_password() or user.last_login or user.is_superuser or user.logins.exists()
        if not used:
            user.delete()
