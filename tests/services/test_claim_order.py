"""What is claimed first, and what a claim costs where much is due.

The figures that docs/decisions/0014-pacing.md quotes: `pytest tests/services/test_claim_order.py -s`.
"""

import re
import time
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts.features import Channel, Feature
from accounts.models import Login
from accounts.tenancy import everywhere
from notifications.claiming import SPARE, claim, in_order, is_due
from notifications.holding import Holds
from notifications.models import Notification, State
from notifications.senders import by_email, senders
from tests.conftest import make_login, make_practice
from tests.services.figures import figures, milliseconds

pytestmark = [pytest.mark.services, pytest.mark.django_db]

LOGINS = 100
AT_ONCE = 15


def fill(logins: list[Login], rows: int, channel: Channel, feature: Feature, now: datetime) -> None:
    """So many due rows, each with a deadline of its own; the ones that are due the longest have the most time left."""
    kind = {"appointments": "appointment.reminder", "invoices": "invoice.issued"}[feature]
    with everywhere("a full ledger"):
        Notification.objects.bulk_create(
            (
                Notification(
                    organization_id=logins[0].organization_id,
                    login=logins[each % len(logins)],
                    feature=feature,
                    kind=kind,
                    channel=channel,
                    key=f"{feature}:{each}",
                    subject_id=0,
                    lane=f"{feature}:{each}",
                    due_at=now - timedelta(seconds=rows - each),
                    next_attempt_at=now - timedelta(seconds=rows - each),
                    useful_until=now + timedelta(hours=1, seconds=rows - each),
                )
                for each in range(rows)
            ),
            batch_size=2000,
        )


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


NOTHING_HELD = Holds([], [])


@pytest.fixture
def logins(db: None, settings: Settings) -> list[Login]:
    """A hundred with numbers that end in every digit, and two senders."""
    settings.DELIVERY, settings.TWILIO_FROM = "providers", "+12065550100,+16045550100"
    organization = make_practice().organization
    return [make_login(organization, f"Parent {each}", phone=str(2065550000 + each)) for each in range(LOGINS)]


def test_no_claim_sorts_the_backlog(logins: list[Login]) -> None:
    now = timezone.now()
    for channel in Channel:
        for feature in (Feature.APPOINTMENTS, Feature.INVOICES):
            fill(logins, 5000, channel, feature, now)
    analyze()
    with everywhere("the test explains"):
        for sender in senders():
            for due, index in zip(
                in_order(sender, NOTHING_HELD, now), ("ledger_appointments_first", "ledger_then_the_rest"), strict=True
            ):
                people = due.select_related("login__user", "organization", "client")
                plan = people.select_for_update(skip_locked=True, of=("self",))[: AT_ONCE + SPARE].explain(analyze=True)
                (seen,) = re.findall(rf"using {index}.*rows=(\d+)(?:\.\d+)? loops=1\)", plan) or [None]
                figures(f"{sender.channel} of {sender.many}, {index}: {seen} rows read;", plan.splitlines()[-1].strip())
                assert "Sort" not in plan, plan
                assert seen is not None, plan
                assert int(seen) <= 5 * (AT_ONCE + SPARE), plan


def test_appointments_come_first_and_then_the_nearest_deadline(logins: list[Login]) -> None:
    now = timezone.now()
    for feature in (Feature.INVOICES, Feature.APPOINTMENTS):
        fill(logins, 10, Channel.EMAIL, feature, now)
    with everywhere("the test looks"):
        found = [row for due in in_order(by_email(), NOTHING_HELD, now) for row in due]
    assert [row.feature for row in found] == ["appointments"] * 10 + ["invoices"] * 10
    for rows in (found[:10], found[10:]):
        assert [row.useful_until for row in rows] == sorted(row.useful_until for row in rows)
        assert rows[0].due_at == max(row.due_at for row in rows), "the last that fell due has the least time left"


@pytest.mark.django_db(transaction=True)
def test_a_hundred_claims_out_of_ten_thousand_rows(transactional_db: None, logins: list[Login]) -> None:
    """Each claim commits, as a worker's does: PostgreSQL can then pass by what it finds dead in an index."""
    now = timezone.now()
    fill(logins, 10_000, Channel.TEXT, Feature.INVOICES, now)
    analyze()
    took = []
    rows = 0
    with everywhere("the test claims"):
        sender, other = senders()[:2]
        for _ in range(100):
            begun = time.perf_counter()
            rows += claim(sender, AT_ONCE).taken
            took.append(time.perf_counter() - begun)
        figures(f"100 claims of {rows} rows out of 10,000, one of two senders:", milliseconds(took))
        Notification.objects.filter(state=State.PENDING, login__in=logins[::2]).update(
            state=State.SKIPPED, reason="test"
        )
        begun = time.perf_counter()
        left = [is_due(each) for each in (sender, other)]
        figures(f"which sender has anything due, {left}: {(time.perf_counter() - begun) * 1000:.1f} ms")
    assert rows == 100 * (AT_ONCE + SPARE), "what nobody wants takes no slot"
    assert left == [False, True]
