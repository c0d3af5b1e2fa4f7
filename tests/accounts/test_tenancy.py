"""Every way into the ORM: closed outside a scope, and inside one never another organization's (S1, S2)."""

import asyncio
import contextvars
import pickle
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, transaction
from django.db.models import Case, Count, Exists, F, FilteredRelation, Max, OuterRef, Prefetch, Q, Subquery, Value, When
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_scopes import scope

from accounts.models import Client, ClientLink, FeatureToggle, Login, Organization, Preference, Role, User
from accounts.tenancy import (
    EVERYWHERE,
    CurrentTenant,
    OutOfScope,
    TenantModel,
    TenantQuerySet,
    current_tenant,
    everywhere,
    within,
)
from tests.conftest import Practice, make_login
from tests.tenants import tenant_models

TENANT_MODELS = [pytest.param(model, id=model._meta.label) for model in tenant_models()]

Rows = Any  # a queryset of some tenant model; which one does not matter here
Act = Callable[[Rows], Any]


def named(acts: dict[str, Any]) -> pytest.MarkDecorator:
    """Parametrize over a table, each case called by its name in it."""
    return pytest.mark.parametrize("act", list(acts.values()), ids=list(acts))


async def _collected(rows: Rows) -> list[Any]:
    return [row async for row in rows]


def bare(rows: Rows) -> dict[str, Any]:
    """The least that a row needs to come as far as being saved."""
    return {"organization_id": 1, **({"starts_at": timezone.now()} if hasattr(rows.model, "starts_at") else {})}


READS: dict[str, Act] = {
    "list": list,
    "bool": bool,
    "len": len,
    "in": lambda rows: object() in rows,
    "repr": repr,
    "str of the query": lambda rows: str(rows.query),
    "index": lambda rows: rows[0],
    "slice": lambda rows: list(rows[:1]),
    "iterator": lambda rows: list(rows.iterator()),
    "iterator in chunks": lambda rows: list(rows.iterator(chunk_size=10)),
    "exists": lambda rows: rows.exists(),
    "exclude exists": lambda rows: rows.exclude(pk=0).exists(),
    "count": lambda rows: rows.count(),
    "filter count": lambda rows: rows.filter(pk__gt=0).count(),
    "impossible filter": lambda rows: list(rows.filter(pk__in=[])),
    "aggregate": lambda rows: rows.aggregate(Max("pk")),
    "aggregate of distinct": lambda rows: rows.distinct().aggregate(Max("pk")),
    "first": lambda rows: rows.first(),
    "last": lambda rows: rows.last(),
    "earliest": lambda rows: rows.earliest("pk"),
    "latest": lambda rows: rows.latest("pk"),
    "get": lambda rows: rows.get(pk=1),
    "in_bulk": lambda rows: rows.in_bulk(),
    "in_bulk of ids": lambda rows: rows.in_bulk([1]),
    "contains": lambda rows: rows.contains(rows.model(pk=1)),
    "values": lambda rows: list(rows.values()),
    "values_list": lambda rows: list(rows.values_list("pk", flat=True)),
    "only": lambda rows: list(rows.only("pk")),
    "defer": lambda rows: list(rows.defer("organization")),
    "annotate": lambda rows: list(rows.annotate(one=Value(1))),
    "group by": lambda rows: list(rows.values("organization").annotate(n=Count("pk"))),
    "order_by": lambda rows: list(rows.order_by("?")),
    "reverse": lambda rows: list(rows.reverse()),
    "select_related": lambda rows: list(rows.select_related()),
    "select_for_update": lambda rows: list(rows.select_for_update()),
    "using": lambda rows: list(rows.using("default")),
    "explain": lambda rows: rows.explain(),
    "union": lambda rows: list(rows.order_by().union(rows.order_by().filter(pk=1))),
    "intersection": lambda rows: list(rows.order_by().intersection(rows.order_by().filter(pk=1))),
    "difference": lambda rows: list(rows.order_by().difference(rows.order_by().filter(pk=1))),
    "nothing in union": lambda rows: list(rows.none().union(rows.all())),
    "or": lambda rows: list(rows.filter(pk=1) | rows.filter(pk=2)),
    "nothing or": lambda rows: list(rows.none() | rows.all()),
    "and": lambda rows: list(rows.filter(pk=1) & rows.filter(pk=2)),
    "xor": lambda rows: list(rows.filter(pk=1) ^ rows.filter(pk=2)),
    "pickle": pickle.dumps,
    "pickled query": lambda rows: list(_with_query(rows, pickle.loads(pickle.dumps(rows.query)))),  # noqa: S301 (our own bytes)
    "in a filter elsewhere": lambda rows: list(Organization.objects.filter(pk__in=rows.values("organization"))),
    "exists elsewhere": lambda rows: list(
        Organization.objects.filter(Exists(rows.filter(organization=OuterRef("pk"))))
    ),
    "subquery elsewhere": lambda rows: list(Organization.objects.annotate(x=Subquery(rows.values("pk")[:1]))),
    "raw": lambda rows: list(rows.model.objects.raw("SELECT 1 AS id")),
    "raw from the queryset": lambda rows: list(rows.raw("SELECT 1 AS id")),
    "extra": lambda rows: list(rows.extra(where=["1 = 1"])),
    "base manager": lambda rows: list(rows.model._base_manager.all()),
    "default manager": lambda rows: list(rows.model._default_manager.all()),
    "a queryset of one's own": lambda rows: list(type(rows)(rows.model)),
    "aiterator": lambda rows: async_to_sync(_collected)(rows.aiterator()),
    "async for": lambda rows: async_to_sync(_collected)(rows),
    "aget": lambda rows: async_to_sync(rows.aget)(pk=1),
    "acount": lambda rows: async_to_sync(rows.acount)(),
    "aexists": lambda rows: async_to_sync(rows.aexists)(),
    "afirst": lambda rows: async_to_sync(rows.afirst)(),
    "aaggregate": lambda rows: async_to_sync(rows.aaggregate)(Max("pk")),
    "ain_bulk": lambda rows: async_to_sync(rows.ain_bulk)(),
    "acontains": lambda rows: async_to_sync(rows.acontains)(rows.model(pk=1)),
}

