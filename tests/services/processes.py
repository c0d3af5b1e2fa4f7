"""Blink's programs as processes of their own, as production runs them.

    with Processes(DATABASE_URL=..., REDIS_URL=...) as processes:
        processes.manage("migrate")
        worker = processes.start("worker", "celery", "-A", "blink", "worker")

They see the variables given here and nothing else of this run's environment. Each writes to a log; when the block
is left the end of each goes to standard error, which pytest shows of tests that failed. However the block is left,
every process is ended by its own id; should the test process itself be killed, the watchdog ends them (see
`tests/watchdog.py`).
"""

# psutil ships no types.
# mypy: disable-error-code="import-untyped"

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import psutil
from django.conf import settings

from tests import watchdog

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent
SECONDS_TO_STOP = 15.0
SHOWN = 4000  # characters of each log in a failure

PRODUCTION = {
    "BLINK_ENVIRONMENT": "production",
    "SECRET_KEY": "a secret of fifty or more characters, for the tests only",
    "PUBLIC_URL": "https://blink.example",
    "DELIVERY": "providers",
    "DEFAULT_FROM_EMAIL": "Blink <reminders@blink.example>",
    "TWILIO_FROM": "+15005550006",
}
"""What production insists on, but for the addresses of its servers and providers."""

# The same schedule in fractions of the time, for a real `celery beat`.
QUICK_BEAT = """
from blink.celery import app

for entry in app.conf.beat_schedule.values():
    entry["schedule"] = {seconds}
"""

# A real `celery beat` that was down for an hour: it finds everything overdue when it starts.
LATE_BEAT = """
import sys
from datetime import timedelta
from celery.beat import PersistentScheduler
from blink.celery import app

scheduler = PersistentScheduler(app, schedule_filename=sys.argv[1])
for entry in scheduler.schedule.values():
    entry.last_run_at -= timedelta(hours=1)
scheduler.close()
"""


@dataclass
class Running:
    """One process and what it has said."""

    name: str
    process: subprocess.Popen[str]
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def tell(self, *words: object) -> None:
        """Write a line to its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()

    def answers(self) -> list[Any]:
        """The whole lines of JSON that it has said so far, in order."""
        lines = self.said.rpartition("\n")[0].splitlines()
        return [json.loads(line) for line in lines if line.startswith(("{", "["))]

    def end(self) -> int:
        """Ask it to end (SIGTERM), insist after a while; returns its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                watchdog.end_tree(psutil.Process(self.process.pid))
        if self.process.stdin is not None:
            self.process.stdin.close()
        return self.process.wait(SECONDS_TO_STOP)


