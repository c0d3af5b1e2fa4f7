"""`/healthz`, as a load balancer meets it."""

import pytest
from django.db import connections
from django.test import Client as Browser
from pytest_django import DjangoAssertNumQueries, DjangoDbBlocker

from blink import health


@pytest.mark.django_db
def test_all_is_well(client: Browser) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"ok": True, "parts": {"database": True}}
    assert "no-store" in answer["Cache-Control"]
    assert not answer.cookies


@pytest.mark.django_db
def test_it_costs_one_query(client: Browser, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        client.get("/healthz")


def test_a_database_that_does_not_answer_is_said_without_details(
    client: Browser, django_db_blocker: DjangoDbBlocker
) -> None:
    """The connection is pointed at a database that is not there."""
    database = connections["default"]
    real = database.settings_dict
    with django_db_blocker.unblock():
        database.close()
        try:
            database.settings_dict = {**real, "NAME": "/nowhere/at/all", "HOST": "/nowhere", "PORT": "1"}
            answer = client.get("/healthz")
        finally:
            database.close()
            database.settings_dict = real
    assert answer.status_code == 503
    assert answer.json() == {"ok": False, "parts": {"database": False}}
    assert b"nowhere" not in answer.content


@pytest.mark.django_db
def test_a_part_of_this_process_that_is_down_is_named(
    client: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(health.checks, "worker", lambda: False)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["parts"] == {"database": True, "worker": False}
    assert caplog.records == []  # whoever asks every second learns it from the answer


@pytest.mark.django_db
def test_it_is_only_read(client: Browser) -> None:
    assert client.post("/healthz").status_code == 405
    assert client.head("/healthz").status_code == 200
