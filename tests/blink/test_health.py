"""`/healthz`, as a load balancer meets it."""

import pytest
from django.db.utils import ConnectionHandler
from django.test import Client as Browser
from pytest_django import DjangoAssertNumQueries, Settings

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


@pytest.mark.django_db
def test_a_database_that_does_not_answer_is_said_without_details(
    client: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = "django.db.backends.sqlite3"
    nowhere = ConnectionHandler({"default": {"ENGINE": engine, "NAME": "/nowhere/at/all"}})["default"]
    monkeypatch.setattr(health, "connection", nowhere)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"ok": False, "parts": {"database": False}}
    assert b"nowhere" not in answer.content


@pytest.mark.django_db
def test_a_part_that_comes_up_while_somebody_asks_does_no_harm(
    client: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The embedded server adds its worker and its beat while it starts, and is asked all the while."""
    checks = dict(health.checks)

    def meanwhile() -> bool:
        checks["beat"] = lambda: True
        return True

    checks["worker"] = meanwhile
    monkeypatch.setattr(health, "checks", checks)
    assert client.get("/healthz").json()["parts"] == {"database": True, "worker": True}
    assert client.get("/healthz").json()["parts"] == {"database": True, "worker": True, "beat": True}


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


@pytest.mark.django_db
def test_a_load_balancer_asks_by_address_and_without_tls(client: Browser, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["blink.example"]
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz", headers={"host": "10.0.0.5:8000"}).status_code == 200
    assert client.get("/", headers={"host": "10.0.0.5:8000"}).status_code == 400