WRITES: dict[str, Act] = {
    "update": lambda rows: rows.update(**{(name := rows.model._meta.local_fields[-1].name): F(name)}),
    "delete": lambda rows: rows.delete(),
    "filter delete": lambda rows: rows.filter(pk__gt=0).delete(),
    "raw delete": lambda rows: rows._raw_delete("default"),
    "create": lambda rows: rows.create(**bare(rows)),
    "acreate": lambda rows: async_to_sync(rows.acreate)(**bare(rows)),
    "get_or_create": lambda rows: rows.get_or_create(organization_id=1),
    "update_or_create": lambda rows: rows.update_or_create(organization_id=1),
    "bulk_create": lambda rows: rows.bulk_create([rows.model(organization_id=1)]),
    "abulk_create": lambda rows: async_to_sync(rows.abulk_create)([rows.model(organization_id=1)]),
    "bulk_create ignoring conflicts": lambda rows: rows.bulk_create(
        [rows.model(organization_id=1)], ignore_conflicts=True
    ),
    "bulk_create updating": lambda rows: rows.bulk_create(
        [rows.model(pk=1, organization_id=1)],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["organization"],
    ),
    "bulk_update": lambda rows: rows.bulk_update([rows.model(pk=1, organization_id=1)], ["organization"]),
    "save": lambda rows: rows.model(**bare(rows)).save(),
    "save without an organization": lambda rows: rows.model(**{**bare(rows), "organization_id": None}).save(),
    "save with an id": lambda rows: rows.model(pk=1, **bare(rows)).save(),
    "forced update": lambda rows: rows.model(pk=1, **bare(rows)).save(force_update=True),
    "as a fixture saves": lambda rows: rows.model(pk=1, organization_id=1).save_base(raw=True),
    "delete one": lambda rows: rows.model(pk=1, organization_id=1).delete(),
    "adelete one": lambda rows: async_to_sync(rows.model(pk=1, organization_id=1).adelete)(),
    "refresh_from_db": lambda rows: rows.model(pk=1, organization_id=1).refresh_from_db(),
}


def _with_query(rows: Rows, query: Any) -> Rows:
    copy = rows.all()
    copy.query = query
    return copy


@pytest.mark.django_db
@named(READS | WRITES)
def test_outside_any_scope_it_raises_S2(act: Act) -> None:
    answered = []
    for model in tenant_models():
        try:
            with transaction.atomic():
                act(model._default_manager.all())
        except OutOfScope:
            continue
        answered.append(model._meta.label)
    assert not answered


@pytest.mark.parametrize("model", TENANT_MODELS)
def test_asking_for_nothing_needs_no_scope_and_no_database(model: Any) -> None:
    """`none()` is no query on tenant data: forms and anonymous pages use it."""
    assert list(model.objects.none()) == []
    assert not model.objects.none().filter(pk=1).exists()
    assert not model.objects.filter(pk=1).none().count()


@pytest.mark.parametrize("model", TENANT_MODELS)
def test_a_query_names_the_organization_of_the_scope_S1(model: Any) -> None:
    with within(4711):
        assert f'"{model._meta.db_table}"."organization_id" = (4711)' in str(model.objects.all().query)
    with everywhere("test"):
        assert "WHERE" not in str(model.objects.all().query)


