"""Panels: what apps of upper layers show on pages of lower ones.

The page of a client is of `accounts`, which does not know invoices; `billing` places its panel there from
`AppConfig.ready()`, and the page shows whatever was placed:

    place(Slot.CLIENT, Panel(template="billing/_client.html", context=of_client, order=40, feature=Feature.INVOICES))

Lists of logins show what upper layers know of each row in the same way, asked about all rows of a page at once:

    describe_logins(reachability)  # (request, logins) -> {login.pk: [Hint(words=_("Email"), tone="good"), ...]}
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

from django.utils.functional import Promise

from accounts.access import MemberRequest
from accounts.features import Feature
from accounts.models import Login


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


@dataclass(frozen=True, kw_only=True)
class Hint:
    """A few words about a login in a list, shown as a tag. The tone repeats the words in colour; none is neutral."""

    words: str | Promise
    tone: Literal["", "good", "wait", "bad"] = ""


Describe = Callable[[MemberRequest, Sequence[Login]], Mapping[int, Sequence[Hint]]]

_describing: list[Describe] = []


def describe_logins(describe: Describe) -> None:
    """Say something about client logins wherever they are listed. Called from `AppConfig.ready()`.

    `describe` gets the logins of one page, with organization and user loaded, and answers by their ids; it takes a
    fixed number of queries. A login it says nothing about may be left out.
    """
    _describing.append(describe)


def hints_for(request: MemberRequest, logins: Sequence[Login]) -> dict[int, list[Hint]]:
    """What there is to say about each of these logins, by id."""
    hints: dict[int, list[Hint]] = {login.pk: [] for login in logins}
    if logins:
        for describe in _describing:
            for pk, words in describe(request, logins).items():
                hints[pk].extend(words)
    return hints
