"""A STOP holds for the number, in every organization (T6)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import TextStop, TextStopEvent
from accounts.tenancy import within
from tests.accounts.racing import race
from tests.conftest import Practice

NOW = timezone.now()


def in_force() -> list[str]:
    return [row.phone for row in TextStop.objects.in_force()]


@pytest.mark.django_db
def test_repeats_keep_the_first_moment_T6() -> None:
    assert TextStop.objects.stop("+1 604 555 0199", at=NOW)
    assert not TextStop.objects.stop("(604) 555-0199", at=NOW + timedelta(hours=1))
    stop = TextStop.objects.get()
    assert (stop.phone, stop.stopped_since) == ("6045550199", NOW)
    assert in_force() == ["6045550199"]
    assert str(stop) == "(604) 555-0199"
    assert TextStopEvent.objects.count() == 1


@pytest.mark.django_db
def test_unstop_resumes_and_a_later_stop_halts_anew_T6() -> None:
    assert not TextStop.objects.resume("6045550199"), "it was not halted"
    TextStop.objects.stop("6045550199", at=NOW)
    assert TextStop.objects.resume("+16045550199")
    assert not TextStop.objects.resume("6045550199")
    assert in_force() == []
    assert TextStop.objects.stop("6045550199", at=NOW + timedelta(days=1), said="Stop.")
    assert TextStop.objects.get().stopped_since == NOW + timedelta(days=1)
    history = [(event.stopped, event.how, event.said) for event in TextStopEvent.objects.order_by("pk")]
    assert history == [(True, "word", ""), (False, "word", ""), (True, "word", "Stop.")]


def test_it_holds_in_every_organization_and_needs_no_scope_T6(practice: Practice, other_practice: Practice) -> None:
    with within(practice.organization):
        TextStop.objects.stop("2065550143")
    with within(other_practice.organization):
        assert in_force() == ["2065550143"]
    assert in_force() == ["2065550143"]


@pytest.mark.django_db(transaction=True)
def test_stops_at_once_are_one_row_T6() -> None:
    """The provider repeats itself, to several of our processes."""
    assert sorted(race(lambda: TextStop.objects.stop("6045550199"))) == [False, False, False, True]
    assert TextStop.objects.count() == 1
    assert sorted(race(lambda: TextStop.objects.resume("6045550199"))) == [False, False, False, True]
