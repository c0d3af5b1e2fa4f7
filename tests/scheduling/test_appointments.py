"""The verbs of an appointment: what each changes, and that only a change changes anything (R6, R7, R10)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from accounts.tenancy import OutOfScope, within
from notifications.models import Notification
from scheduling.models import Appointment
from tests.conftest import Practice

pytestmark = pytest.mark.django_db

NOW = datetime(2031, 3, 3, 9, 0, tzinfo=UTC)
Status = Appointment.Status


@pytest.fixture
def appointment(in_practice: Practice) -> Appointment:
    with time_machine.travel(NOW, tick=False):
        return in_practice.appointment(timedelta(hours=48))


def test_moving_sets_everything_that_follows_from_the_start_R6_R7_R10(appointment: Appointment) -> None:
    later = NOW + timedelta(hours=50)
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        assert appointment.move(later)
    appointment.refresh_from_db()
    assert appointment.starts_at == later
    assert appointment.on_schedule_since == NOW + timedelta(hours=1)
    assert appointment.email_due_at == later - timedelta(hours=24)
    assert appointment.text_due_at == later - timedelta(hours=1)
    assert appointment.sequence == 1


def test_moving_to_the_same_start_is_no_move_R7(appointment: Appointment) -> None:
    since = appointment.on_schedule_since
    assert not appointment.move(appointment.starts_at + timedelta(seconds=30))  # the same minute
    appointment.refresh_from_db()
    assert (appointment.sequence, appointment.on_schedule_since) == (0, since)


def test_the_same_status_again_changes_nothing_R7(appointment: Appointment) -> None:
    assert appointment.set_status(Status.CANCELLED)
    assert not appointment.set_status(Status.CANCELLED)
    assert appointment.sequence == 1


def test_reinstating_puts_it_on_the_schedule_anew_R6(appointment: Appointment) -> None:
    appointment.set_status(Status.CANCELLED, at=NOW + timedelta(hours=1))
    appointment.set_status(Status.SCHEDULED, at=NOW + timedelta(hours=2))
    assert appointment.on_schedule_since == NOW + timedelta(hours=2)


def test_a_stale_copy_does_not_undo_what_another_hand_did_R7(appointment: Appointment) -> None:
    stale = Appointment.objects.get(pk=appointment.pk)
    appointment.move(NOW + timedelta(hours=60))
    stale.set_status(Status.CANCELLED)
    appointment.refresh_from_db()
    assert appointment.starts_at == NOW + timedelta(hours=60)
    assert appointment.status == Status.CANCELLED
    assert appointment.sequence == 2


def test_a_change_before_anything_went_out_writes_nothing_to_the_ledger_R7(appointment: Appointment) -> None:
    appointment.move(NOW + timedelta(hours=60))
    appointment.set_status(Status.CANCELLED)
    assert not Notification.objects.exists()


def test_saving_something_else_corrects_nothing_R7(appointment: Appointment) -> None:
    appointment.location = "Room 2"
    appointment.save()
    assert not Notification.objects.exists()


def test_the_schedule_of_another_practice_cannot_be_changed_S1(
    appointment: Appointment, other_practice: Practice
) -> None:
    with within(other_practice.organization), pytest.raises(Appointment.DoesNotExist):
        appointment.move(NOW + timedelta(hours=60))
    with within(other_practice.organization), pytest.raises(OutOfScope):
        appointment.save()


def test_a_client_with_appointments_cannot_be_deleted(in_practice: Practice, appointment: Appointment) -> None:
    assert appointment.client == in_practice.child
    with pytest.raises(ProtectedError):
        in_practice.child.delete()


@pytest.mark.parametrize("wrong", [{"status": "maybe"}, {"minutes": 0}])
def test_the_database_refuses_what_cannot_be(appointment: Appointment, wrong: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Appointment.objects.filter(pk=appointment.pk).update(**wrong)
