"""Give the test run a PostgreSQL and a Redis of its own. Loaded with `-p tests.plugin`.

Settings are read from the environment, once, when pytest-django imports them. So the servers start before
that, and their addresses go into DATABASE_URL and REDIS_URL. Where either is set already, that server is
used and none is started in its place.

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


@pytest.hookimpl(tryfirst=True)  # pytest-django imports the settings in the same hook
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start what is missing. Raises pytest.UsageError, which ends the run."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        os.environ["REDIS_URL"] = numbered(os.environ["REDIS_URL"], int(worker.removeprefix("gw")) + 1)
        return
    asked = early_config.known_args_namespace
    if asked.help or asked.version:
        return
    for variable, server in SERVERS.items():
        if not os.environ.get(variable):
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
    before = os.environ.get(variable)
    config.add_cleanup(lambda: put_back(variable, before))
    os.environ[variable] = server.url


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
    return os.environ["REDIS_URL"]