# What another practice has is not seen inside a scope, by any read.


@pytest.fixture
def both(practice: Practice, other_practice: Practice) -> tuple[Practice, Practice]:
    return practice, other_practice


@pytest.mark.parametrize("model", [Client, Login, ClientLink, FeatureToggle, Preference])
def test_in_a_scope_only_its_own_rows_are_read_S1(both: tuple[Practice, Practice], model: Any) -> None:
    ours, theirs = both[0].organization.pk, both[1].organization.pk
    with everywhere("to know what there is"):
        own = set(model.objects.filter(organization=ours).values_list("pk", flat=True))
        foreign = set(model.objects.filter(organization=theirs).values_list("pk", flat=True))
    assert own
    assert foreign
    with within(ours):
        rows = model.objects.all()
        assert {row.pk for row in rows} == own
        assert {row.pk for row in rows.iterator()} == own
        assert {row.pk for row in async_to_sync(_collected)(model.objects.all())} == own
        assert set(rows.in_bulk()) == set(model.objects.in_bulk(foreign | own)) == own
        assert rows.count() == rows.aggregate(n=Count("pk"))["n"] == len(own)
        assert {row.pk for row in rows.filter(pk__in=foreign) | rows.all()} == own
        assert {row.pk for row in rows.order_by().union(model.objects.order_by().filter(pk__in=foreign))} == own
        assert {row.pk for row in rows.exclude(pk__in=own)} == set()
        assert not rows.filter(pk__in=foreign).exists()
        assert not rows.contains(model(pk=min(foreign)))
        with pytest.raises(model.DoesNotExist):
            rows.get(pk=min(foreign))
        with pytest.raises(model.DoesNotExist):
            model(pk=min(foreign), organization_id=ours).refresh_from_db()


def test_dates_are_of_the_scope_S1(both: tuple[Practice, Practice]) -> None:
    ours, theirs = both
    with everywhere("set up"):
        Client.objects.filter(pk=ours.child.pk).update(born_on="2016-03-01")
        Client.objects.filter(pk=theirs.child.pk).update(born_on="1999-03-01")
    with within(ours.organization):
        assert [day.year for day in Client.objects.dates("born_on", "year")] == [2016]
        assert Client.objects.datetimes("active_since", "day").count() == 1
    with pytest.raises(OutOfScope):
        list(Client.objects.dates("born_on", "year"))


# Tables that no tenant owns lead to tenant tables.


JOINS: dict[str, Callable[[], Any]] = {
    "filter": lambda: User.objects.filter(logins__name="Maria Rivera"),
    "filter by id": lambda: User.objects.filter(logins__pk__gt=0),
    "filter through two": lambda: User.objects.filter(logins__clients__first_name="Mia"),
    "exclude": lambda: User.objects.exclude(logins__name="Maria Rivera"),
    "not": lambda: User.objects.filter(~Q(logins__clients__first_name="Mia")),
    "is null": lambda: User.objects.filter(logins__isnull=False),
    "values": lambda: User.objects.values("logins__phone"),
    "annotate": lambda: User.objects.annotate(phone=F("logins__phone")),
    "count": lambda: User.objects.annotate(n=Count("logins")),
    "order_by": lambda: User.objects.order_by("logins__name"),
    "filtered relation": lambda: User.objects.annotate(
        maria=FilteredRelation("logins", condition=Q(logins__name__startswith="Maria"))
    ).filter(maria__isnull=False),
    "from organizations": lambda: Organization.objects.filter(clients__first_name="Mia"),
    "organizations and back": lambda: Organization.objects.values("logins__user__logins__phone"),
    "from groups": lambda: Group.objects.values("user__logins__phone"),
    "from the admin's log": lambda: LogEntry.objects.filter(user__logins__phone="2065550143"),
}


@pytest.mark.django_db
@named(JOINS)
def test_joining_tenant_tables_from_outside_raises_S2(act: Callable[[], Any]) -> None:
    with pytest.raises(OutOfScope):
        list(act())
    with everywhere("made where everything is seen"):
        rows = act()
    with pytest.raises(OutOfScope):
        list(rows)


@pytest.mark.django_db
def test_nor_by_aggregates_exists_updates_and_deletes_S2() -> None:
    users = User.objects.filter(logins__name="Maria Rivera")
    for act in (users.exists, users.count, users.first, users.explain, users.delete):
        with pytest.raises(OutOfScope):
            act()
    with pytest.raises(OutOfScope):
        users.update(is_active=False)
    with pytest.raises(OutOfScope):
        User.objects.aggregate(Max("logins__phone"))


