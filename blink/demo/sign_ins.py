"""Whom one can sign in as in the demo: printed when Blink starts, and offered on the sign-in page."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from blink.demo import ADMIN_EMAIL, PASSWORD


@dataclass(frozen=True)
class SignIn:
    email: str
    who: str | Promise
    what: str | Promise


PEOPLE = (
    SignIn("imogen@cedarfinch.example", "Dr. Imogen Castellane", _("runs Cedar & Finch in Seattle")),
    SignIn("tilda@cedarfinch.example", "Tilda Vasquez", _("keeps everybody’s schedule there")),
    SignIn("bram@cedarfinch.example", "Bram Oyelaran", _("a therapist there")),
    SignIn("hanna.lindqvist@mail.example", "Hanna Lindqvist", _("Ruby’s mother")),
    SignIn("marcus.bellweather@mail.example", "Marcus Bellweather", _("father of Ada and Theo")),
    SignIn("elio.iversen@mail.example", "Elio Iversen", _("a father with children in two practices")),
    SignIn(
        "genevieve@vieuxtilleul.example", "Geneviève Lachapelle", _("runs the Clinique du Vieux-Tilleul, in French")
    ),
    SignIn("harriet@willowmere.example", "Dr Harriet Oakenfold", _("runs Willowmere in Bristol")),
    SignIn(ADMIN_EMAIL, _("Platform admin"), _("runs the whole installation; for /admin/")),
)


def sign_ins() -> list[SignIn]:
    """Those of the demo's people who are there with the password that we tell; none where real people are.

    The demo stores one salted hash for all, so whoever has the commonest has that password: nothing is hashed to
    show a page.
    """
    if settings.PRODUCTION or settings.DELIVERY != "outbox":
        return []
    stored = dict(User.objects.filter(email__in=[one.email for one in PEOPLE]).values_list("email", "password"))
    if not stored:
        return []
    shared, times = Counter(stored.values()).most_common(1)[0]
    return [one for one in PEOPLE if times > 1 and stored.get(one.email) == shared]


def demo_people(request: HttpRequest) -> dict[str, Any]:
    """For templates; nothing is looked up unless a page asks."""
    return {"demo_sign_ins": sign_ins, "demo_password": PASSWORD}