class Processes:
    """A folder, an environment, and the processes that run in them."""

    def __init__(self, **environment: str) -> None:
        self.environment = environment
        self.running: list[Running] = []

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="blink-test-"))
        self._watchdog = subprocess.Popen(
            [sys.executable, "-P", watchdog.__file__, str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
            start_new_session=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        for each in self.running:
            if each.process.poll() is None:
                each.process.terminate()  # all at once; they end side by side
        for each in self.running:
            each.end()
        sys.stderr.write(self.logs())
        shutil.rmtree(self.folder, ignore_errors=True)
        assert self._watchdog.stdin is not None
        self._watchdog.stdin.close()
        self._watchdog.wait(SECONDS_TO_STOP)

    def start(self, name: str, program: str, *arguments: object, **environment: str) -> Running:
        """Start a program of this virtual environment in a session of its own, its output to its log."""
        log = self.folder / f"{name}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                [PROGRAMS / program, *map(str, arguments)],
                cwd=self.folder,
                env=self._environment(environment),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                text=True,
                start_new_session=True,
            )
        running = Running(name, process, log)
        self.running.append(running)
        assert self._watchdog.stdin is not None
        self._watchdog.stdin.write(f"{process.pid} {psutil.Process(process.pid).create_time()}\n")
        return running

    def run(self, program: str, *arguments: object, **environment: str) -> str:
        """Run a program to its end; returns what it printed. Raises AssertionError if it fails."""
        done = subprocess.run(
            [PROGRAMS / program, *map(str, arguments)],
            cwd=self.folder,
            env=self._environment(environment),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{program} {arguments[:2]} failed: {done.stdout[-SHOWN:]}{done.stderr[-SHOWN:]}"
        return done.stdout

    def manage(self, *arguments: str, **environment: str) -> str:
        """Run a management command to its end."""
        return self.run("python", ROOT / "manage.py", *arguments, **environment)

    def script(self, code: str, *arguments: object, **environment: str) -> str:
        """Run Python code, with Blink set up, to its end."""
        return self.run("python", "-c", SET_UP + code, *arguments, **environment)

    def start_script(self, name: str, code: str, *arguments: object, **environment: str) -> Running:
        """Start Python code with Blink set up."""
        return self.start(name, "python", "-u", "-c", SET_UP + code, *arguments, **environment)

    def start_worker(self, name: str, *arguments: object, **environment: str) -> Running:
        """Start a Celery worker."""
        told = ("-A", "blink", "worker", "--hostname", f"{name}@%h", "--loglevel", "INFO")
        return self.start(name, "celery", *told, *arguments, **environment)

    def start_late_beat(self, name: str, *command: str) -> Running:
        """Start a beat that was down for an hour; a command given must name its `--schedule` file."""
        schedule = str(self.folder / f"{name}.schedule")
        command = command or ("celery", "-A", "blink", "beat", "--schedule", schedule, "--loglevel", "INFO")
        self.script(LATE_BEAT, command[command.index("--schedule") + 1])
        return self.start(name, *command)

    def start_quick_beat(self, name: str, *, seconds: float) -> Running:
        """Start a beat for which everything is due every so many seconds."""
        (self.folder / f"{name}.py").write_text(QUICK_BEAT.format(seconds=seconds))
        schedule = self.folder / f"{name}.schedule"
        return self.start(name, "celery", "-A", name, "beat", "--schedule", schedule, "--loglevel", "INFO")

    def wait_for(self, condition: Callable[[], object], *, what: str, within: float = 30) -> None:
        """Return once it is true. Raises AssertionError if it does not come true, or a process ends meanwhile."""
        deadline = time.monotonic() + within
        while not condition():
            ended = [each.name for each in self.running if each.process.poll()]
            assert not ended, f"{', '.join(ended)} ended while waiting for: {what}"
            assert time.monotonic() < deadline, f"not within {within:.0f} seconds: {what}"
            time.sleep(0.05)

    def wait_for_words(self, words: str, *running: Running, within: float = 30) -> None:
        """Return once each of these processes has said these words."""
        for each in running:
            self.wait_for(lambda each=each: words in each.said, what=f"{each.name} says {words!r}", within=within)  # type: ignore[misc]  # mypy cannot infer a lambda's default

    def logs(self) -> str:
        """The end of what each process has said."""
        return "".join(f"--- {each.name}\n{each.said[-SHOWN:]}\n" for each in self.running)

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        clean = {"PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}", "HOME": str(self.folder), "LANG": "C.UTF-8"}
        clean["PYTHONPATH"] = f"{ROOT}{os.pathsep}{self.folder}"
        clean["BLINK_ENV_FILE"] = os.devnull
        return {**clean, "DATA_DIR": str(self.folder / "data"), **self.environment, **more}


def documented() -> list[list[str]]:
    """The commands of docs/deploying.md, in its order, split as a shell would."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs/deploying.md").read_text(), re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines()]


SET_UP = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "blink.settings"
import django
django.setup()
"""


def database_url_of_this_run() -> str:
    """The address of the database that pytest-django made for this process, for others to join it."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{settings.DATABASES['default']['NAME']}"))
