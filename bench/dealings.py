"""What the large practice said, asked for, assigned and told: 5,000 of each, and a record of 100,000 decisions.

The first family is the busiest: it has two dozen of everything. Each function returns the id of one that is theirs.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.features import Channel, Feature
from accounts.models import Client, Login, Organization
from billing.models import Invoice, InvoiceCounter, InvoiceLine
from homework.models import Homework
from messaging.models import Conversation, Message, Participant
from notifications.models import Notification, OutboxMessage, State
from scheduling.ahead import REMINDER
from scheduling.models import LEAD, Appointment, Mention

DEALINGS = 5_000
OF_THE_FIRST = 24
DECISIONS = 100_000
IN_OUTBOX = 5_000
MESSAGES = 4  # of each conversation
BATCH = 2_000  # rows of one statement
GONE = 1_000_000_000  # ids that no appointment has
ROW = tuple[int, Client, Login, Login]


@dataclass(frozen=True)
class Families:
    """At one position in each: a client, the parent, and who of the staff serves them."""

    organization: Organization
    clients: Sequence[Client]
    parents: Sequence[Login]
    staff: Sequence[Login]

    def each(self) -> Iterator[ROW]:
        """A number, and the client, parent and member of staff that this dealing is between."""
        for number in range(DEALINGS):
            whose = 0 if number % (DEALINGS // OF_THE_FIRST) == 0 else number
            yield number, self.clients[whose], self.parents[whose], self.staff[whose]


def converse(families: Families) -> int:
    """Four messages each; of every tenth the last message is new to those who did not write it."""
    organization, now = families.organization, timezone.now()
    rows = list(families.each())
    made = Conversation.objects.bulk_create(
        Conversation(
            organization=organization,
            client=client,
            subject=f"About week {number % 50}",
            started_at=now - timedelta(minutes=20 * number + 300),
            last_message_at=now - timedelta(minutes=20 * number),
        )
        for number, client, _parent, _staff in rows
    )
    messages = Message.objects.bulk_create(
        [
            Message(
                organization=organization,
                conversation=conversation,
                author=staff if turn % 2 else parent,
                body="We would like to talk about what to do until we see each other again. " * 3,
                sent_at=conversation.started_at + timedelta(minutes=60 * turn),
            )
            for conversation, (_number, _client, parent, staff) in zip(made, rows, strict=True)
            for turn in range(MESSAGES)
        ],
        batch_size=BATCH,
    )
    Participant.objects.bulk_create(
        [
            Participant(
                organization=organization,
                conversation=conversation,
                login=login,
                read_through=messages[(position + 1) * MESSAGES - (2 if number % 10 == 0 else 1)].pk,
            )
            for position, (conversation, (number, _client, parent, staff)) in enumerate(zip(made, rows, strict=True))
            for login in (parent, staff)
        ],
        batch_size=BATCH,
    )
    return made[0].pk


def invoice(families: Families) -> int:
    """Two of five paid, two owed, one a draft; three lines on each."""
    organization, now, rows = families.organization, timezone.now(), list(families.each())
    today = timezone.localdate(now, organization.zone)
    made = []
    for number, client, _parent, staff in rows:
        one = Invoice(
            organization=organization,
            client=client,
            created_by=staff,
            currency="USD",
            due_on=today + timedelta(days=30 - number % 60),
            total=Decimal("330.00"),
        )
        if number % 5:
            issued = now - timedelta(days=31)
            one.status, one.number, one.issued_by = Invoice.Status.ISSUED, number + 1, staff
            one.issued_at, one.issued_on = issued, timezone.localdate(issued, organization.zone)
        if number % 5 > 2:
            one.status, one.paid_on, one.paid_at, one.paid_by = Invoice.Status.PAID, today, now, staff
        made.append(one)
    Invoice.objects.bulk_create(made, batch_size=BATCH)
    InvoiceCounter.objects.create(organization=organization, last=DEALINGS)
    InvoiceLine.objects.bulk_create(
        [
            InvoiceLine(
                organization=organization,
                invoice=one,
                position=position,
                description="A session of fifty minutes",
                unit_price=Decimal("100.00"),
                tax_rate=Decimal(10),
            )
            for one in made
            for position in (1, 2, 3)
        ],
        batch_size=BATCH,
    )
    return next(one.pk for one in made if one.is_unpaid and one.client_id == families.clients[0].pk)


def assign(families: Families) -> int:
    """Every other one is done."""
    now = timezone.now()
    made = Homework.objects.bulk_create(
        [
            Homework(
                organization=families.organization,
                client=client,
                assigned_by=staff,
                title=f"Practice page {number % 100}",
                instructions="Ten minutes a day, at the table, with the cards. " * 4,
                due_on=timezone.localdate() + timedelta(days=14 - number % 28),
                created_at=now - timedelta(minutes=number),
                done_at=now - timedelta(minutes=number) if number % 2 else None,
                done_by=parent if number % 2 else None,
            )
            for number, client, parent, staff in families.each()
        ],
        batch_size=BATCH,
    )
    return made[0].pk


def tell(families: Families, chance: random.Random) -> int:
    """The record: reminders of the last months, a fifth of them not sent, few that failed, and those longest ago.

    And the emails about what is ahead that went out before the last scan. Returns the id of one decision.
    """
    now, count = timezone.now(), len(families.parents)
    told = []
    for number in range(DECISIONS):
        whose, due = number % count, now - timedelta(days=2, minutes=3 * number)
        decision = (State.SENT, "", "")
        if number % 5 == 0:
            decision = (State.SKIPPED, "preference_off", "")
        elif number > DECISIONS // 2 and number % 500 == 1:
            decision = chance.choice([(State.FAILED, "gave_up", "421"), (State.UNDELIVERED, "not_delivered", "30008")])
        told.append(_decision(families, whose, number, due, decision))
    ahead = _emails_ahead(families)
    told += [row for _appointment, row in ahead]
    Notification.objects.bulk_create(told, batch_size=BATCH)
    Mention.objects.bulk_create(
        Mention(
            organization=families.organization,
            appointment=appointment,
            login=row.login,
            channel=row.channel,
            notification=row,
            starts_at=appointment.starts_at,
            is_reminder=True,
            called_off=False,
        )
        for appointment, row in ahead
    )
    OutboxMessage.objects.bulk_create(
        [
            OutboxMessage(
                organization=families.organization,
                notification=row,
                channel=row.channel,
                sender="Blink",
                recipient=row.sent_to,
                subject="Reminder: an appointment",
                body="You have an appointment tomorrow at ten. " * 3,
                sent_at=row.due_at,
            )
            for row in [row for row in told if row.sent_to][:IN_OUTBOX]
        ],
        batch_size=BATCH,
    )
    return told[0].pk


def _decision(
    families: Families, whose: int, number: int, due: datetime, decision: tuple[State, str, str]
) -> Notification:
    """About an appointment that is not there any more; they are many, and the record has no need of them."""
    login, client = families.parents[whose], families.clients[whose]
    state, reason, detail = decision
    channel = Channel.EMAIL if number % 2 else Channel.TEXT
    was_sent = state != State.SKIPPED
    return Notification(
        organization=families.organization,
        login=login,
        client=client,
        feature=Feature.APPOINTMENTS,
        kind=REMINDER,
        channel=channel,
        key=f"bench:{number}",
        subject_id=GONE + number,
        state=state,
        reason=reason,
        reason_detail=detail,
        sent_to=(login.user.email if channel == Channel.EMAIL else login.phone) if was_sent else "",
        due_at=due,
        useful_until=due + timedelta(hours=20),
        next_attempt_at=due,
        sent_at=due if was_sent else None,
    )


def _emails_ahead(families: Families) -> list[tuple[Appointment, Notification]]:
    """The emails about the next day's appointments, which went out 24 hours before each: one for each parent."""
    now, told = timezone.now(), []
    parents: dict[int, Login] = {
        client.pk: parent for client, parent in zip(families.clients, families.parents, strict=True)
    }
    for one in Appointment.objects.scheduled().filter(starts_at__gt=now, email_due_at__isnull=True):
        parent, due = parents[one.client_id], one.starts_at - LEAD[Channel.EMAIL]
        row = Notification(
            organization=families.organization,
            login=parent,
            client_id=one.client_id,
            feature=Feature.APPOINTMENTS,
            kind=REMINDER,
            channel=Channel.EMAIL,
            key=f"bench:ahead:{one.pk}",
            subject_id=one.pk,
            state=State.SENT,
            sent_to=parent.user.email,
            due_at=due,
            useful_until=one.starts_at,
            next_attempt_at=due,
            sent_at=due,
        )
        told.append((one, row))
    return told
