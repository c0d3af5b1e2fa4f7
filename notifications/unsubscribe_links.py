"""The link in every notice email that turns the emails of one feature off, for one login (E3, RFC 8058).

It holds a login's id and a feature, signed, and nothing personal. It works for as long as the key that signed it is
among `SECRET_KEY` and `SECRET_KEY_FALLBACKS`: an email is kept for years, and its link must not fail then.
"""

from dataclasses import dataclass

from django.conf import settings
from django.core.signing import BadSignature, Signer

from accounts.features import Feature

_SALT = "blink.unsubscribe"


@dataclass(frozen=True)
class Subject:
    """Whose emails about what."""

    login_id: int
    feature: Feature


def link_for(login_id: int, feature: str) -> str:
    """The whole address that stops the emails about this feature to this login. The same each time."""
    return f"{settings.PUBLIC_URL}/unsubscribe/{_signer().sign_object([login_id, feature])}"


def read_token(token: str) -> Subject | None:
    """What a link is about; None if we did not make it."""
    try:
        login_id, feature = _signer().unsign_object(token)
        return Subject(int(login_id), Feature(feature))
    except (BadSignature, ValueError, TypeError):
        return None


def _signer() -> Signer:
    return Signer(salt=_SALT, sep=".")
