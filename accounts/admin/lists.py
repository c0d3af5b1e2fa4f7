"""What the admin's lists share: reading without editing, long filters, bounded counts, links, phone searches."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, TypeVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db import models
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.admin.generics import ModelAdmin, Paginator
from accounts.models import Organization

M = TypeVar("M", bound=Model)

MOST_COUNTED = 10_000
"""Rows of a big table that a list counts and pages through; whoever needs others narrows the list."""


class ReadOnlyAdmin(ModelAdmin[M]):
    """Shows rows that nobody adds, changes or deletes, by any method and whatever their permissions (L2)."""

    actions: Sequence[str] | None = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class BoundedPaginator(Paginator[Any]):
    """Counts up to `MOST_COUNTED` rows: counting all of a table of millions takes seconds on every page."""

    @cached_property
    def _counted(self) -> int:
        rows = self.object_list
        return rows.order_by()[: MOST_COUNTED + 1].count() if isinstance(rows, QuerySet) else len(rows)

    @cached_property
    def count(self) -> int:
        return min(self._counted, MOST_COUNTED)

    @property
    def has_more(self) -> bool:
        """Whether rows exist that were not counted; the list then says "or more"."""
        return self._counted > MOST_COUNTED


class FormFilter(admin.SimpleListFilter):
    """A filter whose template has a form of its own, which works without JavaScript."""

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: type[Model], model_admin: ModelAdmin[Any]
    ) -> None:
        super().__init__(request, params, model, model_admin)
        # What else narrows the list, to go with the form; the page number would be another list's.
        self.kept = [
            (name, value)
            for name, values in request.GET.lists()
            for value in values
            if name not in {self.parameter_name, "p", "e"}
        ]


class SelectFilter(FormFilter):
    """A filter with many choices: a drop-down with a button, in place of a wall of links."""

    template = "admin/select_filter.html"

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:  # type: ignore[override]  # the stubs know only links
        yield {"value": "", "display": _("All"), "selected": not self.value()}
        for value, display in self.lookup_choices:
            yield {"value": value, "display": display, "selected": str(value) == self.value()}


class OrganizationFilter(SelectFilter):
    """By practice."""

    title = _("practice")
    parameter_name = "organization"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(str(pk), name) for pk, name in Organization.objects.values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value() or ""
        if not chosen:
            return queryset
        return queryset.filter(organization=int(chosen)) if chosen.isdecimal() else queryset.none()


class SinceFilter(admin.SimpleListFilter):
    """On or off, by a moment that is null while off. Subclass with `column` and the two words."""

    column: str
    on_words: Any
    off_words: Any

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, Any]]:
        return [("yes", self.on_words), ("no", self.off_words)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"yes", "no"}:
            return queryset
        return queryset.filter(**{f"{self.column}__isnull": self.value() == "no"})


class ActiveFilter(SinceFilter):
    title = _("active")
    parameter_name = "active"
    column = "active_since"
    on_words = _("Active")
    off_words = _("Not active")


class PhoneSearch(ModelAdmin[M]):
    """A phone number is found however it is typed: stored numbers are bare digits, and Django splits at spaces."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        if phones.is_ten_digits(search_term):
            search_term = phones.normalize(search_term)
        return super().get_search_results(request, queryset, search_term)


def change_url(target: type[Model], pk: int) -> str:
    """The admin page of one object."""
    return reverse(f"admin:{target._meta.app_label}_{target._meta.model_name}_change", args=[pk])


def linked(target: Model) -> SafeString:
    """The object's name, as a link to its page."""
    return format_html('<a href="{}">{}</a>', change_url(type(target), target.pk), target)


def list_url(target: type[models.Model], **narrowed: Any) -> str:
    """The admin's list of a model, narrowed by these parameters."""
    query = "&".join(f"{name}={value}" for name, value in narrowed.items())
    return f"{reverse(f'admin:{target._meta.app_label}_{target._meta.model_name}_changelist')}?{query}"
