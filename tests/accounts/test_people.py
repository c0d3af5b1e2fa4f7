"""Users, who sign in, and clients, who receive care."""

from datetime import date

import pytest
import time_machine
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Client, User
from accounts.tenancy import within
from tests.accounts.racing import race
from tests.conftest import Practice


@pytest.mark.django_db
def test_nobody_has_two_accounts_that_differ_by_a_capital() -> None:
    User.objects.create_user("maria@example.com")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(email="Maria@Example.com")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user(" MARIA@example.com ")
    with pytest.raises(ValidationError) as refused:
        User(email="MARIA@example.com", password="x").full_clean()
    assert "email" in refused.value.message_dict


@pytest.mark.django_db
def test_a_user_signs_in_by_email_in_any_case() -> None:
    user = User.objects.create_user("  Maria@Example.COM", "correct horse")
    assert user.email == "maria@example.com"
    assert User.objects.get_by_natural_key("MARIA@example.com") == user
    assert authenticate(username="Maria@example.com", password="correct horse") == user
    assert authenticate(username="Maria@example.com", password="wrong horse") is None
    with pytest.raises(User.DoesNotExist):
        User.objects.get_by_natural_key(None)


@pytest.mark.django_db
def test_without_a_password_nobody_signs_in() -> None:
    user = User.objects.create_user("invited@example.com")
    assert not user.has_usable_password()
    assert authenticate(username="invited@example.com", password="") is None


@pytest.mark.django_db
def test_a_superuser_is_a_platform_admin_and_others_are_not() -> None:
    admin = User.objects.create_superuser("root@example.com", "correct horse")
    assert admin.is_platform_admin
    assert admin.is_staff, "Django admin's own word"
    assert admin.is_active
    other = User.objects.create_user("other@example.com")
    assert not other.is_platform_admin
    assert not other.is_staff


def test_discharge_and_readmission_say_whether_they_did_N5(in_practice: Practice) -> None:
    child, since = in_practice.child, in_practice.child.active_since
    assert not child.readmit()
    assert child.active_since == since, "in care already: it keeps its since"
    assert child.discharge()
    assert not child.discharge()
    assert child.active_since == Client.objects.get(pk=child.pk).active_since
    assert not Client.objects.active().exists()
    assert child.readmit()
    assert since is not None
    assert child.active_since is not None
    assert child.active_since > since
    assert Client.objects.active().get() == child


@pytest.mark.django_db(transaction=True)
def test_discharging_twice_at_once_discharges_once_N5(practice: Practice) -> None:
    def discharge() -> bool:
        with within(practice.organization):
            return Client.objects.get(pk=practice.child.pk).discharge()

    assert sorted(race(discharge)) == [False, False, False, True]


def test_a_client_has_the_practices_time_zone_unless_its_own_R4(in_practice: Practice) -> None:
    assert in_practice.child.zone.key == "America/Los_Angeles"
    in_practice.child.time_zone = "America/New_York"
    assert in_practice.child.zone.key == "America/New_York"
    assert in_practice.child.name == "Mia Rivera"
    assert Client(first_name="Cher").name == "Cher"


@pytest.mark.parametrize(
    ("born_on", "today", "age"),
    [
        ("2018-11-24", "2026-11-23", 7),
        ("2018-11-24", "2026-11-24", 8),
        ("2020-02-29", "2026-02-28", 5),
        ("2020-02-29", "2026-03-01", 6),
        ("2026-11-23", "2026-11-23", 0),
    ],
)
def test_age_turns_on_the_birthday(born_on: str, today: str, age: int) -> None:
    with time_machine.travel(f"{today}T12:00:00Z"):
        assert Client(born_on=date.fromisoformat(born_on)).age == age
    assert Client().age is None
