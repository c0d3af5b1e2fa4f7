"""Tenant data is reached inside a tenant's scope, or through one named door; anything else raises.

    with within(organization):
        Client.objects.all()            # this organization's clients
    with everywhere("reminder scan"):
        Appointment.objects.all()       # every organization's, for the few jobs that serve them all
    Client.objects.all().exists()       # outside any scope: raises OutOfScope

The scope itself is django-scopes' (a context variable, so threads and coroutines do not share it). Its own
manager disables a list of methods and misses some (`exists`, `bulk_create`, `async for`, creating rows for
another organization). Here the check sits where every query must pass: where it is turned into SQL.
See docs/decisions/0002-tenancy.md.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from django.apps import apps
from django.db import models
from django.db.models.base import ModelBase
from django.db.models.sql import Query
from django_scopes import get_scope, scope, scopes_disabled
from django_scopes.exceptions import ScopeError

if TYPE_CHECKING:
    from accounts.models import Organization


class OutOfScope(ScopeError):  # type: ignore[misc]  # django-scopes ships no types
    """Tenant data was asked for, or written, outside the scope of its organization."""


class _Everywhere(Enum):
    EVERYWHERE = "everywhere"


EVERYWHERE: Final = _Everywhere.EVERYWHERE
Tenant = int | _Everywhere | None
M = TypeVar("M", bound=models.Model, covariant=True)


def within(organization: "Organization | int") -> AbstractContextManager[None]:
    """Enter the scope of one organization (itself or its id)."""
    pk = organization if isinstance(organization, int) else organization.pk
    if not isinstance(pk, int):
        raise OutOfScope("This organization has not been saved, so it has no scope.")
    return cast("AbstractContextManager[None]", scope(organization=pk))


@contextmanager
def everywhere(reason: str) -> Iterator[None]:
    """The one door to every organization's rows; `reason` says at the call why it is needed."""
    if not reason:
        raise ValueError("Say why every organization's data is needed.")
    with scopes_disabled():
        yield


def current_tenant() -> Tenant:
    """The id of the organization in scope, EVERYWHERE, or None outside any scope."""
    state = get_scope()
    if not state.get("_enabled", True):
        return EVERYWHERE
    return cast("int | None", state.get("organization"))


def _is_tenant_model(model: type[models.Model]) -> bool:
    return issubclass(model, TenantModel)


def _tenant_tables() -> frozenset[str]:
    return frozenset(model._meta.db_table for model in apps.get_models() if _is_tenant_model(model))


class TenantQuery(Query):
    """A query that knows for which tenant it was made and compiles to SQL only in that scope."""

    tenant: Tenant = None

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        self.check_scope()
        return super().get_compiler(*args, **kwargs)

    def chain(self, klass: Any = None) -> Any:
        # Updates and deletes become another class of query here, just before they run.
        if klass is not None:
            self.check_scope()
        return super().chain(klass)

    def check_scope(self) -> None:
        current = current_tenant()
        if self.is_empty() or (self.tenant is not None and current in (self.tenant, EVERYWHERE)):
            return
        name = self.model._meta.label if self.model else "tenant data"
        raise OutOfScope(f"A query on {name} needs the scope of the organization that it was made for.")


class BorderQuery(Query):
    """A query on data that no tenant owns (users, organizations): joining tenant data needs `everywhere`."""

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        self.check_scope()
        return super().get_compiler(*args, **kwargs)

    def chain(self, klass: Any = None) -> Any:
        if klass is not None:
            self.check_scope()
        return super().chain(klass)

    def check_scope(self) -> None:
        if current_tenant() is EVERYWHERE or len(self.alias_map) < 2:
            return
        joined = {join.table_name for join in self.alias_map.values()} & _tenant_tables()
        if joined:
            name = self.model._meta.label if self.model else "This query"
            raise OutOfScope(f"{name} is joined with tenant data ({', '.join(sorted(joined))}) from outside.")


class TenantQuerySet(models.QuerySet[M]):
    """The base of every tenant model's queryset."""

    def raw(self, *args: Any, **kwargs: Any) -> Any:
        if current_tenant() is not EVERYWHERE:
            raise OutOfScope("Raw SQL cannot be scoped; it needs `everywhere`.")
        return super().raw(*args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        if {"organization", "organization_id"} & kwargs.keys() and current_tenant() is not EVERYWHERE:
            raise OutOfScope("Rows do not move between organizations.")
        return super().update(**kwargs)

    update.alters_data = True  # type: ignore[attr-defined]  # Django's own marker for templates

    # save(), create() and bulk_create() all insert through here.
    def _insert(self, objs: Iterable[models.Model], *args: Any, **kwargs: Any) -> Any:
        for instance in objs:
            check_row(cast("TenantModel", instance))
        return super()._insert(objs, *args, **kwargs)  # type: ignore[misc]  # private to Django, stable since 1.10

    _insert.alters_data = True  # type: ignore[attr-defined]
    _insert.queryset_only = False  # type: ignore[attr-defined]  # or managers would not carry it

    # save() of an existing row updates through here.
    def _update(self, values: Any) -> Any:
        for field, _, value in values:
            if field.attname == "organization_id":
                check_tenant(value, self.model)
        return super()._update(values)  # type: ignore[misc]

    _update.alters_data = True  # type: ignore[attr-defined]
    _update.queryset_only = False  # type: ignore[attr-defined]


class TenantManager(models.Manager[M]):
    """A manager whose querysets are bound to the scope in which they are made."""

    _queryset_class: type[TenantQuerySet[M]] = TenantQuerySet

    def get_queryset(self) -> TenantQuerySet[M]:
        tenant = current_tenant()
        query = TenantQuery(self.model)
        query.tenant = tenant
        queryset = self._queryset_class(model=self.model, query=query, using=self._db, hints=self._hints)  # type: ignore[attr-defined]  # set by every related manager
        return queryset.filter(organization_id=tenant) if isinstance(tenant, int) else queryset


class BorderManager(models.Manager[M]):
    """A manager for models that no tenant owns but that lead to tenant data."""

    def get_queryset(self) -> models.QuerySet[M]:
        query = BorderQuery(self.model)
        return self._queryset_class(model=self.model, query=query, using=self._db, hints=self._hints)  # type: ignore[attr-defined,no-any-return]


class TenantModel(models.Model):
    """A row that belongs to one organization. Give it `objects = TenantManager.from_queryset(...)()`."""

    organization_id: int

    class Meta:
        abstract = True
        base_manager_name = "objects"  # foreign keys, refresh_from_db and cascades are scoped as well

    def save(self, *args: Any, **kwargs: Any) -> None:
        check_row(self)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        check_row(self)
        return super().delete(*args, **kwargs)


def check_tenant(organization_id: int | None, model: type[models.Model]) -> None:
    """Raise OutOfScope unless a row of this organization may be written now."""
    current = current_tenant()
    if current is EVERYWHERE or (current is not None and current == organization_id):
        return
    raise OutOfScope(f"{model._meta.label} was to be written outside the scope of its organization.")


def check_row(row: TenantModel) -> None:
    """Raise OutOfScope unless the row, and every loaded row that it points to, is of one writable tenant."""
    check_tenant(row.organization_id, type(row))
    for field in row._meta.concrete_fields:
        other = row._state.fields_cache.get(field.name) if field.is_relation else None
        if isinstance(other, TenantModel) and other.organization_id != row.organization_id:
            raise OutOfScope(f"{row._meta.label}.{field.name} points into another organization.")


def tenant_models() -> list[ModelBase]:
    """Every model whose rows belong to an organization."""
    return [model for model in apps.get_models() if _is_tenant_model(model)]
