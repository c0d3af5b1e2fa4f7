"""Mail about somebody's own sign-in: activation, reset, a changed address. It belongs to no feature (P1).

This app writes a letter and hands it to whoever carries letters; `notifications` does, from a queue of its own, so
that writing one takes as long whether or not anybody gets it, and an outage loses none.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.template.loader import render_to_string
from django.utils import translation

from accounts.models import Organization


@dataclass(frozen=True)
class Written:
    """A letter, ready to go. Without an organization it is from Blink itself."""

    to: str
    subject: str
    body: str
    html: str
    sender_name: str = ""
    reply_to: str = ""


Carrier = Callable[[Written], None]
_carriers: list[Carrier] = []


def carry_with(carrier: Carrier) -> None:
    """Let `carrier` take every letter from now on; it keeps them in the transaction that they are written in."""
    _carriers[:] = [carrier]


def write(
    template: str,
    to: str,
    *,
    language: str,
    organization: Organization | None = None,
    **context: Any,
) -> None:
    """Write `<template>/subject.txt`, `email.txt` and `email.html` in this language, and hand the letter over.

    Raises whatever a broken template raises.
    """
    if not _carriers:
        raise ImproperlyConfigured("Nobody carries letters: an app above has to call `carry_with`.")
    with translation.override(language):
        context = {**context, "organization": organization, "to": to}
        subject = " ".join(render_to_string(f"{template}/subject.txt", context).split())
        context["subject"] = subject
        letter = Written(
            to=to,
            subject=subject,
            body=_without_gaps(render_to_string(f"{template}/email.txt", context)),
            html=render_to_string(f"{template}/email.html", context).strip(),
            sender_name=organization.name if organization else "",
            reply_to=organization.reply_to if organization else "",
        )
    _carriers[0](letter)


def _without_gaps(text: str) -> str:
    """A template's optional lines leave gaps behind: one empty line between paragraphs is enough."""
    return re.sub(r"\n\s*\n", "\n\n", text).strip() + "\n"
