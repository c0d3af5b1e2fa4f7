"""Slots in time: never faster than the rate, shared through Redis or each for itself, whatever Redis does."""

import logging
import math
import threading
import time
from collections.abc import Iterator
from itertools import pairwise

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.features import Channel
from notifications import pacing
from notifications.pacing import (
    AHEAD,
    PAUSE_AFTER_FAILURE,
    SLACK,
    Block,
    OwnClock,
    Pacer,
    SharedClock,
    near_turns,
    nearest_first,
    next_turns,
)
from notifications.senders import Sender
from tests.servers import PrivateRedis
from tests.services.figures import figures
from tests.services.processes import Processes

FAST = 0.003  # seconds by which times of two clocks may differ here
LONGEST = 1.0  # seconds that anybody ever waits for Redis


@pytest.fixture(scope="module")
def private_redis() -> Iterator[PrivateRedis]:
    with PrivateRedis() as server:
        yield server


@pytest.fixture
def shared(private_redis: PrivateRedis, settings: Settings) -> PrivateRedis:
    """A Redis in health, with nothing in it, that Blink is told to use."""
    settings.REDIS_URL = private_redis.url
    with redis.Redis.from_url(private_redis.url) as client:
        client.flushall()
    return private_redis


@pytest.fixture
def alone(settings: Settings) -> None:
    settings.REDIS_URL = ""


@pytest.fixture(autouse=True)
def pacer(monkeypatch: pytest.MonkeyPatch) -> Pacer:
    """One that knows nothing of other tests."""
    pacer = Pacer()
    monkeypatch.setattr(pacing, "_pacer", pacer)
    return pacer


def number(name: str = "+12065550100", rate: float = 10.0) -> Sender:
    return Sender(Channel.TEXT, name, rate)


def fits(blocks: list[tuple[float, float]], lengths_from: float) -> bool:
    """Whether blocks (begin, end), in order, do not overlap and begin no earlier than they may."""
    return blocks[0][0] >= lengths_from and all(one[1] <= next_[0] + 1e-6 for one, next_ in pairwise(blocks))


# One clock.


