"""Whom an email is from, for every channel that has a sender to show."""

import unicodedata
from email.utils import parseaddr
from typing import Final

from django.conf import settings

# What a name may not have unless it is quoted (RFC 5322, 3.2.3).
_SPECIALS: Final = frozenset('()<>[]:;@\\,."')


def sender(practice: str) -> str:
    """`Practice <address of DEFAULT_FROM_EMAIL>`, whatever characters the name has; the address if it has none.

    The name is quoted where it must be, and also where it would be read as an encoded word (RFC 2047, 2). A backend
    encodes what is not ASCII.
    """
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    name = one_line(practice)
    if _SPECIALS.intersection(name) or "=?" in name:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        name = f'"{escaped}"'
    return f"{name} <{address}>" if name else address


def one_line(words: str) -> str:
    """Without line ends, control characters and halves of characters, none of which a header can hold."""
    spaced = "".join(" " if unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") else each for each in words)
    return " ".join(spaced.split())
