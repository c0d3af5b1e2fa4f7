"""Taking due rows of the ledger: locked, decided, composed, and committed as an attempt before anybody is called.

Only what can leave soon is taken, so that what falls due next, and is nearer to its end, is not behind it.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.features import Channel, Feature
from accounts.phones import digits
from accounts.stopping import hold_numbers
from notifications import reasons
from notifications.answers import MOST_LOST_ANSWERS, tell_kinds
from notifications.facts import gather
from notifications.holding import Holds, has_one_to_try, not_held
from notifications.kinds import Delivery, kind_of, slugs
from notifications.models import Notification, State
from notifications.models.ledger import NotificationQuerySet
from notifications.reasons import Skip
from notifications.rendering import recipient_of
from notifications.rules import decide
from notifications.senders import Sender

BATCH = 100  # rows that one claim looks at, at most
# Rows that a claim looks at beyond those that can leave: who wants nothing takes no slot, and should not keep one free.
SPARE = 20
LEASE = timedelta(seconds=180)  # longer than a batch may take, and than a status callback takes to come


@dataclass
class Claimed:
    """`taken` rows were acted on; there is `more` if the claim did not see the end of what is due."""

    taken: int = 0
    more: bool = False
    to_send: list[Delivery] = field(default_factory=list)
    to_look_up: list[Notification] = field(default_factory=list)


@transaction.atomic
def claim(sender: Sender, most: int) -> Claimed:
    """Take due rows of this sender, decide each, and commit the attempt of those that will be sent: so many at most.

    What could be sent beyond that is left as it was.
    """
    now = timezone.now()
    limit = min(most + SPARE, BATCH)
    holds = Holds.of(sender.channel, now)
    rows = _due(sender, holds, limit, now)
    if not rows:
        return Claimed()
    more = len(rows) == limit
    to_look_up = [row for row in rows if row.in_doubt and row.channel == Channel.TEXT]
    Notification.objects.filter(pk__in=[row.pk for row in to_look_up]).update(next_attempt_at=now + LEASE)

    others = [row for row in rows if row not in to_look_up]
    for row in others:
        if row.state == State.SENDING:  # its worker died, or was too late to say
            row.lost_answers += 1
    skipped = [row for row in others if row.lost_answers >= MOST_LOST_ANSWERS]
    for row in skipped:  # such as one that ends its worker each time
        row.state, row.reason, row.reason_detail = State.FAILED, reasons.UNCONFIRMED.code, ""
    willing, unwilling = _decided([row for row in others if row not in skipped], now)
    skipped += unwilling
    left = len(willing) - most
    of_kind: dict[str, list[Delivery]] = defaultdict(list)
    for delivery in willing[:most]:
        of_kind[delivery.notification.kind].append(delivery)

    to_send: list[Delivery] = []
    for kind, deliveries in of_kind.items():
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
    return Claimed(len(rows) - max(left, 0), more or left > 0, to_send, to_look_up)


def is_due(sender: Sender) -> bool:
    """Whether this sender has anything to send or to look up now."""
    now = timezone.now()
    rows = sender.of_its_own(Notification.objects.claimable(now, kinds=slugs()))
    return not_held(rows, now).exists() or (has_one_to_try(now) and rows.exists())


def in_order(sender: Sender, holds: Holds, now: datetime) -> Iterator[NotificationQuerySet]:
    """Due rows of a sender that no hold keeps back: about appointments, then the rest; the nearest deadline first.

    Several querysets, since each then reads an index in its order and stops early, however much is due. What tries a
    hold is before all: where other countries' texts go on, there may always be one with a nearer deadline.
    """
    due = sender.of_its_own(Notification.objects.claimable(now, kinds=slugs()))
    if tries := holds.tries(due, now):
        yield due.filter(pk__in=tries)
    due = holds.let_through(due, now).order_by("useful_until", "pk")
    yield due.filter(feature=Feature.APPOINTMENTS)
    yield due.exclude(feature=Feature.APPOINTMENTS)


def _due(sender: Sender, holds: Holds, limit: int, now: datetime) -> list[Notification]:
    """Due rows that nobody else has, locked; and their numbers, so that no STOP comes before the commit (T6)."""
    rows: list[Notification] = []
    for due in in_order(sender, holds, now):
        people = due.select_related("login__user", "organization", "client")
        rows += people.select_for_update(skip_locked=True, of=("self",))[: limit - len(rows)]
    if sender.channel == Channel.TEXT and rows:
        hold_numbers(digits(row.login.phone) for row in rows)
    return rows


def _decided(rows: list[Notification], now: datetime) -> tuple[list[Delivery], list[Notification]]:
    """Those that the rules let through, in their order, and those that they do not, with the reason."""
    gathered = gather(rows, now=now)
    willing, unwilling = [], []
    for row, facts, subject in zip(rows, gathered.facts, gathered.subjects, strict=True):
        decision = decide(facts)
        if isinstance(decision, Skip):
            unwilling.append(_skip(row, decision))
        else:
            willing.append(Delivery(row, subject, was_in_doubt=row.in_doubt))
    return willing, unwilling


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
