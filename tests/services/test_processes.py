"""Blink as production runs it: web, worker and beat as processes, PostgreSQL, Redis, and the providers' real clients.

Everything that the processes say to Redis is listened to as well: it is nothing about anybody.
"""

import base64
import contextlib
import http.client
import json
import os
import re
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import psycopg
import pytest
import redis
from icalendar import Calendar

from tests.servers import PrivateRedis, free_port
from tests.services.processes import PRODUCTION, ROOT, Processes, documented
from tests.standins.smtp import SmtpStandin
from tests.standins.twilio import TwilioStandin

pytestmark = pytest.mark.services

# Mom chose texts as well, dad emails alone. One appointment is due by email now, another by text.
PUT_IN = """
from datetime import timedelta
from accounts.features import Channel
from tests.conftest import choose, make_practice

practice = make_practice()
choose(practice.mom, Channel.TEXT)
print(practice.appointment(timedelta(hours=23, minutes=30), location="Pier room").uid)
practice.appointment(timedelta(minutes=40))
"""

AGAIN = """
from notifications.tasks import deliver, sweep
from scheduling.tasks import scan

for task in (scan, sweep, deliver, scan, sweep, deliver):
    task.delay()
"""

# Whatever of the cast could give somebody away.
PERSONAL = ("rivera", "maria", "daniel", "harbor kids", "harbor-kids", "5550143", "555-0143", "pier ro")


class Listener:
    """Hears every command that this Redis is given, from `with` on."""

    def __init__(self, url: str) -> None:
        self.heard: list[str] = []
        self._client = redis.Redis.from_url(url, socket_timeout=None)
        self._over = threading.Event()

    def __enter__(self) -> "Listener":
        self._monitor = self._client.monitor()  # type: ignore[no-untyped-call]  # untyped in redis
        self._monitor.__enter__()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._client.ping()  # one more command, so that the thread looks up
        self._thread.join(10)
        self._monitor.__exit__(None, None, None)
        self._client.close()

    def _listen(self) -> None:
        while not self._over.is_set():
            self.heard.append(self._monitor.next_command()["command"])

    def messages(self) -> list[dict[str, Any]]:
        """The tasks that were put into the queue, their bodies decoded."""
        pushed = [each.split(" ", 2)[2] for each in self.heard if each.startswith(("LPUSH clock ", "LPUSH notices "))]
        messages = map(json.loads, pushed)
        return [{**message, "body": json.loads(base64.b64decode(message["body"]))} for message in messages]


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The address of an empty database on this run's PostgreSQL."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("CREATE DATABASE blink_processes")
        yield urlunsplit(parts._replace(path="/blink_processes"))
        connection.execute("DROP DATABASE blink_processes WITH (FORCE)")


