"""What the embedded default relies on: a real SQLite file, one process, several threads."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.services.processes import Processes

pytestmark = pytest.mark.services

# Two threads scan, two send, one moves what is being sent, all on one file; says what it found afterwards.
RACE = """
import json, threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from django.db import connection
from accounts.features import Channel
from accounts.tenancy import everywhere
from notifications.delivery import deliver_batch
from notifications.models import Notification, OutboxMessage
from scheduling.models import Appointment, Mention
from scheduling.mentions import last_told
from scheduling.scan import scan
from tests.conftest import choose, make_practice

practice = make_practice()
for login in (practice.mom, practice.dad):
    choose(login, Channel.TEXT)
appointments = [practice.appointment(timedelta(minutes=20 + number % 30)) for number in range(60)]
appointments += [practice.appointment(timedelta(hours=22, minutes=number)) for number in range(60)]
moved, stop = appointments[::3], threading.Event()

def until_stopped(do):
    while not stop.is_set():
        do() or stop.wait(0.01)

def move():
    with everywhere("the race"):
        for appointment in moved:
            appointment.move(appointment.starts_at + timedelta(minutes=2))

def run(do, *arguments):
    try:
        do(*arguments)
    except BaseException:
        stop.set()
        raise
    finally:
        connection.close()

with ThreadPoolExecutor(5) as threads:
    busy = [threads.submit(run, until_stopped, do) for do in (scan, scan, deliver_batch, deliver_batch)]
    threads.submit(run, move).result()
    while not scan() and deliver_batch():
        pass
    stop.set()
    for each in busy:
        each.result()
while scan() or deliver_batch():
    pass

with everywhere("the race"), connection.cursor() as cursor:
    cursor.execute("PRAGMA journal_mode")
    (journal,) = cursor.fetchone()
    truth = Appointment.objects.in_bulk()
    print(json.dumps({
        "vendor": connection.vendor,
        "journal": journal,
        "file": str(connection.settings_dict["NAME"]),
        "reminders": list(Mention.objects.reminders().values_list("login_id", "channel", "appointment_id")),
        "wrong": [pk for (_, _, pk), told in last_told(truth).items() if not told.is_still_right(truth[pk])],
        "unfinished": Notification.objects.unfinished().count(),
        "sent": Notification.objects.filter(state="sent").count(),
        "outbox": OutboxMessage.objects.count(),
        "unmoved": [each.pk for each in appointments if each not in moved],
        "logins": [practice.mom.pk, practice.dad.pk],
    }))
"""


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    """Neither DATABASE_URL nor REDIS_URL: a file in a folder of its own, migrated."""
    with Processes() as started:
        started.manage("migrate", "--verbosity", "0")
        yield started


def test_threads_share_the_file_without_ever_finding_it_locked_R9(processes: Processes) -> None:
    found: dict[str, Any] = json.loads(processes.script(RACE).splitlines()[-1])
    assert (found["vendor"], found["journal"]) == ("sqlite", "wal")
    assert found["file"].startswith(str(processes.folder))
    assert found["unfinished"] == 0
    assert found["sent"] == found["outbox"] > 40  # how many depends on who wins; so many were a race
    assert found["wrong"] == []
    told = Counter(map(tuple, found["reminders"]))
    assert set(told.values()) == {1}
    unmoved = {appointment for _login, _channel, appointment in told} & set(found["unmoved"])
    assert unmoved == set(found["unmoved"])
    for appointment in unmoved:
        assert {login for login, _channel, each in told if each == appointment} == set(found["logins"])


def test_two_processes_share_the_file_as_well(processes: Processes) -> None:
    """A management command beside the running server: both write, neither fails."""
    both = [processes.start_script(f"writer{number}", WRITER, number) for number in range(2)]
    for each in both:
        processes.wait_for(lambda each=each: "done" in each.said, what=f"{each.name} is done")  # type: ignore[misc]  # a lambda's default
    assert "locked" not in processes.logs()


WRITER = """
import sys
from tests.conftest import make_organization

for number in range(100):
    make_organization(f"Practice {sys.argv[1]} {number}")
print("done")
"""


PLACES = """
import json, random
from accounts.phones import normalize
from notifications.senders import place_of
from tests.conftest import make_practice
from tests.notifications.test_senders import place_by_database

mom, dice = make_practice("Places").mom, random.Random(14)
letters = "0123456789+x() -\u00e9\u2014\u0660\U0001f4f1\U0001f469\U0001f3fdHELP"
typed = ["", "7"] + ["".join(dice.choices(letters, k=dice.randint(1, 12))) for _ in range(500)]
places = [(place_by_database(mom, phone, many), place_of(normalize(phone), many)) for phone in typed for many in (2, 7)]
print(json.dumps([len(places), sum(ours != theirs for ours, theirs in places)]))
"""


def test_the_database_knows_who_texts_whom_as_on_postgresql(processes: Processes) -> None:
    """See `tests/notifications/test_senders.py`."""
    assert json.loads(processes.script(PLACES).splitlines()[-1]) == [1004, 0]


def test_the_forecast_reads_it(processes: Processes) -> None:
    processes.script(
        "from datetime import timedelta; from tests.conftest import make_practice;"
        "make_practice('Forecast Practice').appointment(timedelta(hours=26))"
    )
    told = processes.manage("forecast", "--organization", "forecast-practice")
    assert "Maria Rivera" in told
    assert "Daniel Rivera" in told


def test_every_migration_is_applied(processes: Processes) -> None:
    assert "[ ]" not in processes.manage("showmigrations", "--list")
