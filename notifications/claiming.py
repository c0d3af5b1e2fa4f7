"""Taking due rows of the ledger: locked, decided, composed, and committed as an attempt before anybody is called."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.features import Channel
from accounts.phones import digits
from accounts.stopping import hold_numbers
from notifications import reasons
from notifications.answers import MOST_LOST_ANSWERS, tell_kinds
from notifications.facts import gather
from notifications.holding import Holds
from notifications.kinds import Delivery, kind_of, slugs
from notifications.models import Notification, State
from notifications.reasons import Skip
from notifications.rendering import recipient_of
from notifications.rules import decide

LEASE = timedelta(seconds=180)  # longer than a batch may take, and than a status callback takes to come


@dataclass
class Claimed:
    taken: int
    to_send: list[Delivery]
    to_look_up: list[Notification]


@transaction.atomic
def claim(channel: Channel, limit: int) -> Claimed:
    """Take due rows, decide each, and commit the attempt of those that will be sent."""
    now = timezone.now()
    holds = Holds.of(channel, now)
    rows = _due(channel, holds, limit, now)
    if not rows:
        return Claimed(0, [], [])
    to_look_up = [row for row in rows if row.in_doubt and row.channel == Channel.TEXT]
    Notification.objects.filter(pk__in=[row.pk for row in to_look_up]).update(next_attempt_at=now + LEASE)

    taken = len(rows)
    rows = [row for row in rows if row not in to_look_up]
    for row in rows:
        if row.state == State.SENDING:  # its worker died, or was too late to say
            row.lost_answers += 1
    given_up = [row for row in rows if row.lost_answers >= MOST_LOST_ANSWERS]
    for row in given_up:  # such as one that ends its worker each time
        row.state, row.reason, row.reason_detail = State.FAILED, reasons.UNCONFIRMED.code, ""
    rows = [row for row in rows if row not in given_up]
    gathered = gather(rows, now=now)
    willing: dict[str, list[Delivery]] = defaultdict(list)
    skipped: list[Notification] = given_up
    for row, facts, subject in zip(rows, gathered.facts, gathered.subjects, strict=True):
        decision = decide(facts)
        if isinstance(decision, Skip):
            skipped.append(_skip(row, decision))
        else:
            willing[row.kind].append(Delivery(row, subject, was_in_doubt=row.in_doubt))

    to_send: list[Delivery] = []
    for kind, deliveries in willing.items():
        contents = kind_of(kind).compose(deliveries, now)
        for delivery in deliveries:
            content = contents[delivery.notification.pk]
            if isinstance(content, Skip):
                skipped.append(_skip(delivery.notification, content))
            else:
                delivery.content = content
                to_send.append(_begin(delivery, now))

    holds.note_tries((delivery.notification for delivery in to_send), now)
    Notification.objects.bulk_update(skipped, ["state", "reason", "reason_detail", "lost_answers"])
    tell_kinds(skipped)
    Notification.objects.bulk_update(
        [delivery.notification for delivery in to_send],
        ["state", "attempts", "lost_answers", "attempted_at", "in_doubt", "next_attempt_at", "sent_to"],
    )
    return Claimed(taken, to_send, to_look_up)


def _due(channel: Channel, holds: Holds, limit: int, now: datetime) -> list[Notification]:
    """Due rows that nobody else has, locked; and their numbers, so that no STOP comes before the commit (T6)."""
    rows = list(
        holds.let_through(Notification.objects.claimable(now, kinds=slugs()).filter(channel=channel), now)
        .select_related("login__user", "organization", "client")
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("next_attempt_at", "pk")[:limit]
    )
    if channel == Channel.TEXT and rows:
        hold_numbers(digits(row.login.phone) for row in rows)
    return rows


def _skip(row: Notification, decision: Skip) -> Notification:
    row.state = State.SKIPPED
    row.reason, row.reason_detail = decision.reason.code, decision.detail
    return row


def _begin(delivery: Delivery, now: datetime) -> Delivery:
    row = delivery.notification
    row.state = State.SENDING
    row.attempts += 1
    row.attempted_at = now
    row.in_doubt = True
    row.next_attempt_at = now + LEASE
    row.sent_to = recipient_of(row)
    return delivery
