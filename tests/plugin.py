"""Give the test run settings, a PostgreSQL and a Redis of its own. Loaded with `-p tests.plugin`.

Settings are read from the environment, once, when pytest-django imports them. So before that every variable is
given its value here: a developer's `.env` and shell have no say, and no test can ever reach a provider. Then the
servers start, and their addresses go into DATABASE_URL and REDIS_URL. Where either is set already, that server is
used and none is started in its place; set but empty means the embedded default: `DATABASE_URL= pytest` is SQLite.
The first lines of a run say which it is.

With pytest-xdist only the controller starts servers; workers find the addresses in the environment they
inherit. There pytest-django gives each worker a database of its own (`test_blink_gw0`), and this plugin a
Redis database of its own: worker gw0 gets number 1, gw1 number 2 and so on, number 0 stays the controller's.
A Redis that is brought along needs as many databases (16 unless configured otherwise).

A server that cannot start ends the run with its name and the reason (pytest's exit code 4).
"""

import os
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.servers import PrivatePostgres, PrivateRedis, PrivateServer, ServerError

SERVERS: dict[str, type[PrivateServer]] = {"DATABASE_URL": PrivatePostgres, "REDIS_URL": PrivateRedis}


SETTINGS = {
    "BLINK_ENV_FILE": os.devnull,
    "DELIVERY": "outbox",
    **dict.fromkeys(
        (
            "BLINK_ENVIRONMENT", "SECRET_KEY", "DEBUG", "PORT", "PUBLIC_URL", "HSTS_WHOLE_DOMAIN", "DATA_DIR",
            "DATABASE_POOL_SIZE",
            "DEFAULT_FROM_EMAIL", "EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER",
            "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS", "EMAIL_USE_SSL", "EMAIL_TIMEOUT",
            "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM", "TWILIO_API_URL", "TWILIO_TIMEOUT", "LOG_LEVEL",
            "TEXT_RATE", "EMAIL_RATE", "METRICS_TOKEN", "SECRET_KEY_FALLBACKS",
            "TRUSTED_PROXIES",
        ),
        "",
    ),
}  # fmt: skip
"""What tests run with; empty means the default. `tests/test_plugin.py` holds it to `blink.environment`, which cannot
be imported here: it would settle which settings module is used before pytest-django can."""


@pytest.hookimpl(tryfirst=True)  # pytest-django imports the settings in the same hook
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Set what the run needs and start what is missing. Raises pytest.UsageError, which ends the run."""
    for name in [*SETTINGS, *(name for name in os.environ if name.startswith("ANYMAIL_"))]:
        put(early_config, name, SETTINGS.get(name, ""))
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        if os.environ["REDIS_URL"]:
            os.environ["REDIS_URL"] = numbered(os.environ["REDIS_URL"], int(worker.removeprefix("gw")) + 1)
        return
    asked = early_config.known_args_namespace
    if asked.help or asked.version:
        return
    for variable, server in SERVERS.items():
        if variable not in os.environ:
            start(early_config, variable, server())


def start(config: pytest.Config, variable: str, server: PrivateServer) -> None:
    """Start a server, put its address into the environment, and undo both when the run ends."""
    try:
        server.__enter__()
    except (ServerError, OSError) as error:
        raise pytest.UsageError(
            f"{server.name}, which the tests need, did not start. "
            f"Mend this, or set {variable} to one that runs. {error}"
        ) from error
    # Called however the run ends, also when a later plugin or a conftest cannot be loaded.
    config.add_cleanup(server.stop)
    put(config, variable, server.url)


def pytest_report_header() -> str:
    """Which database and broker this run is about; never their addresses, which hold passwords."""
    from django.db import connection  # only now are there settings

    broker = urlsplit(os.environ["REDIS_URL"]).scheme or "memory"
    return f"database: {connection.vendor}, broker: {broker}"


def put(config: pytest.Config, variable: str, value: str) -> None:
    """Set an environment variable, and put it back when the run ends."""
    before = os.environ.get(variable)
    config.add_cleanup(lambda: put_back(variable, before))
    os.environ[variable] = value


def put_back(variable: str, value: str | None) -> None:
    """Set an environment variable to what it was; None removes it."""
    if value is None:
        os.environ.pop(variable, None)
    else:
        os.environ[variable] = value


def numbered(url: str, number: int) -> str:
    """The same Redis, another of its databases: `redis://host:6379/0` becomes `redis://host:6379/3`."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        raise pytest.UsageError("REDIS_URL: with pytest-xdist, give a redis:// address, not a Unix socket")
    return urlunsplit(parts._replace(path=f"/{number}"))


@pytest.fixture(scope="session")
def redis_url() -> str:
    """The Redis database this process has to itself. It is not emptied between tests."""
    url = os.environ["REDIS_URL"]
    if not url:
        pytest.fail("This test needs a Redis, and REDIS_URL is set but empty. Unset it to have one started.")
    return url
