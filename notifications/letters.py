"""Account mail: kept in the transaction that it is written in, sent by the workers, tried again for a day.

The same care as for notices (`notifications.delivery`), with less to decide: a claim is committed before the provider
is called, an answer is recorded only over the attempt that it answers, and every attempt has the same Message-ID, so
that one whose answer was lost goes again.
"""

import logging
import math
import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils import timezone

from accounts.letters import Written
from notifications.channels import ChannelError, Permanent, Transient, open_letters
from notifications.models import Letter
from notifications.pacing import NAP, Done, Turns, next_turns
from notifications.senders import by_email
from notifications.waking import wake

logger = logging.getLogger(__name__)

BATCH = 20
LEASE = timedelta(seconds=180)  # longer than a batch may take
PATIENCE = 10.0  # seconds that a batch may lose to a provider that does not answer; the rest, and notices, then wait
TRY_FOR = timedelta(days=1)  # the links in it would be stale, and people have asked again
BACKOFF_FIRST = 15.0  # seconds, doubling with each attempt
BACKOFF_LONGEST = 1800.0


@dataclass(frozen=True)
class LetterToSend:
    """A letter, as the email channel takes its messages."""

    letter: Letter
    recipient: str
    subject: str
    body: str
    html: str
    sender_name: str
    reply_to: str
    calendar: bytes = b""
    calendar_name: str = ""
    calendar_method: str = ""
    unsubscribe: str = ""  # letters about one's sign-in cannot be turned off

    @property
    def message_id(self) -> str:
        return self.letter.message_id


def post(written: Written) -> None:
    """Keep a letter, to be sent once the transaction is committed."""
    Letter.objects.create(
        to=written.to,
        sender_name=written.sender_name or "Blink",
        reply_to=written.reply_to,
        subject=written.subject,
        body=written.body,
        html=written.html,
    )
    transaction.on_commit(wake)


def deliver_letters() -> int:
    """Send as many of those that are due as leave soon; returns how many were taken, 0 when nothing is due."""
    return deliver_some_letters().taken


def deliver_some_letters(until: float = math.inf) -> Done:
    """The same; waits for no slot that comes after `until` on the monotonic clock.

    Letters take the next slots of the email provider, however far they are, before any notice does.
    """
    done = Done()
    if not Letter.objects.claimable(timezone.now()).exists():
        return done
    provider = by_email()
    slots = next_turns(provider, max(1, int(min(provider.rate, BATCH))))
    most = slots.before(until)
    if most:
        claimed = _claim(timezone.now(), most)
        done.taken = len(claimed)
        _send(claimed, slots)
    else:
        done.must_wait(NAP)
    slots.give_back()
    return done


def _send(letters: list[Letter], slots: Turns) -> None:
    lost_time = 0.0
    with open_letters() as connection:
        for position, letter in enumerate(letters):
            slots.wait(1)
            if lost_time > PATIENCE:
                _hand_back(letters[position:])
                break
            begun = time.monotonic()
            try:
                provider_id = connection.send(_ready(letter))
            except ChannelError as error:
                logger.info("Letter %s: %s (%s)", letter.pk, type(error).__name__, error.code)
                _note_error(letter, error)
                lost_time += 0.0 if isinstance(error, Permanent) else time.monotonic() - begun
            else:
                _end(letter, sent_at=timezone.now(), provider_id=provider_id)


@transaction.atomic
def _claim(now: datetime, most: int) -> list[Letter]:
    letters = list(
        Letter.objects.claimable(now).select_for_update(skip_locked=True).order_by("next_attempt_at", "pk")[:most]
    )
    for letter in letters:
        letter.attempts += 1
        letter.next_attempt_at = now + LEASE
    Letter.objects.bulk_update(letters, ["attempts", "next_attempt_at"])
    return letters


def _ready(letter: Letter) -> LetterToSend:
    return LetterToSend(
        letter=letter,
        recipient=letter.to,
        subject=letter.subject,
        body=letter.body,
        html=letter.html,
        sender_name=letter.sender_name,
        reply_to=letter.reply_to,
    )


def _note_error(letter: Letter, error: ChannelError) -> None:
    """Refused for good, or a day old: given up. Otherwise later again; a code is all that is kept of the error."""
    now = timezone.now()
    asked = (error.retry_after or 0.0) if isinstance(error, Transient) else 0.0
    wait = timedelta(seconds=max(_backoff(letter.attempts), asked))
    if isinstance(error, Permanent) or now + wait > letter.created_at + TRY_FOR:
        _end(letter, given_up_at=now, error=error.code[:40])
    else:
        _own_attempt(letter).update(next_attempt_at=now + wait, error=error.code[:40])


def _end(letter: Letter, **how: object) -> None:
    """Nothing more to do; the words, and the links in them, are forgotten."""
    _own_attempt(letter).update(subject="", body="", html="", **{"error": "", **how})


def _hand_back(letters: list[Letter]) -> None:
    """Not begun: due in a moment, as if never claimed."""
    soon = timezone.now() + timedelta(seconds=BACKOFF_FIRST)
    for letter in letters:
        _own_attempt(letter).update(attempts=letter.attempts - 1, next_attempt_at=soon)


def _own_attempt(letter: Letter) -> "models.QuerySet[Letter]":
    """The row, unless its lease ran out and somebody else is at work."""
    return Letter.objects.waiting().filter(pk=letter.pk, attempts=letter.attempts)


def _backoff(attempts: int) -> float:
    """Seconds until the next attempt: exponential, with jitter so that a burst does not return as one."""
    longer = min(BACKOFF_FIRST * 2 ** min(attempts - 1, 15), BACKOFF_LONGEST)
    return float(longer * random.uniform(0.8, 1.2))  # noqa: S311 (spreading load, not a secret)
