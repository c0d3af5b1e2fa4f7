"""Relations between models point the way imports do; import-linter cannot see `ForeignKey("app.Model")`."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import models

HOUSE = Path(__file__).parents[1]


def layers() -> dict[str, int]:
    """Each app of import-linter's contract and its height; siblings share one. Read, not repeated."""
    settings = tomllib.loads((HOUSE / "pyproject.toml").read_text())["tool"]["importlinter"]
    (contract,) = (contract for contract in settings["contracts"] if contract["id"] == "layers")
    # "a | b" are siblings that do not know each other, "a : b" ones that may; from the top down.
    return {
        app.strip(): height
        for height, layer in enumerate(reversed(contract["layers"]))
        for app in layer.replace(":", "|").split("|")
    }


def relations() -> Iterator[tuple[Any, type[models.Model], type[models.Model]]]:
    """Every declared relation of the house's models: the field, its model, the model that it names."""
    for model in apps.get_models(include_auto_created=True):
        for field in (*model._meta.local_fields, *model._meta.local_many_to_many):
            targets = [field.related_model, getattr(field.remote_field, "through", None)]
            for target in targets:
                if isinstance(target, type) and issubclass(target, models.Model):
                    yield field, model, target


def wrong(height: dict[str, int], source: str, target: str) -> bool:
    """Whether a relation from one app to another points up or sideways."""
    if source == target or source not in height or target not in height:
        return False
    return height[target] >= height[source]


def test_relations_point_down() -> None:
    height = layers()
    assert not [
        str(field)
        for field, model, target in relations()
        if wrong(height, model._meta.app_label, target._meta.app_label)
    ]


def test_the_order_is_the_one_of_the_contract() -> None:
    height = layers()
    assert height["accounts"] < height["notifications"] < height["scheduling"] < height["blink"]
    siblings = [app for app in ("messaging", "billing", "homework") if app in height]
    assert all(height[app] == height["scheduling"] for app in siblings)


def test_every_app_of_the_house_is_in_the_contract() -> None:
    ours = {config.label for config in apps.get_app_configs() if Path(config.path).parent == HOUSE}
    assert ours
    assert ours <= set(layers())


def test_relations_are_found_and_told_apart() -> None:
    found = {(model._meta.label, field.name, target._meta.label) for field, model, target in relations()}
    assert ("scheduling.Appointment", "client", "accounts.Client") in found
    assert ("accounts.Login", "clients", "accounts.ClientLink") in found, "through models too"


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("accounts", "notifications", True),
        ("notifications", "scheduling", True),
        ("scheduling", "billing", True),
        ("scheduling", "notifications", False),
        ("scheduling", "scheduling", False),
        ("admin", "accounts", False),
    ],
)
def test_up_and_sideways_are_wrong(source: str, target: str, *, expected: bool) -> None:
    height = {"accounts": 0, "notifications": 1, "scheduling": 2, "billing": 2}
    assert wrong(height, source, target) is expected