def test_joins_from_users_see_the_scope_only_S1(both: tuple[Practice, Practice]) -> None:
    """One person with a login in both practices: neither practice learns of the other."""
    ours, theirs = both
    with within(theirs.organization):
        Login.objects.create(
            organization=theirs.organization, user=ours.mom.user, role="client", name="Secret", phone="6045550199"
        )
    with within(ours.organization):
        mom = User.objects.filter(pk=ours.mom.user_id)
        assert list(mom.values_list("logins__name", flat=True)) == ["Maria Rivera"]
        assert mom.annotate(n=Count("logins")).get().n == 1
        assert mom.aggregate(Max("logins__name")) == {"logins__name__max": "Maria Rivera"}
        assert not User.objects.filter(logins__name="Secret").exists()
        assert User.objects.exclude(logins__name="Secret").filter(pk=ours.mom.user_id).exists()
        assert not Organization.objects.filter(logins__name="Secret").exists()
        # From our own login by way of the person to the other.
        assert not Login.objects.filter(user__logins__name="Secret").exists()
        assert Login.objects.exclude(user__logins__name="Secret").count() == Login.objects.count()
        assert set(Login.objects.filter(pk=ours.mom.pk).values_list("user__logins__phone", flat=True)) == {"2065550143"}
        assert list(mom.get().logins.values_list("name", flat=True)) == ["Maria Rivera"]
        fetched = mom.prefetch_related("logins").get()
        assert [login.name for login in fetched.logins.all()] == ["Maria Rivera"]
        fetched = mom.prefetch_related(Prefetch("logins", queryset=Login.objects.order_by("pk"), to_attr="seen")).get()
        assert [login.name for login in fetched.seen] == ["Maria Rivera"]
        assert not theirs.organization.logins.exists()
        assert not theirs.organization.clients.exists()


RELATED: dict[str, Callable[[Practice], Any]] = {
    "organization's logins": lambda ours: list(ours.organization.logins.all()),
    "organization's toggles": lambda ours: ours.organization.toggles.count(),
    "user's logins": lambda ours: list(ours.mom.user.logins.all()),
    "client's logins": lambda ours: list(ours.child.logins.all()),
    "login's clients": lambda ours: ours.mom.clients.exists(),
    "login's preferences": lambda ours: ours.mom.preferences.first(),
    "prefetched": lambda ours: list(Organization.objects.prefetch_related("clients")),
    "prefetched through": lambda ours: list(User.objects.prefetch_related("logins__clients")),
    "refreshed": lambda ours: ours.mom.refresh_from_db(),
    "arefreshed": lambda ours: async_to_sync(ours.mom.arefresh_from_db)(),
    "saved": lambda ours: ours.mom.save(),
    "deleted": lambda ours: ours.child.delete(),
    "organization deleted": lambda ours: ours.organization.delete(),
    "user deleted": lambda ours: ours.mom.user.delete(),
    "added": lambda ours: ours.mom.clients.add(ours.child),
    "cleared": lambda ours: ours.mom.clients.clear(),
}


@named(RELATED)
def test_what_was_loaded_in_a_scope_leads_nowhere_outside_S2(
    practice: Practice, act: Callable[[Practice], Any]
) -> None:
    with pytest.raises(OutOfScope):
        act(practice)


def test_foreign_keys_and_deferred_fields_are_followed_in_scope_only_S2(practice: Practice) -> None:
    with within(practice.organization):
        link = ClientLink.objects.filter(client=practice.child).first()
        login = Login.objects.defer("phone").get(pk=practice.mom.pk)
        assert link is not None
        loaded = ClientLink.objects.select_related("client").get(pk=link.pk)
    with pytest.raises(OutOfScope):
        _ = link.client
    with pytest.raises(OutOfScope):
        _ = login.phone
    assert loaded.client.pk == practice.child.pk, "what is loaded is loaded"


def test_in_another_scope_it_is_not_there_S1(both: tuple[Practice, Practice]) -> None:
    ours, theirs = both
    with within(ours.organization):
        link = ClientLink.objects.filter(client=ours.child)[0]
    with within(theirs.organization):
        with pytest.raises(Client.DoesNotExist):
            _ = link.client
        with pytest.raises(Login.DoesNotExist):
            ours.mom.refresh_from_db()
        assert not ours.child.logins.exists()
        assert not ours.mom.clients.exists()
        assert not ours.mom.preferences.exists()
        assert not ours.mom.user.logins.exists()


# A query serves the scope that it was made in.


