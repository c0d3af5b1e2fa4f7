"""Redis refuses, freezes, forgets or has no address: saving goes on as ever, and everything is told in the end.

The figures that docs/decisions/0003-waking.md quotes: `pytest tests/services/test_broker_outage.py -s`.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis

from accounts.features import Channel
from accounts.tenancy import everywhere
from notifications.delivery import deliver_batch
from notifications.models import Notification, State
from scheduling.models import Appointment
from scheduling.scan import scan
from tests.conftest import choose, make_practice
from tests.servers import PrivateRedis
from tests.services.figures import figures, milliseconds
from tests.services.processes import Processes, Running, database_url_of_this_run

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

CHANGES = 10  # appointments that each process moves, before and after Redis breaks
CHANGERS = 4
MOST = 0.3  # seconds that a save may cost more than with Redis in health

# Moves appointments, one transaction each, as a request does; says how long each took.
CHANGER = """
import json, sys, time
from datetime import timedelta
from accounts.tenancy import everywhere
from scheduling.models import Appointment

with everywhere("connect before the clock runs"):
    Appointment.objects.count()
print("{}")
for line in sys.stdin:
    took = []
    with everywhere("the test moves appointments of its own"):
        for appointment in Appointment.objects.filter(pk__in=map(int, line.split())):
            begun = time.perf_counter()
            assert appointment.move(appointment.starts_at + timedelta(hours=1))
            took.append(time.perf_counter() - begun)
    print(json.dumps(took))
"""


@pytest.fixture
def private_redis() -> Iterator[PrivateRedis]:
    with PrivateRedis() as server:
        yield server


@pytest.fixture
def processes(private_redis: PrivateRedis, transactional_db: None) -> Iterator[Processes]:
    with Processes(DATABASE_URL=database_url_of_this_run(), REDIS_URL=private_redis.url) as started:
        yield started


@pytest.fixture
def told(transactional_db: None) -> list[int]:
    """Ids of appointments of which mom and dad were reminded by text."""
    practice = make_practice()
    for login in (practice.mom, practice.dad):
        choose(login, Channel.TEXT)
    appointments = [practice.appointment(timedelta(minutes=30)).pk for _ in range(CHANGERS * 2 * CHANGES)]
    scan()
    while deliver_batch():
        pass
    with everywhere("the ledger"):
        assert Notification.objects.filter(state=State.SENT).count() == len(appointments) * 2
    return appointments


def move(processes: Processes, changer: Running, appointments: list[int]) -> list[float]:
    """Have a process move these; the seconds that each took."""
    known = len(changer.answers())
    changer.tell(*appointments)
    processes.wait_for(lambda: len(changer.answers()) > known, what=f"{changer.name} has moved its appointments")
    took: list[float] = changer.answers()[-1]
    assert len(took) == len(appointments)
    return took


def corrections(*states: State) -> int:
    with everywhere("the ledger"):
        return Notification.objects.filter(kind="appointment.changed", state__in=states).count()


def test_saving_never_waits_for_redis_and_everything_is_told_R7(
    processes: Processes, private_redis: PrivateRedis, told: list[int]
) -> None:
    changers = {
        "refuses": processes.start_script("refuses", CHANGER),
        "frozen": processes.start_script("frozen", CHANGER),
        "emptied": processes.start_script("emptied", CHANGER),
        "nowhere": processes.start_script("nowhere", CHANGER, REDIS_URL="redis://no-such-host.invalid:6379/0"),
    }
    for changer in changers.values():
        processes.wait_for(changer.answers, what=f"{changer.name} is ready")
    well = {name: move(processes, changer, [told.pop() for _ in range(CHANGES)]) for name, changer in changers.items()}
    health = [took for name in ("refuses", "frozen", "emptied") for took in well[name]]
    figures("a save, Redis in health:", milliseconds(health))

    def empty() -> None:
        with redis.Redis.from_url(private_redis.url) as client:
            client.flushall()

    breaking: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
        "refuses": (private_redis.kill, private_redis.restart),
        "frozen": (private_redis.pause, private_redis.resume),
        "emptied": (empty, lambda: None),
        "nowhere": (lambda: None, lambda: None),
    }
    for name, (break_it, mend_it) in breaking.items():
        break_it()
        took = move(processes, changers[name], [told.pop() for _ in range(CHANGES)])
        mend_it()
        figures(f"a save, Redis {name}:", milliseconds(took))
        assert max(took) < statistics.median(health) + MOST, f"saving waited for a Redis that {name}"

    written = CHANGERS * 2 * CHANGES * 2  # before and after it broke; for mom and dad
    assert corrections(State.PENDING) == written
    assert corrections(State.SENT) == 0

    # No wake-up of theirs is needed: what counts is in the ledger, and the sweep finds it.
    with redis.Redis.from_url(private_redis.url) as client:
        client.flushall()
    processes.start_worker("worker", "--concurrency", 2)
    processes.start_late_beat("beat")
    processes.wait_for(lambda: not corrections(State.PENDING, State.SENDING), what="the sweep delivered everything")
    assert corrections(State.SENT) == written


def test_worker_and_beat_outlive_an_outage_of_redis(
    processes: Processes, private_redis: PrivateRedis, told: list[int]
) -> None:
    worker = processes.start_worker("worker", "--concurrency", 1)
    beat = processes.start_quick_beat("beat", seconds=0.5)
    processes.wait_for_words("ready.", worker)
    changer = processes.start_script("changer", CHANGER)
    processes.wait_for(changer.answers, what="the changer is ready")

    def change_and_wait(what: str) -> float:
        before, begun = corrections(State.SENT), time.monotonic()
        move(processes, changer, [told.pop()])
        processes.wait_for(lambda: corrections(State.SENT) == before + 2, what=what)
        return time.monotonic() - begun

    figures("told, Redis in health, after", f"{change_and_wait('told as usual'):.2f} s")
    private_redis.kill()
    # At once, or where the worker just then was not looking, at its next health check.
    processes.wait_for_words("Connection refused", worker, beat, within=60)
    private_redis.restart()
    figures("told, Redis restarted and empty, after", f"{change_and_wait('told after a restart'):.2f} s")
    private_redis.pause()
    time.sleep(2.5)  # longer than the sockets' time limit
    private_redis.resume()
    figures("told, Redis was frozen, after", f"{change_and_wait('told after a freeze'):.2f} s")
    with redis.Redis.from_url(private_redis.url) as client:
        client.flushall()
    figures("told, Redis was emptied, after", f"{change_and_wait('told after a flush'):.2f} s")
    with everywhere("the ledger"):
        assert Appointment.objects.filter(sequence=1).count() == 4
        assert Notification.objects.filter(kind="appointment.changed").count() == 8
