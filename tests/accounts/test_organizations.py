"""Practices, their addresses, their plan, and their features."""

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import timezone

from accounts.models import Feature, FeatureToggle, Organization, Plan
from accounts.tenancy import everywhere, within
from tests.accounts.racing import race
from tests.conftest import Practice, make_organization

HOUSE = Path(__file__).parents[2]


def address(**fields: str) -> Organization:
    values = {
        "name": "Harbor",
        "slug": "harbor",
        "street": "1 Pier Road",
        "city": "Seattle",
        "region": "Washington",
        "postal_code": "98101",
        "country": "US",
        "time_zone": "America/Los_Angeles",
    }
    return Organization(**{**values, **fields})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ({}, ("WA", "98101")),
        ({"region": "wa", "postal_code": "98101 2345"}, ("WA", "98101-2345")),
        ({"country": "CA", "city": "Montréal", "region": "Québec", "postal_code": "h2x1y4"}, ("QC", "H2X 1Y4")),
        ({"country": "CA", "city": "Vancouver", "region": "B.C.", "postal_code": "V6B-1A1"}, ("BC", "V6B 1A1")),
        ({"country": "PR", "city": "San Juan", "region": "", "postal_code": "00901"}, ("", "00901")),
        ({"country": "GB", "city": "Leeds", "region": "", "postal_code": "LS1 4AP"}, ("", "LS1 4AP")),
        ({"country": "IE", "city": "Cork", "region": " Cork ", "postal_code": ""}, ("Cork", "")),
    ],
)
def test_an_address_is_kept_as_its_postal_service_writes_it_T1(typed: dict[str, str], kept: tuple[str, str]) -> None:
    organization = address(**typed)
    organization.full_clean()
    assert (organization.region, organization.postal_code) == kept


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"region": "Ontario"}, {"region"}),
        ({"region": ""}, {"region"}),
        ({"postal_code": "H2X 1Y4"}, {"postal_code"}),
        ({"postal_code": ""}, {"postal_code"}),
        ({"region": "Atlantis", "postal_code": "9"}, {"region", "postal_code"}),
        ({"country": "CA", "region": "ON", "postal_code": "V6B 1A1"}, {"postal_code"}),
        ({"country": "CA", "region": "Wyoming", "postal_code": "V6B 1A1"}, {"region"}),
        ({"country": "PR", "region": "", "postal_code": "San Juan"}, {"postal_code"}),
        ({"country": ""}, {"country"}),
        ({"time_zone": "Mars/Olympus"}, {"time_zone"}),
    ],
)
def test_an_address_that_cannot_be_says_beside_the_field_why_T1_W2(typed: dict[str, str], wrong: set[str]) -> None:
    with pytest.raises(ValidationError) as refused:
        address(**typed).full_clean()
    assert set(refused.value.message_dict) == wrong


@pytest.mark.django_db
def test_a_practices_phone_is_kept_as_ten_digits_T2() -> None:
    organization = make_organization(phone="+1 (604) 555-0199")
    assert organization.phone == "6045550199"
    organization.refresh_from_db()
    assert organization.phone == "6045550199"


def test_a_plan_is_read_nowhere_so_it_gates_nothing_O4() -> None:
    """Every mention of a plan in the code: its field, its choices and the admin's columns; never a decision."""
    allowed = {"accounts/models/organizations.py", "accounts/models/__init__.py"}
    readers = set()
    for path in HOUSE.rglob("*.py"):
        name = path.relative_to(HOUSE)
        if name.parts[0] in {"tests", ".venv", "bench"} or "migrations" in name.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            read = (isinstance(node, ast.Attribute) and node.attr == "plan") or (
                isinstance(node, ast.Name) and node.id == "Plan"
            )
            asked = isinstance(node, ast.keyword) and (node.arg or "").endswith("organization__plan")
            if read or asked:
                readers.add(str(name))
    assert readers <= allowed


@pytest.mark.django_db
@pytest.mark.parametrize("plan", Plan)
def test_every_plan_starts_with_every_feature_on_O4(plan: Plan) -> None:
    organization = make_organization(plan=plan)
    with within(organization):
        toggles = dict(FeatureToggle.objects.values_list("feature", "on_since"))
    assert toggles == dict.fromkeys(Feature, organization.created_at)


def test_turning_on_what_is_on_keeps_its_since_O5(practice: Practice) -> None:
    with within(practice.organization):
        toggles = FeatureToggle.objects.all()
        before = toggles.get(feature=Feature.MESSAGES).on_since
        assert toggles.turn(Feature.MESSAGES, on=True) == 0
        assert toggles.get(feature=Feature.MESSAGES).on_since == before


def test_off_and_on_again_starts_anew_O5(practice: Practice) -> None:
    now = timezone.now()
    with within(practice.organization):
        toggles = FeatureToggle.objects.all()
        assert toggles.turn(Feature.MESSAGES, on=False) == 1
        assert toggles.turn(Feature.MESSAGES, on=False) == 0
        assert not toggles.on().filter(feature=Feature.MESSAGES).exists()
        assert toggles.on().count() == len(Feature) - 1
        assert toggles.turn(Feature.MESSAGES, on=True, at=now) == 1
        assert toggles.turn(Feature.MESSAGES, on=True, at=now + timedelta(hours=1)) == 0
        assert toggles.get(feature=Feature.MESSAGES).on_since == now


def test_many_practices_are_turned_at_once_and_only_those_O1(practice: Practice, other_practice: Practice) -> None:
    bystander = make_organization("Bystander")
    with everywhere("as a platform admin"):
        chosen = FeatureToggle.objects.filter(organization__in=[practice.organization, other_practice.organization])
        assert chosen.turn(Feature.INVOICES, on=False) == 2
        off = FeatureToggle.objects.filter(on_since__isnull=True)
        assert {(row.organization_id, row.feature) for row in off} == {
            (practice.organization.pk, "invoices"),
            (other_practice.organization.pk, "invoices"),
        }
        assert bystander.toggles.on().count() == len(Feature)


@pytest.mark.django_db(transaction=True)
def test_platform_admins_who_turn_it_at_once_turn_it_once_O5(practice: Practice) -> None:
    def turn(*, on: bool) -> int:
        with everywhere("as a platform admin"):
            return FeatureToggle.objects.filter(organization=practice.organization).turn(Feature.HOMEWORK, on=on)

    assert sorted(race(lambda: turn(on=False))) == [0, 0, 0, 1]
    assert sorted(race(lambda: turn(on=True))) == [0, 0, 0, 1]


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [{"feature": "messages"}, {"feature": "gardening"}])
def test_a_toggle_is_one_per_feature_and_of_a_known_feature(practice: Practice, fields: dict[str, str]) -> None:
    with within(practice.organization), pytest.raises(IntegrityError):
        FeatureToggle.objects.create(organization=practice.organization, **fields)
