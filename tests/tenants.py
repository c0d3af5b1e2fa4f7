"""Which models belong to an organization, for the tests that hold every one of them to it."""

from django.apps import apps

from accounts.tenancy import TenantModel


def tenant_models() -> list[type[TenantModel]]:
    """Every model of every app whose rows belong to an organization."""
    return [model for model in apps.get_models() if issubclass(model, TenantModel)]
