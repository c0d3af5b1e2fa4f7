"""Logins, their phones, permissions, links and what they start with."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import ClientLink, Feature, Login, Preference, Role, User
from accounts.tenancy import everywhere, within
from tests.accounts.racing import race
from tests.conftest import Practice, make_client, make_login

PERMISSIONS = ("is_organization_admin", "is_user_admin", "is_schedule_admin")
TYPED, KEPT = "+1 (604) 555-0199", "6045550199"


def test_a_user_has_one_login_in_an_organization(in_practice: Practice) -> None:
    for role in Role:
        with pytest.raises(IntegrityError), transaction.atomic():
            Login.objects.create(
                organization=in_practice.organization, user=in_practice.mom.user, role=role, name="Again"
            )


def test_and_may_have_one_in_another(practice: Practice, other_practice: Practice) -> None:
    there = make_login(other_practice.organization, "Maria", Role.STAFF, user=practice.mom.user)
    with everywhere("to compare"):
        assert set(practice.mom.user.logins.all()) == {practice.mom, there}


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_permissions_are_for_staff_whatever_path_they_come_by(in_practice: Practice, permission: str) -> None:
    mom = in_practice.mom
    with pytest.raises(IntegrityError), transaction.atomic():
        Login.objects.filter(pk=mom.pk).update(**{permission: True})
    setattr(mom, permission, True)
    with pytest.raises(ValidationError):
        mom.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        mom.save()
    Login.objects.filter(pk=in_practice.therapist.pk).update(**{permission: True})
    with pytest.raises(IntegrityError), transaction.atomic():
        Login.objects.filter(pk=in_practice.therapist.pk).update(role=Role.CLIENT)


def test_a_role_is_one_of_two(in_practice: Practice) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Login.objects.filter(pk=in_practice.mom.pk).update(role="owner")


def _bulk_create(practice: Practice) -> Login:
    user = User.objects.create_user("bulk@harbor.example")
    login = Login(organization=practice.organization, user=user, role=Role.CLIENT, name="Bulk", phone=TYPED)
    return Login.objects.bulk_create([login])[0]


def _bulk_update(practice: Practice) -> Login:
    practice.mom.phone = TYPED
    Login.objects.bulk_update([practice.mom], ["phone"])
    return practice.mom


def _save(practice: Practice, **kwargs: Any) -> Login:
    practice.mom.phone = TYPED
    practice.mom.save(**kwargs)
    return practice.mom


def _update(practice: Practice) -> Login:
    Login.objects.filter(pk=practice.mom.pk).update(phone=TYPED)
    return practice.mom


def _full_clean(practice: Practice) -> Login:
    practice.mom.phone = TYPED
    practice.mom.full_clean()
    assert practice.mom.phone == KEPT
    practice.mom.save()
    return practice.mom


@pytest.mark.parametrize(
    "store",
    [
        lambda practice: make_login(practice.organization, "New Login", phone=TYPED),
        _save,
        lambda practice: _save(practice, update_fields=["phone"]),
        lambda practice: practice.mom.save_base(raw=True) or _save(practice),
        _update,
        _bulk_create,
        _bulk_update,
        _full_clean,
    ],
    ids=["create", "save", "save of the field", "fixture", "update", "bulk_create", "bulk_update", "form"],
)
def test_a_phone_is_kept_as_ten_digits_whatever_path_it_comes_by_T2(in_practice: Practice, store: Any) -> None:
    login = store(in_practice)
    assert Login.objects.values_list("phone", flat=True).get(pk=login.pk) == KEPT
    # And found as typed: a login whose number texted us is looked up by it.
    assert Login.objects.get(phone="604.555.0199") == login
    assert Login.objects.get(phone__in=["(604) 555-0199"]) == login


def test_the_instance_shows_what_was_kept_T2(in_practice: Practice) -> None:
    assert _save(in_practice).phone == KEPT
    assert _bulk_create(in_practice).phone == KEPT
    assert make_login(in_practice.organization, "No Phone").phone == ""


def test_any_other_number_is_stored_too_T2(in_practice: Practice) -> None:
    in_practice.mom.phone = "+44 20 7946 0958"
    in_practice.mom.full_clean()
    in_practice.mom.save()
    in_practice.mom.refresh_from_db()
    assert in_practice.mom.phone == "+442079460958"


@pytest.mark.parametrize("role", Role)
def test_a_new_login_starts_with_email_on_and_text_off_P2_P5(practice: Practice, role: Role) -> None:
    login = make_login(practice.organization, "New Login", role)
    with within(practice.organization):
        chosen = {row.feature: (row.email_since, row.text_since) for row in login.preferences.all()}
    assert chosen == dict.fromkeys(Feature, (login.active_since, None))


def test_saving_a_login_again_leaves_its_choices_alone_P2(in_practice: Practice) -> None:
    Preference.objects.filter(login=in_practice.mom, feature=Feature.HOMEWORK).delete()
    in_practice.mom.save()
    assert in_practice.mom.preferences.count() == len(Feature) - 1


def test_closing_and_opening_a_login_says_whether_it_did_N5(in_practice: Practice) -> None:
    mom, since = in_practice.mom, in_practice.mom.active_since
    assert not mom.reactivate()
    assert mom.active_since == since, "open already: it keeps its since"
    assert mom.deactivate()
    assert not mom.deactivate()
    assert mom.active_since == Login.objects.get(pk=mom.pk).active_since
    assert mom not in Login.objects.active()
    assert mom.reactivate()
    assert mom.active_since is not None
    assert since is not None
    assert mom.active_since > since
    assert mom in Login.objects.active()
    assert set(Login.objects.clients()) == {mom, in_practice.dad}
    assert set(Login.objects.staff()) == {in_practice.owner, in_practice.therapist}


def test_a_link_keeps_its_age_R9(in_practice: Practice) -> None:
    before = ClientLink.objects.get(login=in_practice.mom, client=in_practice.child)
    assert in_practice.mom.link(in_practice.child) == before
    assert ClientLink.objects.get(pk=before.pk).linked_since == before.linked_since
    assert in_practice.mom.unlink(in_practice.child)
    assert not in_practice.mom.unlink(in_practice.child)
    again = in_practice.mom.link(in_practice.child)
    assert again.linked_since > before.linked_since + timedelta(days=1), "linked anew is linked since then"


def test_mom_and_dad_and_two_children(in_practice: Practice) -> None:
    second = make_client(in_practice.organization, "Leo")
    in_practice.dad.link(second)
    assert set(in_practice.dad.clients.all()) == {in_practice.child, second}
    assert set(in_practice.child.logins.filter(role=Role.CLIENT)) == {in_practice.mom, in_practice.dad}


@pytest.mark.django_db(transaction=True)
def test_clicking_link_twice_links_once_R9(practice: Practice) -> None:
    second = make_client(practice.organization, "Leo")
    at = timezone.now()

    def click() -> int:
        with within(practice.organization):
            return practice.mom.link(second, at=at).pk

    assert len(set(race(click))) == 1
    with within(practice.organization):
        assert second.logins.get() == practice.mom
