"""`make run` as a person meets it: one real process, on a free port, in an empty folder."""

import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest
from django.utils.html import strip_tags

from blink import demo
from tests.blink.test_environment import COMPLETE

ROOT = Path(__file__).resolve().parents[2]
START_WITHIN = 60.0  # seconds, on a machine that has much else to do; alone it takes three
STOP_WITHIN = 10.0
OUT_WITHIN = 90.0


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(name: str, folder: Path, **variables: str) -> subprocess.Popen[str]:
    """`manage.py` in this folder, with nothing set but these; what it says is kept."""
    return subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), name],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "BLINK_ENV_FILE": os.devnull, "DATA_DIR": str(folder), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code and what it said on either stream."""
    try:
        out, err = process.communicate(timeout=START_WITHIN)
    finally:
        process.kill()
    return process.returncode, out, err


def eventually(what: Callable[[], Any], within: float) -> Any:
    """The first truthy answer."""
    deadline = time.monotonic() + within
    while not (answer := what()):
        assert time.monotonic() < deadline, f"not within {within} seconds"
        time.sleep(0.02)
    return answer


class Blink:
    """A running `make run`."""

    def __init__(self, folder: Path, port: int, process: subprocess.Popen[str]) -> None:
        self.folder, self.port, self.process = folder, port, process

    def health(self) -> tuple[int, dict[str, Any]]:
        """Status and parts; 0 while nobody listens."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            with closing(connection):
                connection.request("GET", "/healthz")
                answer = connection.getresponse()
                return answer.status, json.loads(answer.read())["parts"]
        except ConnectionError:
            return 0, {}

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.process.communicate()
        return self.health()[0] == 200

    def rows(self, query: str) -> list[Any]:
        """Read its database from outside."""
        with closing(sqlite3.connect(f"file:{self.folder / 'blink.sqlite3'}?mode=ro", uri=True)) as database:
            return database.execute(query).fetchall()

    def end(self, how: signal.Signals) -> tuple[int, str, str, float]:
        """Exit code, what it said, and how many seconds it took to end."""
        began = time.monotonic()
        self.process.send_signal(how)
        return *finished(self.process), time.monotonic() - began


@contextmanager
def running(folder: Path) -> Iterator[Blink]:
    port = free_port()
    blink = Blink(folder, port, command("runblink", folder, PORT=str(port)))
    try:
        eventually(blink.is_ready, START_WITHIN)
        yield blink
    finally:
        if blink.process.poll() is None:
            blink.process.kill()
            blink.process.communicate()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("blink")


@pytest.fixture(scope="module")
def blink(folder: Path) -> Iterator[Blink]:
    with running(folder) as blink:
        yield blink


def read(blink: Blink, address: str, **query: str) -> str:
    """The words of one of its pages, fetched over HTTP, without the tags."""
    html = build_opener().open(f"http://127.0.0.1:{blink.port}{address}?{urlencode(query)}", timeout=20).read().decode()
    return " ".join(unescape(strip_tags(html.replace("<", " <"))).split())


def outbox(blink: Blink) -> list[Any]:
    return blink.rows("SELECT channel, recipient, body, calendar FROM notifications_outboxmessage")


def test_emails_an_agenda_and_texts_really_go_out_R2_R5(blink: Blink) -> None:
    marcus = "marcus.bellweather@mail.example"  # after the notices of messages and homework
    eventually(lambda: any(to == marcus for _channel, to, *_ in outbox(blink)), OUT_WITHIN)
    sent = outbox(blink)
    assert {channel for channel, *_ in sent} == {"email", "text"}
    agenda = next(body for _channel, to, body, _calendar in sent if to == marcus)
    assert "Ada" in agenda
    assert "Theo" in agenda


def test_its_pages_show_what_went_out_and_why_some_did_not_R5_T1_L1(blink: Blink) -> None:
    """What a newcomer sees in a browser. All of it within `OUT_WITHIN`, which leaves room for a busy machine."""
    deadline = time.monotonic() + OUT_WITHIN
    front = read(blink, "/")
    assert "Nobody misses an appointment because nobody told them" in front
    assert "The outbox" in front
    assert "The record" in front

    for address, words in {
        "/outbox/": {
            "Reminder: 2 appointments, the first on",  # one email about both children
            "marcus.bellweather@mail.example",
            "has an appointment on",  # a text
            "Reply STOP to stop, UNSTOP to resume.",
        },
        "/outbox/record/": {
            "Appointment reminder · Email",
            "Sent marcus.bellweather@mail.example",
            "Not texted: texts are only sent by practices in the U.S. and Canada",
        },
    }.items():
        while missing := {said for said in words if said not in read(blink, address)}:
            assert time.monotonic() < deadline, (address, missing)
            time.sleep(0.2)


def test_a_wake_up_reaches_the_worker_long_before_a_sweep_would(blink: Blink) -> None:
    """The broker's queue is shared by the threads. Sweeps come every 15 seconds."""
    waits = eventually(
        lambda: blink.rows(
            "SELECT (julianday(sent_at) - julianday(created_at)) * 86400 FROM notifications_notification"
            " WHERE sent_at IS NOT NULL"
        ),
        OUT_WITHIN,
    )
    assert max(seconds for (seconds,) in waits) < 10


