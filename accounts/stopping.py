"""So that nothing is claimed for a number after its STOP is committed, however the two race (T6).

A claim reads whether a number is stopped, and commits a moment later; a STOP could be committed in between. So whoever
claims texts holds a lock on each number until its commit, shared with all others who claim; a STOP waits for them.
On SQLite transactions that write follow one another anyway (`transaction_mode: IMMEDIATE`).
"""

import zlib
from collections.abc import Iterable

from django.db import connection

# The first half of PostgreSQL's key of an advisory lock: which locks these are ("STOP").
_STOPS = 0x53544F50


def hold_numbers(numbers: Iterable[str]) -> None:
    """Keep STOPs of these ten-digit numbers waiting until the transaction ends. Needs one."""
    if connection.vendor == "postgresql":
        keys = sorted({_key(number) for number in numbers})  # in one order everywhere, so that none waits in a ring
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, key) FROM unnest(%s::int[]) AS key", [_STOPS, keys])


def wait_for_senders(number: str) -> None:
    """Wait until whoever holds this number has committed; keep others waiting until we have. Needs a transaction."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_STOPS, _key(number)])


def _key(number: str) -> int:
    """Signed, of 32 bits. Two numbers with one key only wait for each other."""
    return zlib.crc32(number.encode()) - 2**31
