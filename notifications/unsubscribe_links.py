"""The link in every notice email that turns the emails of one feature off, for one login (E3, RFC 8058).

It holds a login's id, a feature and a mark of the address that it was sent to, signed, and nothing personal. It works
for as long as the key that signed it is among `SECRET_KEY` and `SECRET_KEY_FALLBACKS`: an email is kept for years, and
its link must not fail then. But only for as long as the emails go to that very address: who got them by a slip of the
pen, before staff corrected it (S4), must not stop those of the person whom they are for.
"""

from dataclasses import dataclass

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.features import Feature
from accounts.models import Login

_SALT = "blink.unsubscribe"
_MARK_LENGTH = 16  # hexadecimal digits


@dataclass(frozen=True)
class Subject:
    """Whose emails about what, and the mark of where they went."""

    login_id: int
    feature: Feature
    mark: str

    def is_for(self, login: Login) -> bool:
        """Whether the emails of this login, which comes with its user, still go to where the link was sent."""
        keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        marks = [_mark(login.user.email, key) for key in keys]
        return any(constant_time_compare(self.mark, mark) for mark in marks)


def link_for(login: Login, feature: str) -> str:
    """The whole address that stops the emails about this feature to this login. The same each time."""
    token = _signer().sign_object([login.pk, feature, _mark(login.user.email, settings.SECRET_KEY)])
    return f"{settings.PUBLIC_URL}/unsubscribe/{token}"


def read_token(token: str) -> Subject | None:
    """What a link is about; None if we did not make it."""
    try:
        login_id, feature, mark = _signer().unsign_object(token)
        return Subject(int(login_id), Feature(feature), str(mark))
    except (BadSignature, ValueError, TypeError):
        return None


def _mark(address: str, key: str | bytes) -> str:
    """Says nothing of the address to whoever lacks the key."""
    digest = salted_hmac(f"{_SALT}.address", address.lower(), secret=key, algorithm="sha256").hexdigest()
    return digest[:_MARK_LENGTH]


def _signer() -> Signer:
    return Signer(salt=_SALT, sep=".")
