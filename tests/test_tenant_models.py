"""No model is forgotten: what belongs to an organization is scoped, in every app (S1, S2)."""

import ast
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import models

from accounts.models import EmailStop, EmailStopEvent, Organization, PhoneFault, TextStop, TextStopEvent, Throttle, User
from accounts.tenancy import TenantManager, TenantModel, TenantQuerySet
from notifications.models import EmailEvent, Hold, InboundText, Letter, OutboxAnswer, OutboxLetter
from tests.tenants import tenant_models

HOUSE = Path(__file__).parents[1]

# Apps of the house: whatever Django itself and libraries bring is not named for an organization.
OURS = [model for model in apps.get_models() if (HOUSE / model.__module__.split(".")[0]).is_dir()]

# Models of the house that no organization owns, each with the reason.
OWNED_BY_NOBODY: dict[Any, str] = {
    Organization: "the tenant itself",
    User: "one person's sign-in, perhaps to several organizations",
    TextStop: "a STOP holds for the number, in every organization (T6)",
    TextStopEvent: "its history",
    PhoneFault: "a number that takes no texts takes none from anybody",
    EmailStop: "an address that bounces does so for everybody (E4)",
    EmailStopEvent: "its history",
    InboundText: "a text to the number that all organizations share; each has its own copy in its inbox",
    Hold: "the provider's account is everybody's",
    EmailEvent: "a provider's report, before it is known whose email it is about",
    OutboxAnswer: "what answers a phone in the demo",
    Throttle: "attempts to sign in are counted before anybody is known",
    Letter: "mail about a user's own sign-in",
    OutboxLetter: "the same, in the outbox of the demo",
}


def of(model: type[models.Model]) -> Any:
    return pytest.param(model, id=model._meta.label)


@pytest.mark.parametrize("model", [of(model) for model in OURS])
def test_every_model_belongs_to_an_organization_or_says_why_not_S1(model: Any) -> None:
    assert issubclass(model, TenantModel) != (model in OWNED_BY_NOBODY)


def test_the_house_is_looked_at() -> None:
    assert {Organization, User} < set(OURS)
    assert Session not in OURS
    assert len(tenant_models()) >= 10


@pytest.mark.parametrize("model", [of(model) for model in apps.get_models()])
def test_what_names_an_organization_is_a_tenant_model_S1(model: Any) -> None:
    """Also of an app that somebody installs one day."""
    names = [field.name for field in model._meta.concrete_fields if field.related_model is Organization]
    assert bool(names) == issubclass(model, TenantModel), "give it TenantModel as its base"
    assert names in ([], ["organization"]), "one, and by this name"


@pytest.mark.parametrize("model", [of(model) for model in tenant_models()])
def test_every_way_to_its_rows_is_scoped_S2(model: Any) -> None:
    assert model._meta.base_manager_name == "objects", "let its Meta inherit TenantModel.Meta"
    assert model._meta.default_manager.name == "objects"
    for manager in (model._base_manager, model._default_manager, *model._meta.managers):
        assert isinstance(manager, TenantManager)
        assert isinstance(manager.all(), TenantQuerySet)


@pytest.mark.parametrize("model", [of(model) for model in tenant_models()])
def test_its_organization_never_goes_missing_S1(model: Any) -> None:
    organization = model._meta.get_field("organization")
    assert isinstance(organization, models.ForeignKey)
    assert not organization.null


@pytest.mark.parametrize("model", [of(model) for model in tenant_models()])
def test_its_many_to_many_relations_go_through_tenant_models_S1(model: Any) -> None:
    """A table that Django makes up for a relation has no organization and no scope."""
    for field in model._meta.many_to_many:
        assert issubclass(field.remote_field.through, TenantModel), field


@pytest.mark.parametrize("model", [of(model) for model in tenant_models()])
def test_joins_into_it_are_guarded_S1(model: Any) -> None:
    """Every key, also of an app added later, knows the condition for the way in (accounts.tenancy)."""
    for field in model._meta.concrete_fields:
        if field.is_relation:
            assert "get_extra_restriction" in vars(field), field
            assert "get_extra_restriction" in vars(field.remote_field), field


def test_nothing_but_tenancy_opens_a_scope_of_django_scopes_S1() -> None:
    """Its door to everybody's data asks for no reason; ours does."""
    importers = set()
    for path in HOUSE.rglob("*.py"):
        name = path.relative_to(HOUSE)
        if name.parts[0] in {"tests", ".venv", "bench"}:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if any(module.split(".")[0] == "django_scopes" for module in modules):
                importers.add(str(name))
    assert importers == {"accounts/tenancy.py"}
