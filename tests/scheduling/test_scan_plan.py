"""The scan's cost follows the number due, as PostgreSQL plans it (R2)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from accounts.features import Channel
from accounts.tenancy import everywhere, within
from scheduling.models import Appointment
from tests.conftest import Practice

NOW = datetime(2031, 3, 3, 9, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("channel", Channel)
def test_the_scan_reads_a_partial_index_however_large_the_table_R2(practice: Practice, channel: Channel) -> None:
    with within(practice.organization):
        Appointment.objects.bulk_create(
            Appointment(
                organization=practice.organization,
                client=practice.child,
                staff=practice.therapist,
                starts_at=NOW + timedelta(hours=hour),
                status="attended",
            )
            for hour in range(3000)
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE scheduling_appointment")
    with everywhere("the test asks for the scan's plan"):
        plan = Appointment.objects.due(channel, NOW).values_list("pk")[:100].explain()
    assert f"appointment_{channel.value}_due" in plan
    assert "Seq Scan" not in plan
