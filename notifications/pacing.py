"""No sender sends faster than it may: slots in time, handed out to all workers by one clock.

Each segment of a text takes 1/TEXT_RATE seconds of its sender, each email 1/EMAIL_RATE of the provider. A block of
slots begins where the one before it ended (GCRA, "generic cell rate algorithm": ITU-T I.371). With `REDIS_URL` all
processes share the ends of the blocks, by the clock of Redis; without, and while Redis does not answer, each process
keeps its own, and tries Redis again after a pause. Redis holds our own numbers and times, and nothing about anybody.
See docs/decisions/0014-pacing.md.
"""

import functools
import logging
import math
import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from notifications.senders import Sender

logger = logging.getLogger(__name__)

AHEAD = 1.0  # seconds; nobody takes slots that begin later, so that what is urgent is never far behind
# Seconds for which a worker that only waits for slots does not look for anything else.
NAP, SHORTEST_NAP = 1.0, 0.05
# Seconds of unused slots that are made up for: a worker that wakes a moment late loses none of the rate.
SLACK = 0.1
LATE = 0.4  # seconds after its beginning that a slot is lost, and another one needed: no burst follows a delay
ANSWERS_WITHIN = 0.4  # seconds, to connect and again to answer: a frozen Redis costs less than one
PAUSE_AFTER_FAILURE = 10.0  # seconds
FURTHEST = 60.0  # seconds from now that a block may end, or ten times its own length

# Ends of blocks are whole microseconds of Redis's clock. `ahead` is what the caller still has if Redis forgot; a block
# that ends further away than `furthest` is none: the clock was set back.
_TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local slack, length, within, ahead, furthest = unpack(ARGV)
local ended = tonumber(redis.call('GET', KEYS[1]) or '0')
if ended > now + furthest then ended = 0 end
local begins = math.max(ended, now - slack, now + ahead)
if begins - now > tonumber(within) then return {} end
local ends = string.format('%.0f', begins + length)
redis.call('SET', KEYS[1], ends, 'PX', 10000 + math.ceil(math.max(ends - now, 0) / 1000))
return {string.format('%.0f', begins - now), ends}
"""
_GIVE_BACK = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DECRBY', KEYS[1], ARGV[2]) end
"""
_WAITS = """
local clock = redis.call('TIME')
local now, waits = clock[1] * 1000000 + clock[2], {}
for place, key in ipairs(KEYS) do
  waits[place] = string.format('%.0f', math.max(tonumber(redis.call('GET', key) or '0') - now, 0))
end
return waits
"""
_SECOND = 1_000_000


@dataclass(frozen=True)
class Block:
    """Consecutive slots: from when on, in seconds of this process's monotonic clock, and where the block ends there.

    `begins` may be a little in the past. `ends_there` is the end by Redis's clock, if Redis gave it.
    """

    begins: float
    ends: float
    ends_there: str = ""


class OwnClock:
    """The blocks of one process, by its monotonic clock. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ends: dict[str, float] = {}

    def take(self, name: str, length: float, within: float) -> Block | None:
        """The next so many seconds of this sender; None if they begin later than `within` seconds from now."""
        with self._lock:
            now = time.monotonic()
            begins = max(self._ends.get(name, -math.inf), now - SLACK)
            if begins - now > within:
                return None
            self._ends[name] = begins + length
            return Block(begins, begins + length)

    def note(self, name: str, ends: float) -> None:
        """Somebody else gave a block that ends so."""
        with self._lock:
            self._ends[name] = max(self._ends.get(name, ends), ends)

    def give_back(self, name: str, ends: float, length: float) -> None:
        """The last so many seconds of the block that ends so, if none came after it."""
        with self._lock:
            if self._ends.get(name) == ends:
                self._ends[name] = ends - length

    def ahead(self, name: str) -> float:
        """Seconds until this sender's last block ends; below zero if it has ended."""
        with self._lock:
            return self._ends.get(name, -math.inf) - time.monotonic()


class SharedClock:
    """The blocks of all processes, in Redis. Every method raises whatever the client does, within a second."""

    def __init__(self, url: str) -> None:
        client = redis.Redis.from_url(
            url,
            decode_responses=True,
            socket_timeout=ANSWERS_WITHIN,
            socket_connect_timeout=ANSWERS_WITHIN,
            # A connection that Redis closed long ago is no outage.
            retry=Retry(NoBackoff(), 1, (redis.ConnectionError,)),
        )
        self._take, self._give_back, self._waits = map(client.register_script, (_TAKE, _GIVE_BACK, _WAITS))

    def take(self, name: str, length: float, within: float, ahead: float) -> Block | None:
        """As `OwnClock.take`; this process itself has slots for `ahead` seconds from now."""
        asked = time.monotonic()
        micro = [
            round(max(-1e9, min(seconds, 1e9)) * _SECOND)
            for seconds in (SLACK, length, within, ahead, max(FURTHEST, 10 * length))
        ]
        found = self._take(keys=[_key(name)], args=micro)
        if not found:
            return None
        starts_in, ends_there = int(found[0]) / _SECOND, str(found[1])
        # Never early: from the answer on. What this process has is counted from the question on, so that the way to
        # Redis and back, taken for time that it had, does not add up.
        return Block(time.monotonic() + starts_in, asked + starts_in + length, ends_there)

    def give_back(self, name: str, ends_there: str, length: float) -> None:
        """As `OwnClock.give_back`."""
        self._give_back(keys=[_key(name)], args=[ends_there, round(length * _SECOND)])

    def waits(self, names: Sequence[str]) -> list[float]:
        """Seconds until the next free slot of each."""
        return [int(wait) / _SECOND for wait in self._waits(keys=[_key(name) for name in names])]