def test_it_says_what_of_it_is_running(blink: Blink) -> None:
    status, parts = blink.health()
    assert status == 200
    assert parts == dict.fromkeys(("database", "prepared", "web", "worker", "beat"), True)


def test_the_platform_admin_signs_in_with_what_was_printed(blink: Blink) -> None:
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    address = f"http://127.0.0.1:{blink.port}/account/login/?next=/admin/"
    form = browser.open(address, timeout=20).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
    assert token
    fields = {"csrfmiddlewaretoken": token[1], "login": demo.ADMIN_EMAIL, "password": demo.PASSWORD, "next": "/admin/"}
    page = browser.open(Request(address, urlencode(fields).encode(), {"Referer": address}), timeout=20)
    assert page.url.endswith("/admin/")
    assert b"Log out" in page.read()


def test_only_this_computer_reaches_it(blink: Blink) -> None:
    with pytest.raises(OSError, match=r"refused|assign|unreachable"):
        socket.create_connection(("127.0.0.2", blink.port), timeout=5)


def test_a_second_one_in_the_same_folder_is_told_so(blink: Blink) -> None:
    code, out, err = finished(command("runblink", blink.folder, PORT=str(free_port())))
    assert code == 1
    assert f"already running in this folder (process {blink.process.pid}, http://127.0.0.1:{blink.port})" in err
    assert "Traceback" not in out + err
    assert blink.is_ready()


def test_its_data_is_not_thrown_away_under_it(blink: Blink) -> None:
    code, _out, err = finished(command("demo_reset", blink.folder))
    assert code == 1
    assert "Stop it first; nothing was removed" in err
    assert (blink.folder / "blink.sqlite3").exists()


def test_a_port_that_is_taken_is_said_in_a_sentence(blink: Blink, tmp_path: Path) -> None:
    code, out, err = finished(command("runblink", tmp_path, PORT=str(blink.port)))
    assert code == 1
    assert f"Port {blink.port} is already in use" in err
    assert "make run PORT=" in err
    assert "Traceback" not in out + err
    assert not (tmp_path / "blink.sqlite3").exists()


def test_it_lives_ends_and_goes_on(tmp_path: Path) -> None:
    """Ctrl-C and SIGTERM end it quickly, without a word of complaint, and nothing is lost."""
    with running(tmp_path) as first:
        eventually(lambda: len(outbox(first)) >= 7, OUT_WITHIN)
        code, out, err, seconds = first.end(signal.SIGINT)
        assert (code, err) == (0, "")
        assert seconds < STOP_WITHIN
        assert f"http://127.0.0.1:{first.port}/admin/" in out
        assert demo.PASSWORD in out
        # Every thread closed its connection, so SQLite's own files are gone; nothing else lies about.
        assert {file.name for file in tmp_path.iterdir()} == {"blink.sqlite3", "owner"}
        kept = outbox(first)

    with running(tmp_path) as second:
        # A browser that keeps its connection open does not keep it alive.
        idle = socket.create_connection(("127.0.0.1", second.port))
        code, out, err, seconds = second.end(signal.SIGTERM)
        idle.close()
        assert (code, err) == (0, "")
        assert seconds < STOP_WITHIN
        assert "The demo is loaded" not in out
        assert outbox(second)[: len(kept)] == kept

    code, out, _err = finished(command("demo_reset", tmp_path))
    assert code == 0
    assert "is gone" in out
    assert {file.name for file in tmp_path.iterdir()} == {"owner"}


def test_it_can_be_ended_while_it_starts_and_is_not_well_before_it_is_ready(tmp_path: Path) -> None:
    port = free_port()
    blink = Blink(tmp_path, port, command("runblink", tmp_path, PORT=str(port)))
    status, parts = eventually(lambda: (blink.health()[0] and blink.health()) or None, START_WITHIN)
    assert status == 503
    assert not parts["prepared"]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with closing(connection):
        connection.request("GET", "/admin/")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (503, b"Blink is starting. Try again in a moment.\n")
    code, _out, err, seconds = blink.end(signal.SIGINT)
    assert (code, err) == (0, "")
    assert seconds < START_WITHIN


def test_production_is_started_otherwise(tmp_path: Path) -> None:
    code, _out, err = finished(command("runblink", tmp_path, **COMPLETE))
    assert code == 1
    assert "gunicorn" in err
    code, _out, err = finished(command("demo_reset", tmp_path, **COMPLETE))
    assert code == 1
    assert "Nothing was removed" in err


def test_a_database_of_ones_own_is_never_removed(tmp_path: Path) -> None:
    mine = tmp_path / "mine.sqlite3"
    mine.write_bytes(b"")
    code, _out, err = finished(command("demo_reset", tmp_path, DATABASE_URL=f"sqlite:///{mine}"))
    assert code == 1
    assert "Nothing was removed" in err
    assert mine.exists()
