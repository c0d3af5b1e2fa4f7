"""A user's own change of their email address: confirmed at the new one, announced at the old one (S4).

Nothing changes until the new mailbox has been shown to be theirs, by somebody who is signed in as them: whoever a
mistyped address belongs to cannot do anything with the link.
"""

from datetime import timedelta
from typing import cast

from allauth.account.decorators import reauthentication_required
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import letters
from accounts.adapter import language_at, public, tell_owner
from accounts.forms import NewAddressForm
from accounts.models import User

VALID_FOR = timedelta(days=3)
_SALT = "accounts.address"


@login_required
@reauthentication_required(app="allauth.account")  # type: ignore[untyped-decorator]  # allauth ships no types
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest) -> HttpResponse:
    """Ask for a new address. The answer is the same whether or not somebody has it already (S5)."""
    user = cast("User", request.user)
    form = NewAddressForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        limited = ratelimit.consume_or_429(request, action="manage_email")
        if limited is not None:
            return cast("HttpResponse", limited)
        new = form.cleaned_data["email"]
        ask_to_confirm(user, new)
        messages.success(
            request,
            _("We have written to %(email)s. Open the link in that letter, and the change is made.") % {"email": new},
        )
        return redirect("account_change_address")
    return render(request, "account/change_address.html", {"form": form, "present": user.email})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """What the letter to the new address leads to. A GET changes nothing (link scanners)."""
    user = cast("User", request.user)
    new = new_address(user, token)
    if new is None:
        return render(request, "account/confirm_address_gone.html", status=404)
    if request.method == "POST":
        if not move(user, new):
            return render(request, "account/confirm_address_gone.html", status=404)
        messages.success(request, _("Your address is now %(email)s. You sign in with it.") % {"email": new})
        return redirect("home")
    return render(request, "account/confirm_address.html", {"new": new, "present": user.email})


@transaction.atomic
def ask_to_confirm(user: User, new: str) -> None:
    """Write to the new address; if it is somebody's already, tell them instead."""
    language = get_language() or language_at(user.email)
    if User.objects.filter(email=new).exists():
        words = _("Somebody wanted to sign in with this address. It is yours already, so nothing changed.")
        tell_owner(new, words)
        return
    token = signing.dumps({"user": user.pk, "old": user.email, "new": new}, salt=_SALT)
    letters.write(
        "accounts/letters/new_address",
        new,
        language=language,
        link=public(reverse("account_confirm_address", args=[token])),
        days=VALID_FOR.days,
        old=user.email,
    )


def new_address(user: User, token: str) -> str | None:
    """The address that this link stands for; None if it is forged, too old, used, or somebody else's."""
    try:
        content = signing.loads(token, salt=_SALT, max_age=VALID_FOR)
    except signing.BadSignature:
        return None
    return str(content["new"]) if (content["user"], content["old"]) == (user.pk, user.email) else None


def move(user: User, new: str) -> bool:
    """Give this user the new address and tell the old one. False if somebody has it by now."""
    old = user.email
    try:
        with transaction.atomic():
            moved = User.objects.filter(pk=user.pk, email=old).update(email=new)
            if moved:
                letters.write("accounts/letters/address_changed", old, language=language_at(new), new=new, old=old)
    except IntegrityError:
        return False
    return bool(moved)
