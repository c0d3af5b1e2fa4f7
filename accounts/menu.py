"""The menu: what each app has to offer to staff or to families. Apps register their entries when they are ready."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise

from accounts.access import Permission
from accounts.features import Feature
from accounts.models import Login, Role


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry. `count` says how many things wait there for a login (one query); None or 0 shows nothing."""

    label: str | Promise
    url_name: str
    icon: str
    order: int
    role: Role
    feature: Feature | None = None
    needs: Permission | None = None
    count: Callable[[Login], int | None] | None = None


@dataclass(frozen=True)
class Item:
    """One entry as a page shows it."""

    entry: Entry
    url: str
    is_current: bool
    count: int


_entries: list[Entry] = []


def register(*entries: Entry) -> None:
    """Add entries. Called from `AppConfig.ready()`."""
    _entries.extend(entries)
    _entries.sort(key=lambda entry: entry.order)


def menu_of(request: Any) -> list[Item]:
    """What this visitor's login may open, in order; a feature that is off leaves no trace (O2)."""
    login: Login | None = getattr(request, "login", None)
    if login is None:
        return []
    shown = []
    for entry in _entries:
        if entry.role != login.role or (entry.needs and not getattr(login, entry.needs)):
            continue
        if entry.feature not in (None, *request.features):
            continue
        url = reverse(entry.url_name)
        count = (entry.count(login) or 0) if entry.count else 0
        shown.append(Item(entry, url, is_current=request.path.startswith(url), count=count))
    return shown
