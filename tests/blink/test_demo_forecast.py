"""What the demo foretells of itself is what happens in it, to the last line (L3)."""

from datetime import UTC, datetime

import pytest
import time_machine

from accounts.features import Channel
from accounts.models import Organization
from accounts.tenancy import everywhere
from blink.demo.loading import load
from notifications.models import Notification, State
from tests.notifications.foretelling import foretold, let_time_pass, recorded

NOW = datetime(2026, 11, 24, 18, 20, 40, tzinfo=UTC)  # a Tuesday: 10:20 in Seattle, 18:20 in Bristol
HOURS = 30


@pytest.mark.django_db
def test_the_record_of_the_demo_is_what_was_foretold_L3() -> None:
    """Without its story, which changes appointments: a forecast speaks of the schedule as it stands."""
    with time_machine.travel(NOW, tick=False):
        assert load()
        practices = list(Organization.objects.all())
        expected = {practice.slug: foretold(practice.pk, now=NOW, hours=HOURS) for practice in practices}

    assert let_time_pass(NOW, HOURS) > 10

    for practice in practices:
        assert recorded(practice.pk) == expected[practice.slug], practice.slug
    with everywhere("the test counts"):
        assert Notification.objects.count() >= 50
        assert set(Notification.objects.values_list("state", flat=True)) == {State.SENT, State.SKIPPED}
    lines = [line for of_practice in expected.values() for line in of_practice]
    assert {channel for _, _, channel, reason in lines if not reason} == set(Channel)  # both really leave
    assert {"practice_outside_us_canada", "replied_stop", "preference_off"} <= {reason for *_, reason in lines}