class Steps:
    """A monotonic clock that only goes on when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@given(
    steps=st.lists(
        st.tuples(st.floats(0, 5), st.integers(1, 30), st.sampled_from([0.0, AHEAD, 1e9]), st.booleans()), max_size=60
    ),
    rate=st.floats(0.1, 100),
)
def test_however_it_is_asked_it_never_gives_more_than_the_rate(
    steps: list[tuple[float, int, float, bool]], rate: float
) -> None:
    """In any stretch of time at most what fits into it, the slack, and the one that is just begun."""
    clock, steady, slots = OwnClock(), Steps(), list[float]()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pacing, "time", steady)
        for pause, many, within, gives_back in steps:
            steady.now += pause
            block = clock.take("one", many / rate, within)
            if block is None:
                assert clock.ahead("one") > within - 1e-6
                continue
            assert block.begins - steady.now <= within + 1e-6
            used = many // 2 if gives_back else many
            if gives_back:
                clock.give_back("one", block.ends, (many - used) / rate)
            # What is due already leaves at once.
            slots += [max(block.begins + place / rate, steady.now) for place in range(used)]
    for first, begins in enumerate(slots):
        for last in range(first, len(slots)):
            assert last - first <= rate * (slots[last] - begins + SLACK) + 1 + 1e-6


def test_slots_that_nobody_used_are_given_to_the_next(alone: None) -> None:
    sender = number()
    turns = next_turns(sender, 20)
    turns.wait(1)
    assert nearest_first([sender])[0][0] == pytest.approx(2 - SLACK, abs=0.05)
    turns.give_back()
    assert nearest_first([sender])[0][0] == 0.0
    turns = next_turns(sender, 20)
    later = next_turns(sender, 1)
    turns.give_back()  # others follow: theirs stay where they are
    assert nearest_first([sender])[0][0] == pytest.approx(2.0, abs=0.1)
    later.give_back()


def test_a_text_of_two_segments_takes_two_slots(alone: None) -> None:
    sender = number(rate=20)
    turns = next_turns(sender, 2)
    begun = time.monotonic()
    for segments in (2, 2, 1):  # more than there are: further ones are taken
        turns.wait(segments)
    assert time.monotonic() - begun >= 4 / 20 - SLACK
    assert nearest_first([sender])[0][0] > 0


def test_nobody_waits_for_a_slot_that_comes_too_late(alone: None) -> None:
    sender = number(rate=1)
    next_turns(sender, 5)
    turns = next_turns(sender, 1)
    begun = time.monotonic()
    assert not turns.wait(1, until=begun + 2)
    assert turns.before(begun + 2) == 0
    assert time.monotonic() - begun < 0.1
    turns.give_back()
    assert near_turns(sender, 1) is None, "others have all that begin soon"


def test_the_nearest_slot_comes_first_and_texts_before_emails(alone: None) -> None:
    one, other, email = number("one"), number("other"), Sender(Channel.EMAIL, "email", 10.0)
    assert [sender for _wait, sender in nearest_first([one, other, email])] == [one, other, email]
    next_turns(one, 30)
    next_turns(other, 10)
    assert [sender for _wait, sender in nearest_first([one, other, email])] == [email, other, one]


def test_nothing_limits_the_outbox(shared: PrivateRedis) -> None:
    sender = number(rate=float("inf"))
    turns = near_turns(sender, 100)
    assert turns is not None
    begun = time.monotonic()
    for _ in range(100):
        assert turns.wait(2, until=begun - 1)
    turns.give_back()
    assert nearest_first([sender]) == [(0.0, sender)]
    with redis.Redis.from_url(shared.url) as client:
        assert client.keys() == []


# Shared through Redis.


def test_redis_holds_our_number_and_a_time_and_forgets_them(shared: PrivateRedis) -> None:
    next_turns(number(), 10)
    with redis.Redis.from_url(shared.url, decode_responses=True) as client:
        assert client.keys() == ["blink:pace:+12065550100"]
        assert str(client.get("blink:pace:+12065550100")).isdigit()
        assert 0 < client.ttl("blink:pace:+12065550100") <= 12


@given(rates=st.lists(st.tuples(st.integers(1, 20), st.booleans()), min_size=1, max_size=15))
def test_redis_counts_as_a_process_does(private_redis: PrivateRedis, rates: list[tuple[int, bool]]) -> None:
    """The same questions to both clocks: the same answers, but for the time that asking takes."""
    own, there = OwnClock(), SharedClock(private_redis.url)
    name = f"compared {time.monotonic()}"
    for many, gives_back in rates:
        mine, theirs = own.take(name, many / 10, AHEAD), there.take(name, many / 10, AHEAD, -math.inf)
        assert (mine is None) == (theirs is None) or abs(own.ahead(name) - AHEAD) < 0.1
        if mine is None or theirs is None:
            break
        assert theirs.begins == pytest.approx(mine.begins, abs=0.1)
        if gives_back:
            own.give_back(name, mine.ends, 1 / 10)
            there.give_back(name, theirs.ends_there, 1 / 10)
        assert there.waits([name])[0] == pytest.approx(max(own.ahead(name), 0.0), abs=0.1)


ASKER = """
import json, sys, time
from notifications import pacing
from notifications.senders import Sender
from accounts.features import Channel

sender = Sender(Channel.TEXT, "+12065550100", 40.0)
print("{}", flush=True)
for line in sys.stdin:
    used = []
    ends = time.monotonic() + float(line)
    while time.monotonic() < ends:
        turns = pacing.near_turns(sender, 5)
        if turns is None:
            time.sleep(0.05)
            continue
        for _ in range(5):
            turns.wait(1)
            used.append(time.time())
        turns.give_back()
    print(json.dumps(used), flush=True)
