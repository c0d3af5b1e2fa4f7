"""Asking the provider what became of texts of which it has not said so: where no status callback comes (T9, T10).

The moment to ask of a text that is *sent* is in its `next_attempt_at`. After a day nobody asks any more; that moment
then lies before the span in which questions are looked for.
"""

import logging
import time
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.features import Channel
from accounts.tenancy import everywhere
from notifications import holding
from notifications.channels import ChannelError, Lookup, open_lookup
from notifications.models import Notification, State

logger = logging.getLogger(__name__)

# After the acceptance. A phone that is switched off for the night is asked about in the morning.
QUESTIONS = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
NO_LONGER = QUESTIONS[-1]
AT_ONCE = 200  # texts in one run; the next run, a minute later, asks of the rest
ASK_FOR = 10.0  # seconds; scans and sweeps wait meanwhile
AFTER_AN_ERROR = timedelta(minutes=5)  # at least, and a quarter of the text's age: one that never has an answer fades


def first_question(row: Notification) -> datetime:
    """When to ask for the first time of a text that is accepted now."""
    return (row.sent_at or timezone.now()) + QUESTIONS[0]


def next_question(row: Notification, now: datetime) -> datetime:
    """When to ask of it next; once the questions are over, a moment at which nobody looks any more."""
    sent_at = row.sent_at or row.created_at
    return next((sent_at + after for after in QUESTIONS if sent_at + after > now), sent_at)


def question_after_error(row: Notification, now: datetime) -> datetime:
    """When to ask again of a text of which there was no answer; after a day nobody does."""
    sent_at = row.sent_at or row.created_at
    later = now + max(AFTER_AN_ERROR, (now - sent_at) / 4)
    return later if later <= sent_at + NO_LONGER else sent_at - NO_LONGER


def ask() -> int:
    """Ask about a bounded number of texts; returns about how many. Harmless if somebody else does so as well."""
    stop_at = time.monotonic() + ASK_FOR
    asked = 0
    with everywhere("texts of every organization are asked about"):
        rows = _to_ask_about(timezone.now())
        if not rows:
            return 0
        with open_lookup() as lookup:
            for row in rows:
                if time.monotonic() > stop_at or not _ask(lookup, row):
                    break
                asked += 1
    return asked


def _to_ask_about(now: datetime) -> list[Notification]:
    rows = Notification.objects.filter(
        state=State.SENT,
        channel=Channel.TEXT,
        next_attempt_at__gt=now - NO_LONGER,
        next_attempt_at__lte=now,
    )
    return list(rows.order_by("next_attempt_at")[:AT_ONCE])


def _ask(lookup: Lookup, row: Notification) -> bool:
    """Ask about one, and note the answer as if it had been reported. False if the provider has no answers now."""
    from notifications.reports import note, state_of  # which notes what it accepts by way of `answers`

    now = timezone.now()
    waiting = Notification.objects.filter(pk=row.pk, state=State.SENT, provider_id=row.provider_id)
    try:
        report = lookup.status(row.provider_id)
    except ChannelError as error:
        logger.warning("Nobody could say what became of notification %s (%s).", row.pk, error.code)
        waiting.update(next_attempt_at=question_after_error(row, now))
        return False
    if report is None:
        waiting.update(next_attempt_at=(row.sent_at or row.created_at) - NO_LONGER)
        return True
    state = state_of(report.status)
    note(row.pk, state, sid=row.provider_id, error_code=report.error_code)
    if waiting.update(next_attempt_at=next_question(row, now)) and report.status == "sent":
        holding.note_arrived(row)  # a refusal would have been known by now
    return True
