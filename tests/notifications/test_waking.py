"""Waking: many calls become few messages, and a broken Redis costs nobody anything. See 0003-waking.md.

What a whole process is needed for (forks, exits, a broker that is broken from the start) runs in one.
"""

import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.utils import timezone

from accounts.tenancy import everywhere
from notifications import waking
from notifications.models import Notification
from notifications.tasks import WAKE_AT_MOST, deliver, sweep
from notifications.waking import FLUSH_AT_EXIT, PAUSE_AFTER_FAILURE, Waker
from scheduling.tasks import scan
from tests.conftest import Practice
from tests.servers import PrivateRedis
from tests.services.figures import figures, milliseconds
from tests.services.processes import Processes

QUEUE = "notices"


@pytest.fixture
def queue(redis_url: str) -> Iterator[redis.Redis]:
    """This run's Redis, with nothing in the queue before and after."""
    with redis.Redis.from_url(redis_url) as client:
        client.delete(QUEUE)
        yield client
        client.delete(QUEUE)


@pytest.fixture
def private_redis() -> Iterator[PrivateRedis]:
    with PrivateRedis() as server:
        yield server


@pytest.fixture
def processes(private_redis: PrivateRedis) -> Iterator[Processes]:
    with Processes(REDIS_URL=private_redis.url) as started:
        yield started


def waiting(server: PrivateRedis) -> int:
    """How many messages are in the queue of this Redis."""
    with redis.Redis.from_url(server.url) as client:
        return int(client.llen(QUEUE))


def test_a_thousand_wake_ups_in_a_moment_become_few_messages(queue: redis.Redis) -> None:
    waker, took = Waker(), []
    for _ in range(1000):
        begun = time.perf_counter()
        waker.wake()
        took.append(time.perf_counter() - begun)
    assert waker.flush(10)
    messages = queue.llen(QUEUE)
    figures("1000 wake-ups became", f"{messages} messages", milliseconds(took))
    assert 1 <= messages <= 100


def test_no_wake_up_is_lost(queue: redis.Redis) -> None:
    """Each one asked for before a flush is in the broker after it."""
    waker = Waker()
    for number in range(1, 101):
        waker.wake()
        assert waker.flush(10)
        assert queue.llen(QUEUE) == number


def test_each_task_is_in_its_own_queue_once(queue: redis.Redis) -> None:
    """The clock's tasks do not wait behind deliveries, and nothing is in both."""
    queue.delete("clock")
    scan.delay()
    sweep.delay()
    deliver.delay()
    assert (queue.llen("clock"), queue.llen(QUEUE)) == (2, 1)
    queue.delete("clock")


def test_a_wake_up_says_nothing_but_that_there_is_work(queue: redis.Redis) -> None:
    waker = Waker()
    waker.wake()
    assert waker.flush(10)
    (message,) = map(json.loads, queue.lrange(QUEUE, 0, -1))
    assert message["headers"]["task"] == "notifications.tasks.deliver"
    assert (message["headers"]["argsrepr"], message["headers"]["kwargsrepr"]) == ("()", "{}")


def test_wakers_share_nothing_and_one_needs_one_thread(queue: redis.Redis) -> None:
    before, waker = threading.active_count(), Waker()
    for _ in range(10):
        waker.wake()
        assert waker.flush(10)
    assert threading.active_count() == before + 1


def fill_ledger(practice: Practice, rows: int) -> None:
    """So many due rows, about an appointment that is gone."""
    fields: dict[str, Any] = {
        "organization": practice.organization,
        "login": practice.mom,
        "feature": "appointments",
        "kind": "appointment.reminder",
        "channel": "email",
        "subject_id": 0,
        "due_at": timezone.now(),
        "useful_until": timezone.now() + timedelta(hours=1),
        "next_attempt_at": timezone.now(),
    }
    with everywhere("a ledger full of due rows"):
        Notification.objects.bulk_create(Notification(key=str(number), **fields) for number in range(rows))


@pytest.mark.django_db
@pytest.mark.parametrize(("due", "messages"), [(0, 0), (1, 1), (100, 1), (101, 2), (2001, WAKE_AT_MOST)])
def test_the_sweep_wakes_no_more_workers_than_it_may(
    queue: redis.Redis, practice: Practice, due: int, messages: int
) -> None:
    fill_ledger(practice, due)
    sweep()
    assert queue.llen(QUEUE) == messages


@pytest.mark.django_db
@pytest.mark.parametrize(("due", "messages"), [(99, 0), (100, 1), (250, 1)])
def test_a_worker_with_a_full_batch_asks_for_one_more(
    queue: redis.Redis, practice: Practice, due: int, messages: int
) -> None:
    fill_ledger(practice, due)
    deliver()
    assert waking._waker.flush(10)
    assert queue.llen(QUEUE) == messages


