"""Tenant data is reached inside a tenant's scope, or through one named door; anything else raises.

    with within(organization):
        Client.objects.all()            # this organization's clients
    with everywhere("reminder scan"):
        Appointment.objects.all()       # every organization's, for the few jobs that serve them all
    Client.objects.all().exists()       # outside any scope: raises OutOfScope

How it holds: every query on a tenant model carries the condition `organization = CurrentTenant()`, and so does
every join that enters a tenant table from a table that no tenant owns (from users to their logins). That
expression learns the tenant, or raises, when the query is turned into SQL; whatever Django does with a query
before that, it cannot do without it. Rows that are written are checked, and what they point to.

The scope itself is django-scopes' (a context variable: threads start without one, coroutines inherit their
creator's). A generator keeps its scope open between its values, so a scope does not belong around a `yield`.
See docs/decisions/0002-tenancy.md.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from enum import Enum
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar, cast

from django.core.exceptions import FullResultSet
from django.db import models
from django.db.models.signals import class_prepared
from django.db.models.sql import Query
from django.db.models.sql.where import NothingNode, WhereNode
from django.dispatch import receiver
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
    organization = state.get("organization")
    return organization if isinstance(organization, int) else None


class CurrentTenant(models.Expression):
    """The id of the organization in scope, as of the moment the query is turned into SQL.

    A query made in a scope serves that scope alone (one organization's also serves `everywhere`). One made
    outside any scope, such as the choices of a form declared at import, serves the scope that it is run in.
    Raises OutOfScope in any other, and outside any scope.
    """

    def __init__(self, made_for: Tenant = None) -> None:
        super().__init__(output_field=models.BigIntegerField())
        self.made_for = made_for

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        current = current_tenant()
        tenant = current if self.made_for is None else self.made_for
        if current is None or current not in (tenant, EVERYWHERE):
            raise OutOfScope("A query on tenant data needs the scope of the organization that it was made for.")
        if tenant is EVERYWHERE:
            raise FullResultSet  # Django's word for "leave this condition out"
        return "%s", (cast("int", tenant),)

    def get_group_by_cols(self) -> list[Any]:
        return []  # a constant, and a bare number in GROUP BY would mean a column by its position


class TenantQuerySet(models.QuerySet[M]):
    """The base of every tenant model's queryset."""

    def __init__(self, model: type[M] | None = None, query: Query | None = None, *args: Any, **kwargs: Any) -> None:
        if query is None and model is not None:
            query = Query(model)
            query.add_q(models.Q(organization_id=CurrentTenant(current_tenant())))
        super().__init__(model, query, *args, **kwargs)

    def none(self) -> Any:
        """Nothing, which needs no scope."""
        empty = super().none()
        empty.query.where = WhereNode([NothingNode()])
        return empty

    def raw(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise OutOfScope("Raw SQL cannot be scoped.")

    def extra(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise OutOfScope("Raw SQL cannot be scoped.")

    def update(self, **kwargs: Any) -> int:
        check_update(self.model, kwargs)
        return super().update(**kwargs)

    update.alters_data = True  # type: ignore[attr-defined]  # Django's own marker for templates

    def bulk_update(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> int:
        rows = list(objs)
        check_rows(rows)
        return super().bulk_update(rows, *args, **kwargs)

    bulk_update.alters_data = True  # type: ignore[attr-defined]  # a mark for templates

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[M]:
        # ON CONFLICT DO UPDATE knows no WHERE here: it would change whoever's row is in the way.
        if kwargs.get("update_conflicts") and current_tenant() is not EVERYWHERE:
            raise OutOfScope("An update on conflict cannot be scoped; it needs `everywhere`.")
        return super().bulk_create(objs, *args, **kwargs)

    bulk_create.alters_data = True  # type: ignore[attr-defined]  # a mark for templates

    # save(), create() and bulk_create() all insert through here.
    def _insert(self, objs: Sequence[Any], *args: Any, **kwargs: Any) -> Any:
        check_rows(objs)
        return super()._insert(objs, *args, **kwargs)  # type: ignore[misc]  # private to Django, stable since 1.10

    _insert.alters_data = True  # type: ignore[attr-defined]  # a mark for templates
    _insert.queryset_only = False  # type: ignore[attr-defined]  # or managers would not carry it

    # save() of an existing row, also of one read from a fixture, updates through here.
    def _update(self, values: Any) -> Any:
        for field, _, value in values:
            if field.attname == "organization_id":
                check_tenant(value, self.model)
        return super()._update(values)  # type: ignore[misc]  # private to Django, as above

    _update.alters_data = True  # type: ignore[attr-defined]  # a mark for templates
    _update.queryset_only = False  # type: ignore[attr-defined]  # a mark for managers


class TenantManager(models.Manager[M]):
    """The manager of every tenant model."""

    _queryset_class: type[TenantQuerySet[M]] = TenantQuerySet


class TenantModel(models.Model):
    """A row that belongs to one organization. Give it `objects = TenantManager.from_queryset(...)()`."""

    organization_id: int

    class Meta:
        abstract = True
        base_manager_name = "objects"  # foreign keys, refresh_from_db and cascades are scoped as well

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Any:
        row = super().from_db(*args, **kwargs)
        _remember_keys(row)
        return row

    def save(self, *args: Any, **kwargs: Any) -> None:
        check_rows([self])
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        check_tenant(self.organization_id, type(self))
        # Django deletes an instance by its id alone, whatever organization the instance claims to be of.
        if not type(self)._base_manager.filter(pk=self.pk).exists():
            return 0, {}
        return super().delete(*args, **kwargs)


def check_tenant(organization_id: int | None, model: type[models.Model]) -> None:
    """Raise OutOfScope unless a row of this organization may be written now."""
    current = current_tenant()
    if current is EVERYWHERE or (current is not None and current == organization_id):
        return
    raise OutOfScope(f"{model._meta.label} was to be written outside the scope of its organization.")


def check_rows(rows: Sequence[TenantModel]) -> None:
    """Raise OutOfScope unless these rows, and the rows they point to, are of one tenant that may be written now.

    A foreign key is trusted if its object is loaded and of the same organization, or if it is as it was read.
    One set by its id alone is looked up: one query per key for all rows, and none under `everywhere`, whose
    few jobs set ids that they have read.
    """
    by_id: dict[Any, set[Any]] = defaultdict(set)
    for row in rows:
        check_tenant(row.organization_id, type(row))
        trusted = getattr(row._state, "tenant_keys", ())
        for field in _keys_to_tenant_rows(type(row)):
            other = row._state.fields_cache.get(field.name)
            if other is not None and other.organization_id != row.organization_id:
                raise _pointing_out(field)
            key = _key(row, field)
            if other is None and key[-1] is not None and key not in trusted:
                by_id[field].add(key[-1])
    for field, ids in by_id.items():
        _look_up(field, ids)
    for row in rows:
        _remember_keys(row)


def check_update(model: type[models.Model], values: dict[str, Any]) -> None:
    """Raise OutOfScope if these values of `QuerySet.update` take rows to, or point them at, another tenant.

    Values computed in SQL are not looked into; they are made of the row itself and of scoped subqueries.
    """
    tenant = current_tenant()
    if tenant is EVERYWHERE:
        return
    if {"organization", "organization_id"} & values.keys():
        raise OutOfScope("Rows do not move between organizations.")
    for field in _keys_to_tenant_rows(model):
        value = values.get(field.name, values.get(field.attname))
        if isinstance(value, TenantModel):
            if value.organization_id != tenant:
                raise _pointing_out(field)
        elif value is not None and not hasattr(value, "resolve_expression"):
            _look_up(field, {value})


@cache
def _keys_to_tenant_rows(model: type[models.Model]) -> tuple[Any, ...]:
    fields = (field for field in model._meta.concrete_fields if field.is_relation)
    return tuple(field for field in fields if _is_tenant_model(field.related_model))


def _key(row: TenantModel, field: Any) -> tuple[str, Any, Any]:
    # Not by getattr, which would load what is deferred.
    return field.name, row.__dict__.get("organization_id"), row.__dict__.get(field.attname)


def _remember_keys(row: TenantModel) -> None:
    """Keep what the row points to by now, as trustworthy; with its organization, for it may be copied."""
    row._state.tenant_keys = {_key(row, field) for field in _keys_to_tenant_rows(type(row))}  # type: ignore[attr-defined]  # beside Django's own cache of loaded objects


def _look_up(field: Any, ids: set[Any]) -> None:
    if current_tenant() is EVERYWHERE:
        return
    name = field.target_field.name
    if field.related_model._base_manager.filter(**{f"{name}__in": ids}).count() != len(ids):
        raise _pointing_out(field)


def _pointing_out(field: Any) -> OutOfScope:
    return OutOfScope(f"{field} points to no row of this organization.")


def _is_tenant_model(model: Any) -> bool:
    return isinstance(model, type) and issubclass(model, TenantModel)


@receiver(class_prepared, dispatch_uid="tenancy.guard_the_ways_in")
def guard_the_ways_in(sender: type[models.Model], **kwargs: Any) -> None:
    """Scope the joins that enter a tenant table from a table that no tenant owns, whatever model the query is on.

    `get_extra_restriction` is Django's hook for conditions of a join, made for its generic relations. It is asked
    of the relation when the join is turned into SQL, and of the key when `exclude` makes a subquery of the join.
    """
    if issubclass(sender, TenantModel):
        for key in sender._meta.concrete_fields:
            if isinstance(key, models.ForeignKey):
                key.remote_field.get_extra_restriction = partial(_when_joined, key)  # type: ignore[method-assign]  # of this relation alone
                key.get_extra_restriction = partial(_when_excluded, key)  # type: ignore[method-assign]  # of this key alone


def _when_joined(key: Any, alias: str, related_alias: str) -> Any:
    if _is_tenant_model(key.related_model) or current_tenant() is EVERYWHERE:
        return None
    return _of_current_tenant(key.model, alias)


def _when_excluded(key: Any, alias: str | None, related_alias: str) -> Any:
    if _is_tenant_model(key.related_model) or alias is not None:
        return None
    return _of_current_tenant(key.model, related_alias)


def _of_current_tenant(model: Any, alias: str) -> Any:
    organization = model._meta.get_field("organization")
    return organization.get_lookup("exact")(organization.get_col(alias), CurrentTenant())