def test_a_query_made_in_one_scope_is_not_run_in_another_S1(both: tuple[Practice, Practice]) -> None:
    with within(both[0].organization):
        ours = Client.objects.all()
    with everywhere("test"):
        all_clients = Client.objects.all()
        assert ours.count() == 1, "what was made for one practice stays its own"
    with within(both[1].organization):
        for rows in (ours, all_clients, Client.objects.all() | ours, Client.objects.all() | all_clients):
            with pytest.raises(OutOfScope):
                list(rows)
            with pytest.raises(OutOfScope):
                list(Organization.objects.filter(pk__in=rows.values("organization")))
            with pytest.raises(OutOfScope):
                rows.update(first_name="X")
            with pytest.raises(OutOfScope):
                rows.delete()
    with pytest.raises(OutOfScope):
        list(ours)


def test_a_query_made_at_import_serves_the_scope_it_is_run_in(both: tuple[Practice, Practice]) -> None:
    """As a form's choices are declared."""
    rows = Client.objects.filter(first_name="Mia")
    for practice in both:
        with within(practice.organization):
            assert [client.pk for client in rows.all()] == [practice.child.pk]
    with everywhere("test"):
        assert rows.count() == 2
    with pytest.raises(OutOfScope):
        rows.count()


def test_a_pickled_query_keeps_its_scope_S1(both: tuple[Practice, Practice]) -> None:
    with within(both[0].organization):
        kept = pickle.dumps(
            (Client.objects.filter(first_name="Mia").query, User.objects.filter(logins__pk__gt=0).query)
        )
    with within(both[1].organization):
        clients, users = pickle.loads(kept)  # noqa: S301 (our own bytes)
        with pytest.raises(OutOfScope):
            list(_with_query(Client.objects.all(), clients))
        owners = _with_query(User.objects.all(), users)
        assert {user.email.partition("@")[2] for user in owners} == {"outside-counseling.example"}


def test_grouping_by_the_scope_groups_by_no_column(both: tuple[Practice, Practice]) -> None:
    """A tenant's number in GROUP BY would be read as the position of a column."""
    with within(both[0].organization):
        busy = Login.objects.annotate(n=Count("links")).filter(Q(n__gt=0) | Q(name="nobody"))
        assert (busy | busy.filter(n=7)).count() == 3


# Writing.


def snapshot(organization: Organization) -> dict[str, list[Any]]:
    models: list[Any] = [*tenant_models()]
    with everywhere("to compare"):
        return {
            model._meta.label: list(model.objects.filter(organization=organization).order_by("pk").values())
            for model in models
        }


def stolen(theirs: Practice, ours: Practice) -> Client:
    """A row that claims to be ours with the id of theirs."""
    return Client(pk=theirs.child.pk, organization=ours.organization, first_name="Stolen")


def changed(row: Any, **values: Any) -> Any:
    for name, value in values.items():
        setattr(row, name, value)
    return row


def own_link(ours: Practice) -> ClientLink:
    return ClientLink.objects.get(login=ours.mom, client=ours.child)


def their_link(theirs: Practice) -> ClientLink:
    with within(theirs.organization):
        return own_link(theirs)


