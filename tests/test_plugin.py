"""What `tests/plugin.py` promises, in the run that it has set up."""

import os

from django.conf import settings
from django.db import connection

from blink.environment import Environment
from tests.plugin import SERVERS, SETTINGS


def test_every_variable_is_set_for_the_tests() -> None:
    """One that is forgotten could come from a developer's shell."""
    assert set(SETTINGS) == {"BLINK_ENV_FILE", *Environment.model_fields} - set(SERVERS)


def test_no_test_can_reach_a_provider() -> None:
    assert settings.DELIVERY == "outbox"
    assert os.environ["BLINK_ENV_FILE"] == os.devnull


def test_the_run_is_on_the_database_that_was_asked_for() -> None:
    """`make test` runs part of the tests on SQLite; this is among them, so that it really does."""
    assert connection.vendor == ("postgresql" if os.environ["DATABASE_URL"].startswith("postgres") else "sqlite")
