"""`/metrics`: what monitoring is told, only with the token, and nothing of any practice (L6)."""

import re
from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.features import Channel
from notifications.models import Hold, State
from tests.conftest import Practice
from tests.notifications.conftest import make_notification

pytestmark = pytest.mark.django_db

TOKEN = "a token that nobody guesses"


@pytest.fixture
def token(settings: Settings) -> str:
    settings.METRICS_TOKEN = TOKEN
    return TOKEN


def scrape(token: str = TOKEN, **headers: str) -> dict[str, float]:
    """The samples by name and labels."""
    answer = Browser().get("/metrics", headers={"Authorization": f"Bearer {token}", **headers})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = answer.content.decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


def test_without_a_token_set_there_is_no_such_page(settings: Settings) -> None:
    settings.METRICS_TOKEN = ""
    assert Browser().get("/metrics").status_code == 404
    assert Browser().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN} x", "é"])
def test_another_token_is_refused(token: str, given: str) -> None:
    assert Browser().get("/metrics", headers={"Authorization": given}).status_code == 403


def test_only_reading_is_allowed_and_any_host_may(token: str) -> None:
    assert Browser().post("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 405
    assert scrape(Host="10.0.0.7:8000")


def test_nothing_is_due_and_nothing_held(token: str) -> None:
    assert scrape() == {
        f'blink_{name}{{channel="{channel}"}}': 0.0
        for name in ("due_unsent", "oldest_due_seconds")
        for channel in ("email", "text")
    }


def test_what_is_held_due_and_failed_is_counted_over_every_practice(
    token: str, practice: Practice, other_practice: Practice
) -> None:
    now = timezone.now()
    Hold.objects.create(channel=Channel.TEXT, code="20003", next_try_at=now)
    Hold.objects.create(channel=Channel.TEXT, country="CA", code="21408", next_try_at=now)
    Hold.objects.create(channel=Channel.EMAIL, code="535", next_try_at=now, ended_at=now)
    for each in (practice, other_practice):
        make_notification(each.mom, Channel.TEXT, due_at=now - timedelta(minutes=10))
        make_notification(each.mom, Channel.TEXT, due_at=now + timedelta(minutes=10))
        make_notification(each.mom, Channel.EMAIL, state=State.SENT)
        for ago in (timedelta(minutes=30), timedelta(hours=2)):
            make_notification(
                each.mom, Channel.TEXT, state=State.FAILED, reason="gave_up", attempted_at=now - ago, due_at=now - ago
            )
    found = scrape()
    assert 600 <= found.pop('blink_oldest_due_seconds{channel="text"}') < 660
    assert found == {
        'blink_channel_held{channel="text",code="20003",country=""}': 1.0,
        'blink_channel_held{channel="text",code="21408",country="CA"}': 1.0,
        'blink_due_unsent{channel="email"}': 0.0,
        'blink_due_unsent{channel="text"}': 2.0,
        'blink_oldest_due_seconds{channel="email"}': 0.0,
        'blink_notifications_failed{channel="text",reason="gave_up"}': 2.0,
    }
    labels = {name for sample in found for name in re.findall(r'(\w+)="', sample)}
    assert labels == {"channel", "code", "country", "reason"}


def test_it_costs_three_queries(token: str, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(3):
        scrape()