# Each is tried in our scope with their rows at hand.
ATTACKS: dict[str, Callable[[Practice, Practice], Any]] = {
    "create": lambda ours, theirs: Client.objects.create(organization=theirs.organization, first_name="X"),
    "create by id": lambda ours, theirs: Client.objects.create(organization_id=theirs.organization.pk, first_name="X"),
    "acreate": lambda ours, theirs: async_to_sync(Client.objects.all().acreate)(
        organization=theirs.organization, first_name="X"
    ),
    "save": lambda ours, theirs: Client(organization=theirs.organization, first_name="X").save(),
    "related create": lambda ours, theirs: theirs.organization.clients.create(first_name="X"),
    "related get_or_create": lambda ours, theirs: theirs.organization.clients.get_or_create(first_name="X"),
    "related add": lambda ours, theirs: theirs.organization.clients.add(ours.child),
    "related add, one by one": lambda ours, theirs: theirs.organization.clients.add(ours.child, bulk=False),
    "related set": lambda ours, theirs: theirs.organization.clients.set([ours.child]),
    "get_or_create": lambda ours, theirs: Client.objects.get_or_create(
        first_name="Y", defaults={"organization": theirs.organization}
    ),
    "update_or_create": lambda ours, theirs: Client.objects.update_or_create(
        first_name="Mia", defaults={"organization": theirs.organization}
    ),
    "bulk_create": lambda ours, theirs: Client.objects.bulk_create(
        [
            Client(organization=ours.organization, first_name="Y"),
            Client(organization=theirs.organization, first_name="X"),
        ]
    ),
    "bulk_create ignoring": lambda ours, theirs: Client.objects.bulk_create(
        [Client(organization=theirs.organization, first_name="X")], ignore_conflicts=True
    ),
    "upsert over theirs": lambda ours, theirs: Client.objects.bulk_create(
        [stolen(theirs, ours)], update_conflicts=True, unique_fields=["id"], update_fields=["first_name"]
    ),
    "move by save": lambda ours, theirs: changed(ours.child, organization=theirs.organization).save(),
    "move by id": lambda ours, theirs: changed(ours.child, organization_id=theirs.organization.pk).save(),
    "move by update_fields": lambda ours, theirs: changed(ours.child, organization=theirs.organization).save(
        update_fields=["organization"]
    ),
    "move by a fixture": lambda ours, theirs: changed(ours.child, organization=theirs.organization).save_base(raw=True),
    "move by update": lambda ours, theirs: Client.objects.update(organization=theirs.organization),
    "move by update of the id": lambda ours, theirs: Client.objects.update(organization_id=theirs.organization.pk),
    "move by aupdate": lambda ours, theirs: async_to_sync(Client.objects.all().aupdate)(
        organization=theirs.organization
    ),
    "move by bulk_update": lambda ours, theirs: Client.objects.bulk_update(
        [changed(ours.child, organization=theirs.organization)], ["organization"]
    ),
    "move by an expression": lambda ours, theirs: Client.objects.update(
        organization=Case(When(pk__gt=0, then=Value(theirs.organization.pk)))
    ),
    "save theirs": lambda ours, theirs: changed(theirs.child, first_name="X").save(),
    "delete theirs": lambda ours, theirs: theirs.child.delete(),
    "adelete theirs": lambda ours, theirs: async_to_sync(theirs.child.adelete)(),
    "bulk_update theirs": lambda ours, theirs: Client.objects.bulk_update(
        [changed(theirs.child, first_name="X")], ["first_name"]
    ),
    "point at theirs": lambda ours, theirs: ClientLink.objects.create(
        organization=ours.organization, login=ours.mom, client=theirs.child
    ),
    "point at theirs by id": lambda ours, theirs: ClientLink.objects.create(
        organization=ours.organization, login=ours.mom, client_id=theirs.child.pk
    ),
    "point at theirs in bulk": lambda ours, theirs: ClientLink.objects.bulk_create(
        [ClientLink(organization=ours.organization, login_id=ours.owner.pk, client_id=theirs.child.pk)]
    ),
    "point at theirs ignoring": lambda ours, theirs: ClientLink.objects.bulk_create(
        [ClientLink(organization=ours.organization, login=theirs.mom, client=ours.child)], ignore_conflicts=True
    ),
    "turn a key by save": lambda ours, theirs: changed(own_link(ours), client=theirs.child).save(),
    "turn a key by id and save": lambda ours, theirs: changed(own_link(ours), client_id=theirs.child.pk).save(),
    "turn a key by update_fields": lambda ours, theirs: changed(own_link(ours), client_id=theirs.child.pk).save(
        update_fields=["client"]
    ),
    "turn a key by asave": lambda ours, theirs: async_to_sync(
        changed(own_link(ours), client_id=theirs.child.pk).asave
    )(),
    "turn a key by overwriting": lambda ours, theirs: ClientLink(
        pk=own_link(ours).pk, organization=ours.organization, login=ours.mom, client_id=theirs.child.pk
    ).save(),
    "turn a key by update": lambda ours, theirs: ClientLink.objects.update(client=theirs.child),
    "turn a key by update of the id": lambda ours, theirs: ClientLink.objects.update(client_id=theirs.child.pk),
    "turn a key by bulk_update": lambda ours, theirs: ClientLink.objects.bulk_update(
        [changed(own_link(ours), client_id=theirs.child.pk)], ["client"]
    ),
    "a copy in our name": lambda ours, theirs: changed(
        their_link(theirs), pk=None, organization=ours.organization
    ).save(),
    "related add across": lambda ours, theirs: theirs.child.links.add(own_link(ours)),
    "related create across": lambda ours, theirs: theirs.child.links.create(
        organization=ours.organization, login=ours.mom
    ),
    "m2m add": lambda ours, theirs: ours.mom.clients.add(
        theirs.child, through_defaults={"organization": ours.organization}
    ),
    "m2m add by id": lambda ours, theirs: ours.mom.clients.add(
        theirs.child.pk, through_defaults={"organization": ours.organization}
    ),
    "m2m add, from theirs": lambda ours, theirs: theirs.child.logins.add(
        ours.mom, through_defaults={"organization": ours.organization}
    ),
    "m2m set": lambda ours, theirs: ours.mom.clients.set(
        [theirs.child], through_defaults={"organization": ours.organization}
    ),
    "m2m create": lambda ours, theirs: ours.mom.clients.create(organization=theirs.organization, first_name="X"),
    "link": lambda ours, theirs: ours.mom.link(theirs.child),
    "link theirs": lambda ours, theirs: theirs.mom.link(ours.child),
}