def ask(port: int, path: str, body: str | None = None, **headers: str) -> http.client.HTTPResponse:
    """GET, or POST a body, as the proxy in front of the web process would."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    told = {"Host": "blink.example", "X-Forwarded-Proto": "https", **headers}
    connection.request("GET" if body is None else "POST", path, body, told)
    return connection.getresponse()


def answers(port: int) -> bool:
    with contextlib.suppress(OSError):
        return ask(port, "/healthz").status == 200
    return False


def rows(database: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database) as connection:
        return connection.execute(query.encode()).fetchall()


def test_reminders_leave_through_web_worker_and_beat_as_processes_R2_R3(database: str) -> None:
    port = free_port()
    with (
        PrivateRedis() as broker,
        Listener(broker.url) as listener,
        SmtpStandin() as smtp,
        TwilioStandin() as twilio,
        Processes(
            **PRODUCTION,
            DATABASE_URL=database,
            REDIS_URL=broker.url,
            EMAIL_HOST=smtp.host,
            EMAIL_PORT=str(smtp.port),
            EMAIL_USE_TLS="False",
            TWILIO_ACCOUNT_SID=twilio.account_sid,
            TWILIO_AUTH_TOKEN=twilio.auth_token,
            TWILIO_API_URL=twilio.url,
        ) as processes,
    ):
        # As docs/deploying.md says, word for word; only the port and the folder are this test's own.
        own = {"127.0.0.1:8000": f"127.0.0.1:{port}", "/var/lib/blink/beat": str(processes.folder / "beat.schedule")}
        commands = [[own.get(word, word) for word in command] for command in documented()]
        *releasing, web, worker_command, beat_command = commands
        for _python, _manage, *arguments in releasing:
            processes.manage(*arguments)
        uid = processes.script(PUT_IN).strip()

        processes.start("web", *web)
        worker = processes.start("worker", *worker_command)
        processes.wait_for_words("ready.", worker)
        processes.wait_for(lambda: answers(port), what="the web answers")
        assert not smtp.emails
        assert not twilio.messages
        beat = processes.start_late_beat("beat", *beat_command)

        processes.wait_for(lambda: len(smtp.emails) >= 2 and twilio.messages, what="two emails and a text")
        unfinished = "SELECT 1 FROM notifications_notification WHERE state IN ('pending', 'sending')"
        processes.wait_for(lambda: not rows(database, unfinished), what="the ledger is settled")

        # Exactly those, once each, also when beat and sweep look again.
        asked = len(listener.messages())
        processes.script(AGAIN)
        processes.wait_for(
            lambda: asked + 6 <= len(listener.messages()) == worker.said.count("succeeded in"),
            what="the worker has done everything asked of it",
        )
        mom, dad = (f"{name}.rivera@harbor-kids-therapy.example" for name in ("maria", "daniel"))
        assert sorted(email.recipients for email in smtp.emails) == [(dad,), (mom,)]
        for email in smtp.emails:
            (attached,) = (part for part in email.message.walk() if part.get_content_type() == "text/calendar")
            calendar = attached.get_payload(decode=True)
            assert isinstance(calendar, bytes)
            (event,) = Calendar.from_ical(calendar).walk("VEVENT")
            assert str(event["UID"]).startswith(uid)
        (text,) = twilio.messages
        assert text.to == "+12065550143"
        assert text.body.startswith("Harbor Kids Therapy: ")
        assert "STOP" in text.body

        # The ledger tells the same.
        assert sorted(
            rows(database, "SELECT channel, state, reason, count(*) FROM notifications_notification GROUP BY 1, 2, 3")
        ) == [
            ("email", "sent", "", 2),
            ("email", "skipped", "too_late", 2),
            ("text", "sent", "", 1),
            ("text", "skipped", "preference_off", 1),
        ]
        assert rows(
            database, "SELECT provider_id FROM notifications_notification WHERE channel = 'text' AND state = 'sent'"
        ) == [(text.sid,)]

        # Beat schedules both, and what it and the others say to Redis is about nobody.
        assert {"Sending due task scan", "Sending due task sweep"} <= {
            line.partition("Scheduler: ")[2].partition(" (")[0] for line in beat.said.splitlines()
        }
        assert_nobody_is_mentioned(listener, broker)
        assert_the_web_answers(port)

        # Twilio's report comes in by the web and moves the record forward (T10).
        report = twilio.callback(text.sid, "delivered")
        answer = ask(port, urlsplit(report.url).path, urlencode(report.fields), **report.headers)
        assert answer.status < 300
        assert rows(database, "SELECT channel FROM notifications_notification WHERE state = 'delivered'") == [("text",)]


def assert_the_web_answers(port: int) -> None:
    # As a load balancer asks, beside the proxy.
    health = ask(port, "/healthz", **{"X-Forwarded-Proto": "http", "Host": "10.0.0.5:8000"})
    assert (health.status, json.load(health)["ok"]) == (200, True)
    assert ask(port, "/admin/", **{"X-Forwarded-Proto": "http"}).status == 301, "to https"
    answer = ask(port, "/admin/")
    assert (answer.status, answer.headers["Location"]) == (302, "/admin/login/?next=/admin/")
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    assert ask(port, "/", Host="someone.else.example").status == 400
    page = ask(port, "/account/login/").read().decode()
    style = ask(port, re.findall(r'href="(/static/[^"]+\.css)"', page)[0])
    assert style.status == 200
    assert "immutable" in style.headers["Cache-Control"]


def assert_nobody_is_mentioned(listener: Listener, broker: PrivateRedis) -> None:
    messages = listener.messages()
    assert {message["headers"]["task"] for message in messages} == {
        "notifications.tasks.ask_about_texts",
        "notifications.tasks.deliver",
        "notifications.tasks.settle_order",
        "notifications.tasks.sweep",
        "scheduling.tasks.scan",
    }
    for message in messages:
        arguments, keywords, _embedded = message["body"]
        assert (arguments, keywords) == ([], {})
    with redis.Redis.from_url(broker.url) as client:
        kept = [repr((key, client.dump(key))) for key in client.scan_iter()]
    said = "\n".join([*listener.heard, *kept, *(json.dumps(message["body"]) for message in messages)]).lower()
    for word in PERSONAL:
        assert word not in said, f"Redis was told {word!r}"


def test_make_run_on_postgresql_starts_without_the_demo_and_says_so(database: str) -> None:
    with Processes(DATABASE_URL=database, PORT=str(free_port())) as processes:
        blink = processes.start("run", "python", ROOT / "manage.py", "runblink")
        processes.wait_for_words("Ctrl-C stops Blink", blink, within=60)
        assert "The demo is not loaded" in blink.said
        assert "password:" not in blink.said
    assert rows(database, "SELECT 1 FROM accounts_user WHERE email = 'admin@blink.example'") == []
