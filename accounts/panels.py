"""Panels: what apps of upper layers show on pages of lower ones.

The page of a client is of `accounts`, which does not know invoices; `billing` places its panel there from
`AppConfig.ready()`, and the page shows whatever was placed:

    place(Slot.CLIENT, Panel(template="billing/_client.html", context=of_client, order=40, feature=Feature.INVOICES))
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from accounts.access import MemberRequest
from accounts.features import Feature


class Slot(Enum):
    """Where panels are shown, and what each is about."""

    STAFF_HOME = "staff home"  # about nothing (None)
    FAMILY_HOME = "family home"  # about nothing (None)
    CLIENT = "client"  # staff look at a Client
    LOGIN = "login"  # staff look at a client's Login
    ACCOUNT = "account"  # a Login looks at itself


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A template and its context, made from the request and the subject; a context of None shows nothing."""

    template: str
    context: Callable[[MemberRequest, Any], Mapping[str, Any] | None]
    order: int
    feature: Feature | None = None


_placed: dict[Slot, list[Panel]] = defaultdict(list)


def place(slot: Slot, panel: Panel) -> None:
    """Put a panel into a slot. Called from `AppConfig.ready()`."""
    _placed[slot].append(panel)
    _placed[slot].sort(key=lambda placed: placed.order)


def panels_in(slot: Slot, request: MemberRequest, subject: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The templates to show, in order, with their contexts. Those of features that are off are not asked (O2)."""
    for panel in _placed[slot]:
        if panel.feature in (None, *request.features):
            context = panel.context(request, subject)
            if context is not None:
                yield panel.template, context