# These are answered as if their rows did not exist.
NOTHING_HAPPENS: dict[str, Callable[[Practice, Practice], Any]] = {
    "delete theirs as ours": lambda ours, theirs: stolen(theirs, ours).delete(),
    "delete by id": lambda ours, theirs: Client.objects.filter(pk=theirs.child.pk).delete(),
    "raw delete": lambda ours, theirs: ClientLink.objects.filter(login=theirs.mom)._raw_delete("default"),
    "update by id": lambda ours, theirs: Client.objects.filter(pk=theirs.child.pk).update(first_name="X"),
    "discharge": lambda ours, theirs: theirs.child.discharge(),
    "readmit": lambda ours, theirs: Client.objects.filter(pk=theirs.child.pk).update(active_since=timezone.now()),
    "deactivate": lambda ours, theirs: theirs.mom.deactivate(),
    "unlink": lambda ours, theirs: theirs.mom.unlink(theirs.child),
    "m2m remove": lambda ours, theirs: theirs.mom.clients.remove(theirs.child),
    "m2m clear": lambda ours, theirs: theirs.mom.clients.clear(),
    "related clear by update": lambda ours, theirs: theirs.organization.clients.update(first_name="X"),
    "related delete": lambda ours, theirs: theirs.child.links.all().delete(),
}


@named(ATTACKS)
def test_another_practice_is_not_written_to_S1(
    both: tuple[Practice, Practice], act: Callable[[Practice, Practice], Any]
) -> None:
    ours, theirs = both
    before = snapshot(ours.organization), snapshot(theirs.organization)
    with within(ours.organization), pytest.raises(OutOfScope), transaction.atomic():
        act(ours, theirs)
    assert (snapshot(ours.organization), snapshot(theirs.organization)) == before


@pytest.mark.parametrize("forced", [{}, {"force_update": True}, {"force_insert": True}])
def test_a_row_is_not_overwritten_by_one_with_its_id_S1(
    both: tuple[Practice, Practice], forced: dict[str, bool]
) -> None:
    """Django looks for the row to update in our scope, finds none, and the database keeps its ids unique."""
    ours, theirs = both
    before = snapshot(theirs.organization)
    with within(ours.organization), pytest.raises(DatabaseError), transaction.atomic():
        stolen(theirs, ours).save(**forced)
    assert snapshot(theirs.organization) == before


@named(NOTHING_HAPPENS)
def test_what_another_practice_has_is_as_if_it_did_not_exist_S1(
    both: tuple[Practice, Practice], act: Callable[[Practice, Practice], Any]
) -> None:
    ours, theirs = both
    before = snapshot(theirs.organization)
    with within(ours.organization):
        act(ours, theirs)
    assert snapshot(theirs.organization) == before


def test_under_everywhere_rows_still_hang_together_S1(both: tuple[Practice, Practice]) -> None:
    with everywhere("test"), pytest.raises(OutOfScope):
        ClientLink(organization=both[0].organization, login=both[0].mom, client=both[1].child).save()


def test_a_key_set_by_id_is_looked_up_once(practice: Practice) -> None:
    """One query per key and batch; none for loaded objects, unchanged keys, or keys looked up before."""
    organization = practice.organization
    others = [make_login(organization, f"Staff {number}", Role.STAFF) for number in range(3)]

    def lookups(act: Callable[[], Any]) -> int:
        with CaptureQueriesContext(connection) as queries:
            act()
        return sum("COUNT(*)" in query["sql"] for query in queries)

    with within(organization):
        links = [
            ClientLink(organization=organization, login_id=login.pk, client_id=practice.child.pk) for login in others
        ]
        assert lookups(lambda: ClientLink.objects.bulk_create(links)) == 2
        link = own_link(practice)
        assert lookups(link.save) == 0
        link.login_id = practice.owner.pk
        assert lookups(link.save) == lookups(lambda: link.save(update_fields=["login"])) + 1 == 1
        link.login = practice.mom
        assert lookups(link.save) == 0
        assert lookups(lambda: ClientLink.objects.bulk_update([link], ["login", "client"])) == 0
    with everywhere("what the jobs that serve everybody pay"):
        assert (
            lookups(
                lambda: ClientLink(
                    organization=organization, login_id=practice.owner.pk, client_id=practice.child.pk
                ).save()
            )
            == 0
        )


# The scope itself.


def test_scopes_nest_and_are_restored_after_exceptions() -> None:
    assert current_tenant() is None
    with within(1):
        with within(2):
            assert current_tenant() == 2
        with everywhere("test"):
            assert current_tenant() is EVERYWHERE
            with within(3):
                assert current_tenant() == 3
            assert current_tenant() is EVERYWHERE
        with pytest.raises(ZeroDivisionError), everywhere("test"):
            raise ZeroDivisionError
        assert current_tenant() == 1
    assert current_tenant() is None
    with pytest.raises(ZeroDivisionError), within(1):
        raise ZeroDivisionError
    assert current_tenant() is None