"""


@pytest.mark.services
def test_processes_and_their_threads_share_one_rate(shared: PrivateRedis) -> None:
    with Processes(REDIS_URL=shared.url) as processes:
        askers = [processes.start_script(f"asker{each}", ASKER) for each in range(3)]
        for asker in askers:
            processes.wait_for(asker.answers, what=f"{asker.name} is ready")
        for asker in askers:
            asker.tell(3)
        processes.wait_for(lambda: all(len(asker.answers()) > 1 for asker in askers), what="all have sent")
        shares = [asker.answers()[1] for asker in askers]
    times = sorted(at for share in shares for at in share)
    rate = (len(times) - 1) / (times[-1] - times[0])
    figures(f"three processes, 40 a second: {rate:.1f} a second; each had {[len(share) for share in shares]}")
    assert all(shares)
    assert rate <= 40 * 1.05 + 40 * SLACK / (times[-1] - times[0])
    assert rate >= 40 * 0.85


def test_two_threads_share_one_rate(shared: PrivateRedis) -> None:
    sender, blocks, lock = number(rate=1000), list[Block](), threading.Lock()

    def take() -> None:
        for _ in range(200):
            block = pacing._pacer.take(sender.name, 1 / 100, float("inf"))
            assert block is not None
            with lock:
                blocks.append(block)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ends = sorted(int(block.ends_there) for block in blocks)
    assert all(after - before >= 9_999 for before, after in pairwise(ends)), "two had the same slot"
    assert len(ends) == 800


def test_a_clock_that_was_set_back_stops_nobody(shared: PrivateRedis) -> None:
    with redis.Redis.from_url(shared.url) as client:
        client.set("blink:pace:+12065550100", str(round((time.time() + 3600) * 1_000_000)))
    assert near_turns(number(), 1) is not None


# Redis in trouble.


SLOT = 2.0  # seconds; long beside what a question may take, by so much its answer is known less precisely


def asked() -> tuple[float, list[float]]:
    """Take slots a few times; the longest that one question took, and the beginnings."""
    took, begins = [], []
    for _ in range(4):
        begun = time.monotonic()
        block = pacing._pacer.take("+12065550100", SLOT, float("inf"))
        took.append(time.monotonic() - begun)
        assert block is not None
        begins.append(block.begins)
    return max(took), begins


@pytest.mark.parametrize("trouble", ["killed", "frozen"])
def test_while_redis_does_not_answer_each_process_keeps_the_rate(
    shared: PrivateRedis, pacer: Pacer, trouble: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, before = asked()
    {"killed": shared.kill, "frozen": shared.pause}[trouble]()
    try:
        with caplog.at_level(logging.WARNING, "notifications.pacing"):
            longest, amid = asked()
            pacer.give_back("+12065550100", Block(0, 0, "1"), 1)
            assert pacer.waits(["+12065550100"])[0] > 0
    finally:
        {"killed": shared.restart, "frozen": shared.resume}[trouble]()
    figures(f"Redis {trouble}: {longest:.2f} s at most")
    assert longest < LONGEST
    assert len(caplog.records) == 1, "said once, not at every text"
    assert "+1206" not in caplog.text
    slower, still = asked()
    with redis.Redis.from_url(shared.url) as client:
        known = client.get("blink:pace:+12065550100")
    assert trouble == "frozen" or known is None, "left alone for a while"
    pause_is_over(pacer, monkeypatch)
    slowest, after = asked()
    with redis.Redis.from_url(shared.url) as client:
        assert client.exists("blink:pace:+12065550100")
    # Not a slot was given twice, although Redis forgot, or never knew.
    unsure = FAST + max(slow, longest, slower, slowest)
    assert unsure < SLOT / 2
    assert all(later - one >= SLOT - unsure for one, later in pairwise([*before, *amid, *still, *after]))


def pause_is_over(pacer: Pacer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert pacer._paused_until <= time.monotonic() + PAUSE_AFTER_FAILURE
    monkeypatch.setattr(pacer, "_paused_until", 0.0)


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1:1/0", "redis://:wrong-password@{}/0", "redis://no-such-host.invalid:6379/0"]
)
def test_a_redis_that_cannot_be_used_stops_nobody(
    shared: PrivateRedis, settings: Settings, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = url.format(f"127.0.0.1:{shared.port}")
    longest, begins = asked()
    assert longest < LONGEST
    assert all(later - one >= SLOT - FAST - longest for one, later in pairwise(begins))
    assert "wrong-password" not in caplog.text


def test_a_connection_that_redis_closed_is_no_outage(shared: PrivateRedis, caplog: pytest.LogCaptureFixture) -> None:
    asked()
    with redis.Redis.from_url(shared.url) as client:
        client.client_kill_filter(_type="normal", skipme=True)
    asked()
    assert caplog.records == []