# Whole processes.


@pytest.mark.services
def test_importing_starts_no_thread(processes: Processes) -> None:
    printed = processes.script(
        "import threading, notifications.waking, notifications.tasks, scheduling.scan, blink.wsgi\n"
        "print([thread.name for thread in threading.enumerate()])"
    )
    assert printed.strip() == "['MainThread']"


@pytest.mark.services
@pytest.mark.parametrize("breaking", ["kill", "pause"])
def test_after_a_failure_it_pauses_and_then_goes_on(
    processes: Processes, private_redis: PrivateRedis, breaking: str
) -> None:
    process = processes.start_script("waker", WAKER)

    def answer(*question: object) -> Any:
        known = len(process.answers())
        process.tell(*question)
        processes.wait_for(lambda: len(process.answers()) > known, what=f"the answer to {question}")
        return process.answers()[-1]

    assert answer("wake", 1)["flushed"]
    assert waiting(private_redis) == 1

    getattr(private_redis, breaking)()
    failed = answer("wake", 1000)
    paused = answer("wake", 1000)
    getattr(private_redis, {"kill": "restart", "pause": "resume"}[breaking])()
    before = waiting(private_redis)
    figures(f"1000 wake-ups, Redis after {breaking}:", milliseconds(failed["took"]))
    figures("  the thread gave up after", f"{failed['until_flushed']:.2f} s,", f"pause {failed['pause']:.1f} s")
    assert failed["flushed"]
    assert failed["until_flushed"] < FLUSH_AT_EXIT
    assert PAUSE_AFTER_FAILURE - 1 < failed["pause"] <= PAUSE_AFTER_FAILURE
    assert paused["until_flushed"] < 0.5
    assert paused["pause"] < failed["pause"], "while paused nothing is tried, so nothing fails anew"

    assert answer("wake", 1)["flushed"]
    assert waiting(private_redis) == before, "Redis is back, and the pause goes on: the sweep serves meanwhile"
    answer("end-of-pause")
    assert answer("wake", 1)["flushed"]
    assert waiting(private_redis) == before + 1


WAKER = """
import json, sys, time
from notifications.waking import _waker as waker

for line in sys.stdin:
    asked, *number = line.split()
    if asked == "end-of-pause":
        waker.paused_until = time.monotonic()
        print("{}")
        continue
    took = []
    for _ in range(int(number[0])):
        begun = time.perf_counter()
        waker.wake()
        took.append(time.perf_counter() - begun)
    begun = time.perf_counter()
    flushed = waker.flush(20)
    until_flushed = time.perf_counter() - begun
    pause = waker.paused_until - time.monotonic()
    print(json.dumps({"took": took, "flushed": flushed, "until_flushed": until_flushed, "pause": pause}))
"""


@pytest.mark.services
def test_it_works_after_a_fork(processes: Processes, private_redis: PrivateRedis) -> None:
    """As in gunicorn's workers: also if the parent published before, and while it holds the lock."""
    printed = processes.script(FORKS)
    assert printed.split() == ["True"] * 4
    assert waiting(private_redis) == 4


FORKS = """
import sys, threading
from notifications.waking import _waker as waker, wake

def publish():
    wake()
    sys.stdout.write(f"{waker.flush(10)}\\n")
    sys.stdout.flush()

publish()  # in the parent: a thread, and a connection that must not be shared
held, forked = threading.Event(), threading.Event()
def hold():
    with waker._changed:
        held.set()
        forked.wait()
threading.Thread(target=hold, daemon=True).start()
held.wait()
children = []
for _ in range(3):
    child = os.fork()
    if not child:
        publish()
        os._exit(0)
    children.append(child)
forked.set()
for child in children:
    os.waitpid(child, 0)
"""


@pytest.mark.services
def test_a_short_command_publishes_its_wake_up_before_it_ends(
    processes: Processes, private_redis: PrivateRedis
) -> None:
    processes.script("from notifications.waking import wake; wake()")
    assert waiting(private_redis) == 1


@pytest.mark.services
def test_a_short_command_ends_in_time_on_a_frozen_redis(processes: Processes, private_redis: PrivateRedis) -> None:
    private_redis.pause()
    began_to_end = float(
        processes.script("import time; from notifications.waking import wake; wake(); print(time.time())")
    )
    took = time.time() - began_to_end
    private_redis.resume()
    figures("A command on a frozen Redis ended after", f"{took:.2f} s")
    assert took < FLUSH_AT_EXIT + 1
