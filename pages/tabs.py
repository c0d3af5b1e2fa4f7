"""Tabs above a list: links that narrow it down, and keep whatever else is in the address."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import Promise


@dataclass(frozen=True)
class Tab:
    """One way to see the list; `query` is its address after "?"."""

    label: str | Promise
    query: str
    is_current: bool


@dataclass(frozen=True)
class Tabs:
    """The ways to see a list, and the one that was chosen. An unknown one is the first."""

    name: str
    chosen: str
    tabs: list[Tab]


def tabs(request: HttpRequest, name: str, choices: Mapping[str, str | Promise], *, default: str = "") -> Tabs:
    """Tabs for the parameter `name`, one for each value of `choices` with its label."""
    fallback = default or next(iter(choices))
    asked = request.GET.get(name, "")
    chosen = asked if asked in choices else fallback
    shown = []
    for value, label in choices.items():
        query = request.GET.copy()
        query.pop("page", None)
        query[name] = value
        shown.append(Tab(label, query.urlencode(), is_current=value == chosen))
    return Tabs(name, chosen, shown)
