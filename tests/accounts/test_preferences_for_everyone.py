"""The data migration: who exists without preferences gets email on and text off (P2, P5)."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from pytest_django import DjangoDbBlocker

BEFORE = [("accounts", "0001_initial")]
AFTER = [("accounts", "0002_preferences_for_everyone")]
LAST_YEAR = datetime(2025, 3, 1, 9, tzinfo=UTC)
FEATURES = {"appointments", "messages", "invoices", "homework"}

migration = import_module("accounts.migrations.0002_preferences_for_everyone")


@pytest.fixture(params=["sqlite", "default"])
def scratch(request: pytest.FixtureRequest, tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The alias of an empty database: an SQLite file, and one of the kind the tests run on."""
    settings, name = connections.settings, f"scratch_{os.getpid()}"
    like = settings["default"]
    creation: Any = connections["default"].creation
    server = request.param == "default" and like["ENGINE"] != "django.db.backends.sqlite3"
    if server:
        settings["scratch"] = {**like, "NAME": name}
    else:
        settings["scratch"] = {**like, "ENGINE": "django.db.backends.sqlite3", "NAME": tmp_path / "db", "OPTIONS": {}}
    with django_db_blocker.unblock():
        if server:
            with creation._nodb_cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {name}")
        try:
            yield "scratch"
        finally:
            connections["scratch"].close()
            del connections["scratch"]
            del settings["scratch"]
            if server:
                with creation._nodb_cursor() as cursor:
                    cursor.execute(f"DROP DATABASE {name}")


def migrate(alias: str, target: list[tuple[str, str]]) -> Any:
    """Migrate, and return the models as of then."""
    executor = MigrationExecutor(connections[alias])
    return executor.migrate(target).apps


class Before:
    """Rows as they were before the migration, by the models of that time."""

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self.apps = migrate(alias, BEFORE)
        self.organization = self.rows("Organization").create(name="Harbor", slug="harbor", country="US")

    def rows(self, model: str) -> Any:
        return self.apps.get_model("accounts", model).objects.using(self.alias)

    def login(self, name: str, **fields: Any) -> Any:
        user = self.rows("User").create(email=f"{name}@harbor.example")
        values = {"role": "client", "active_since": LAST_YEAR, **fields}
        return self.rows("Login").create(organization_id=self.organization.pk, user_id=user.pk, name=name, **values)

    def migrate(self) -> None:
        self.apps = migrate(self.alias, AFTER)

    def preferences(self, login: Any) -> dict[str, tuple[datetime | None, datetime | None]]:
        found = self.rows("Preference").filter(login_id=login.pk, organization_id=self.organization.pk)
        return {row.feature: (row.email_since, row.text_since) for row in found}


def test_everyone_without_preferences_gets_email_on_and_text_off_P2_P5(scratch: str) -> None:
    before = Before(scratch)
    mom, therapist = before.login("mom"), before.login("therapist", role="staff")
    before.migrate()
    for login in (mom, therapist):
        assert before.preferences(login) == dict.fromkeys(FEATURES, (LAST_YEAR, None))
    assert not before.rows("PreferenceChange").exists(), "nobody chose anything (P7)"


def test_a_closed_login_is_set_up_too_as_of_now_P2(scratch: str) -> None:
    before = Before(scratch)
    closed = before.login("closed", active_since=None)
    before.migrate()
    chosen = before.preferences(closed)
    assert set(chosen) == FEATURES
    for email_since, text_since in chosen.values():
        assert email_since is not None
        assert abs(timezone.now() - email_since) < timedelta(minutes=5)
        assert text_since is None


def test_what_was_chosen_is_kept_and_only_the_rest_added_P2(scratch: str) -> None:
    before = Before(scratch)
    dad, complete = before.login("dad"), before.login("complete")
    chosen_at = LAST_YEAR + timedelta(days=3)
    for login, features in ((dad, {"messages"}), (complete, FEATURES)):
        for feature in features:
            before.rows("Preference").create(
                organization_id=before.organization.pk,
                login_id=login.pk,
                feature=feature,
                email_since=None,
                text_since=chosen_at,
            )
    before.migrate()
    assert before.preferences(dad) == dict.fromkeys(FEATURES, (LAST_YEAR, None)) | {"messages": (None, chosen_at)}
    assert before.preferences(complete) == dict.fromkeys(FEATURES, (None, chosen_at))


def test_it_goes_by_batches_and_can_be_reversed_and_repeated_P2(scratch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration, "BATCH", 2)
    before = Before(scratch)
    logins = [before.login(f"login{number}") for number in range(5)]
    before.migrate()
    first = [before.preferences(login) for login in logins]
    assert first == [dict.fromkeys(FEATURES, (LAST_YEAR, None))] * 5
    migrate(scratch, BEFORE)
    assert [before.preferences(login) for login in logins] == first, "going back takes no choice away"
    late = before.login("late")
    before.migrate()
    assert [before.preferences(login) for login in [*logins, late]] == [*first, first[0]]


def test_an_organization_without_toggles_gets_them_off_O5(scratch: str) -> None:
    """Nobody turned anything on for it: no flood, and a row for a platform admin to turn on (O1)."""
    before = Before(scratch)
    before.rows("FeatureToggle").create(organization_id=before.organization.pk, feature="messages", on_since=LAST_YEAR)
    before.migrate()
    toggles = before.rows("FeatureToggle").values_list("feature", "on_since")
    assert dict(toggles) == dict.fromkeys(FEATURES, None) | {"messages": LAST_YEAR}
