"""What it costs to find what a provider's report is of: the same in a ledger of any size (E4, T10)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.features import Channel
from accounts.tenancy import everywhere
from notifications.bounces import settle_waiting
from notifications.models import Notification, State
from notifications.reports import note
from tests.conftest import Practice
from tests.notifications.conftest import make_notification
from tests.notifications.test_bounces import tell

pytestmark = [pytest.mark.services, pytest.mark.django_db]

ROWS = 5_000


@pytest.fixture
def row(practice: Practice) -> Notification:
    """One email among many that were sent."""
    told = {"state": State.SENT, "sent_to": practice.mom.user.email, "provider_id": "first"}
    row = make_notification(practice.mom, Channel.EMAIL, **told)
    with everywhere("a full ledger"):
        Notification.objects.bulk_create(
            (
                Notification(
                    organization_id=row.organization_id,
                    login_id=row.login_id,
                    feature=row.feature,
                    kind=row.kind,
                    channel=row.channel,
                    key=f"sent:{each}",
                    subject_id=0,
                    due_at=row.due_at,
                    next_attempt_at=row.due_at,
                    useful_until=row.useful_until,
                    state=State.SENT,
                    sent_to=row.sent_to,
                    provider_id=f"sent-{each}",
                )
                for each in range(ROWS)
            ),
            batch_size=2000,
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return row


def test_no_report_reads_the_whole_ledger(row: Notification) -> None:
    with CaptureQueriesContext(connection) as asked:
        tell(row, "bounced", "timed_out", at=timezone.now())  # goes once more
        tell(row, "delivered", at=timezone.now())  # of the earlier attempt
        tell(row, "delivered", message_id="of somebody else")
        settle_waiting()
        with everywhere("a report of a text"):
            note(row.pk, State.DELIVERED, sid="SM" + "a" * 32, error_code=None)
    plans = []
    with connection.cursor() as cursor:
        for query in asked.captured_queries:
            if "notifications_notification" in query["sql"] and query["sql"].startswith(("SELECT", "UPDATE")):
                cursor.execute(f"EXPLAIN {query['sql']}")
                plans.append("\n".join(line for (line,) in cursor.fetchall()))
    assert len(plans) >= 5
    for plan in plans:
        assert "Seq Scan on notifications_notification" not in plan, plan
        assert "Cond: " in plan, plan  # an index without one is read from end to end as well