def test_everywhere_needs_a_reason_and_a_scope_a_saved_organization() -> None:
    with pytest.raises(ValueError, match="Say why"), everywhere(""):
        pass
    with pytest.raises(OutOfScope):
        within(Organization(name="Unsaved"))


def test_a_scope_of_several_or_of_none_is_no_scope() -> None:
    """django-scopes takes lists, and None for everybody; here both are nobody."""
    for organization in (None, [1, 2], (1, 2), "1"):
        with scope(organization=organization):
            assert current_tenant() is None
            with pytest.raises(OutOfScope):
                str(Client.objects.all().query)


def test_a_thread_starts_without_a_scope_and_leaks_none() -> None:
    seen: list[Any] = []

    def look() -> None:
        seen.append(current_tenant())
        with within(2):
            seen.append(current_tenant())
            entered.set()
            released.wait(5)

    entered, released = threading.Event(), threading.Event()
    thread = threading.Thread(target=look)
    with within(1):
        thread.start()
        assert entered.wait(5)
        seen.append(current_tenant())
        released.set()
        thread.join(5)
    assert seen == [None, 2, 1]


def test_coroutines_side_by_side_keep_their_own_scopes() -> None:
    async def work(organization: int) -> list[Any]:
        seen = [current_tenant()]
        with within(organization):
            await asyncio.sleep(0)
            seen.append(current_tenant())
            await asyncio.sleep(0)
        return [*seen, current_tenant()]

    async def main() -> list[Any]:
        return [*await asyncio.gather(work(1), work(2)), current_tenant()]

    assert asyncio.run(main()) == [[None, 1, None], [None, 2, None], None]


def test_a_task_keeps_the_scope_it_was_started_in() -> None:
    """It inherits, as context variables do, and what it enters itself stays with it."""

    async def work(leave: asyncio.Event) -> Any:
        await leave.wait()
        return current_tenant()

    async def main() -> list[Any]:
        leave = asyncio.Event()
        with within(1):
            task = asyncio.create_task(work(leave))
        with within(2):
            leave.set()
            return [await task, current_tenant()]

    assert asyncio.run(main()) == [1, 2]


def test_a_fresh_context_has_no_scope() -> None:
    with within(1):
        assert contextvars.Context().run(current_tenant) is None


@pytest.mark.django_db(transaction=True)
def test_threads_with_scopes_of_their_own_see_their_own_rows(practice: Practice, other_practice: Practice) -> None:
    seen: dict[int, list[int]] = {}

    def look(organization: int) -> None:
        try:
            with within(organization):
                seen[organization] = [client.organization_id for client in Client.objects.all()]
        finally:
            connection.close()

    organizations = [practice.organization.pk, other_practice.organization.pk]
    threads = [threading.Thread(target=look, args=[pk]) for pk in organizations]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert seen == {pk: [pk] for pk in organizations}


def test_a_stream_read_after_the_scope_is_left_raises_S2(practice: Practice) -> None:
    def stream(rows: Rows) -> Iterator[str]:
        for client in rows:
            yield client.name

    with within(practice.organization):
        lines = stream(Client.objects.all())
    with pytest.raises(OutOfScope):
        next(lines)


def test_the_admin_log_leads_to_no_tenant_data_S1(both: tuple[Practice, Practice]) -> None:
    """The admin's log is a platform admin's; from it the way to an object is scoped like any other."""
    ours, theirs = both
    with everywhere("as a platform admin"):
        LogEntry.objects.log_actions(ours.mom.user_id, Client.objects.filter(pk=theirs.child.pk), 2, "changed")
        assert LogEntry.objects.get().get_edited_object() == theirs.child
    entry = LogEntry.objects.get()
    with pytest.raises(OutOfScope):
        entry.get_edited_object()
    with within(ours.organization):
        with pytest.raises(Client.DoesNotExist):
            entry.get_edited_object()
        assert LogEntry.objects.filter(user__logins__organization=theirs.organization).count() == 0
        assert ours.mom.user.logentry_set.count() == 1


def test_current_tenant_is_an_expression_like_any_other() -> None:
    assert CurrentTenant(1) == CurrentTenant(1)
    assert CurrentTenant(1) != CurrentTenant(2)
    with pytest.raises(OutOfScope):
        CurrentTenant(None).as_sql(None, None)


def test_a_queryset_made_without_its_manager_is_scoped_too_S1() -> None:
    with within(5):
        assert "= (5)" in str(TenantQuerySet(Client).query)
    assert issubclass(Client, TenantModel)
