"""Lists: words that are searched for, and the pages of what was found."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Generic, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

M = TypeVar("M", bound=Model)
MAX_WORDS = 6  # more only cost time


@dataclass(frozen=True)
class Listing(Generic[M]):
    """One page of a list. `query` is the rest of the address, ready to stand before "page=2"."""

    page: Page[M]
    words: str
    query: str

    @property
    def rows(self) -> Sequence[M]:
        return list(self.page)

    @property
    def total(self) -> int:
        return self.page.paginator.count


def words_of(request: HttpRequest) -> str:
    """What was typed into the search above a list, without what no field can hold."""
    return " ".join(request.GET.get("q", "").replace("\0", "").split())


def query_without_page(request: HttpRequest) -> str:
    """The rest of the address, ready to stand before "page=2"."""
    rest = request.GET.copy()
    rest.pop("page", None)
    return f"{rest.urlencode()}&" if rest else ""


def listing(
    request: HttpRequest,
    found: QuerySet[M, Any],
    *,
    search: Sequence[str] = (),
    per_page: int = 50,
    sought: Callable[[str], str] = str,
) -> Listing[M]:
    """The page that `?page=` asks for of what matches the words of `?q=`.

    Each word must be in one of the fields of `search`, in any case. A page out of range is the nearest there is.
    `sought` turns what was typed into what the fields hold, such as a phone number into its digits.
    """
    words = words_of(request)
    for word in sought(words).split()[:MAX_WORDS]:
        found = found.filter(reduce(operator.or_, (Q(**{f"{name}__icontains": word}) for name in search)))
    page: Page[M] = Paginator(found, per_page).get_page(request.GET.get("page"))
    return Listing(page, words, query_without_page(request))
