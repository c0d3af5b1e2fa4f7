"""The demo's homework: what was given long ago stays quiet, what is given now is told within the first minute (O5)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.features import Channel
from accounts.models import Organization
from accounts.tenancy import everywhere
from blink.demo.loading import load
from homework.models import Homework
from notifications.delivery import deliver_batch
from notifications.models import Notification, OutboxMessage

NOW = datetime(2026, 11, 24, 18, 20, 40, tzinfo=UTC)


@pytest.mark.django_db
def test_only_what_is_news_now_is_told_N3_P5_O5() -> None:
    with time_machine.travel(NOW, tick=False), everywhere("tests of the whole demo"):
        assert load()
        rows = list(Homework.objects.all())
        for row in rows:
            row.full_clean(exclude={"organization", "client", "assigned_by", "done_by"}, validate_constraints=False)
            assert row.created_at <= (row.done_at or NOW) <= NOW
        for organization in Organization.objects.all():
            theirs = [row for row in rows if row.organization_id == organization.pk]
            assert any(row.is_open for row in theirs)
            assert any(row.done_at and row.done_at < NOW - timedelta(days=1) for row in theirs)
        while deliver_batch():
            pass
        sent = OutboxMessage.objects.filter(notification__kind__startswith="homework.")
        assert set(sent.values_list("recipient", "notification__kind", "channel")) == {
            ("marisol.quintero@mail.example", "homework.added", Channel.EMAIL),
            ("2065550191", "homework.added", Channel.TEXT),
            ("sunniva@cedarfinch.example", "homework.done", Channel.EMAIL),
            ("marcia.dufresne@courriel.example", "homework.added", Channel.EMAIL),
            ("odette.dufresne@courriel.example", "homework.added", Channel.EMAIL),
            ("naomi.featherstone@post.example", "homework.added", Channel.EMAIL),
            ("harriet@willowmere.example", "homework.done", Channel.EMAIL),
        }
        told = Notification.objects.filter(kind__startswith="homework.")
        assert {row.words for row in told} == {
            "Sent",
            "Not texted: this login has it turned off",
            "Not texted: the phone number is not a U.S. or Canadian number",
        }