class Pacer:
    """The clock that all share while it answers, or else this process's own."""

    def __init__(self) -> None:
        self.start_anew()

    def start_anew(self) -> None:
        """Forget everything. A forked process must: it may inherit a held lock."""
        self._own = OwnClock()
        self._shared = functools.lru_cache(SharedClock)
        self._paused_until = -math.inf

    def take(self, name: str, length: float, within: float) -> Block | None:
        """The next so many seconds of this sender; None if they begin later than `within` seconds from now."""
        if self._asks_redis():
            try:
                block = self._shared(settings.REDIS_URL).take(name, length, within, self._own.ahead(name))
            except Exception as error:  # noqa: BLE001 (whatever Redis's client raises, notices go on)
                self._pause(error)
            else:
                if block is not None:
                    self._own.note(name, block.ends)
                return block
        return self._own.take(name, length, within)

    def give_back(self, name: str, block: Block, length: float) -> None:
        """The last so many seconds of this block, which nobody will use; without effect if a later one was taken."""
        self._own.give_back(name, block.ends, length)
        if block.ends_there and self._asks_redis():
            try:
                self._shared(settings.REDIS_URL).give_back(name, block.ends_there, length)
            except Exception as error:  # noqa: BLE001 (as above)
                self._pause(error)

    def waits(self, names: Sequence[str]) -> list[float]:
        """Seconds until the next free slot of each sender."""
        if self._asks_redis():
            try:
                return self._shared(settings.REDIS_URL).waits(names)
            except Exception as error:  # noqa: BLE001 (as above)
                self._pause(error)
        return [max(self._own.ahead(name), 0.0) for name in names]

    def _asks_redis(self) -> bool:
        return bool(settings.REDIS_URL) and time.monotonic() >= self._paused_until

    def _pause(self, error: Exception) -> None:
        self._paused_until = time.monotonic() + PAUSE_AFTER_FAILURE
        logger.warning("Redis does not answer (%s); each worker paces its own sending.", type(error).__name__)


class Turns:
    """The slots that somebody has of one sender, used in order."""

    def __init__(self, sender: Sender, block: Block | None, number: int) -> None:
        self._sender = sender
        self._each = 1 / sender.rate  # seconds; 0 where nothing limits it
        self._block = block
        self._slots: deque[float] = deque()
        self._add(number)

    def wait(self, number: int, until: float = math.inf) -> bool:
        """Use the next so many slots, once the first has begun. False, at once, if that is later than `until`.

        `until` is a moment on the monotonic clock. More slots are taken where this needs more than there are, or where
        they were missed, by a worker that was held up.
        """
        if self._block and self._slots and self._slots[0] < time.monotonic() - LATE:
            missed = len(self._slots)
            self.give_back()
            self._take_more(missed)
        self._take_more(number - len(self._slots))
        begins = self._slots[0]
        if begins > until:
            return False
        for _ in range(number):
            self._slots.popleft()
        time.sleep(max(begins - time.monotonic(), 0.0))
        return True

    def before(self, until: float) -> int:
        """How many of them begin by then, on the monotonic clock."""
        return sum(begins <= until for begins in self._slots)

    def give_back(self) -> None:
        """What was not used, as far as nobody has taken later slots since."""
        if self._slots and self._block is not None:
            _pacer.give_back(self._sender.name, self._block, len(self._slots) * self._each)
        self._slots.clear()

    def _take_more(self, number: int) -> None:
        if number > 0:
            self._block = _take(self._sender, number)
            self._add(number)

    def _add(self, number: int) -> None:
        begins = self._block.begins if self._block else -math.inf
        self._slots.extend(begins + place * self._each for place in range(number))


@dataclass
class Done:
    """What a worker did: `taken` rows were acted on, and there is `more` to claim at once.

    `wait`: seconds until a sender that has something due may have a free slot, where one was due and had none.
    """

    taken: int = 0
    more: bool = False
    wait: float | None = None

    def must_wait(self, seconds: float) -> None:
        self.wait = seconds if self.wait is None else min(self.wait, seconds)


def next_turns(sender: Sender, number: int) -> Turns:
    """The sender's next so many slots, however far they are."""
    return Turns(sender, _take(sender, number), number)


def near_turns(sender: Sender, number: int) -> Turns | None:
    """The same; None if others have all that begin within `AHEAD` seconds."""
    if not sender.is_paced:
        return Turns(sender, None, number)
    block = _take(sender, number, within=AHEAD)
    return Turns(sender, block, number) if block else None


def nearest_first(candidates: Sequence[Sender]) -> list[tuple[float, Sender]]:
    """Senders, and seconds until the next free slot of each: the nearest first, else in their order."""
    paced = [sender for sender in candidates if sender.is_paced]
    waits = dict(zip(paced, _pacer.waits([sender.name for sender in paced]), strict=True)) if paced else {}
    return sorted(((waits.get(sender, 0.0), sender) for sender in candidates), key=lambda found: found[0])


def _take(sender: Sender, number: int, within: float = math.inf) -> Block | None:
    return _pacer.take(sender.name, number / sender.rate, within) if sender.is_paced else None


def _key(name: str) -> str:
    return f"blink:pace:{name}"


_pacer = Pacer()
os.register_at_fork(after_in_child=_pacer.start_anew)
