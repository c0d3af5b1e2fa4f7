"""The outbox: the channel of the embedded default, which keeps what it "sends" for the outbox page."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone

from accounts.features import Channel
from notifications.channels import Connection, Lookup, Report
from notifications.channels.sender import sender
from notifications.models import InboundText, OutboxLetter, OutboxMessage
from notifications.rendering import Rendered

if TYPE_CHECKING:
    from notifications.letters import LetterToSend

SENDING_NUMBER = "2065550100"  # kept for fiction: a number that nobody has


class OutboxConnection:
    """Keeps each message once, however often it is "sent": like a provider with an idempotency key."""

    def send(self, message: Rendered) -> str:
        row = message.notification
        kept, _created = OutboxMessage.objects.get_or_create(
            notification=row,
            defaults={
                "organization_id": row.organization_id,
                "channel": message.channel,
                "sender": _sender(message),
                "recipient": message.recipient,
                "subject": message.subject,
                "body": message.body,
                "html": message.html,
                "calendar": message.calendar.decode(),
                "message_id": row.message_id if message.channel == Channel.EMAIL else "",
                "sent_at": timezone.now(),
            },
        )
        return f"outbox-{kept.pk}"


def _sender(message: Rendered) -> str:
    """Whom it is from, as the receiver sees it: the practice's name at our address, or our number."""
    if message.channel == Channel.TEXT:
        return SENDING_NUMBER
    return sender(message.sender_name)


class OutboxLetters:
    """Keeps each letter once as well."""

    def send(self, message: "LetterToSend") -> str:
        kept, _created = OutboxLetter.objects.get_or_create(
            letter=message.letter,
            defaults={
                "sender": sender(message.sender_name),
                "recipient": message.recipient,
                "subject": message.subject,
                "body": message.body,
                "html": message.html,
                "message_id": message.message_id,
                "sent_at": timezone.now(),
            },
        )
        return f"outbox-letter-{kept.pk}"


class OutboxLookup:
    def accepted(self, number: str, since: datetime) -> list[str]:
        kept = OutboxMessage.objects.filter(channel=Channel.TEXT, recipient=number, sent_at__gte=since)
        return [f"outbox-{pk}" for pk in kept.order_by("pk").values_list("pk", flat=True)]

    def status(self, provider_id: str) -> Report | None:
        # What is in the outbox has arrived, and nobody reports it.
        return None

    def written(self, sid: str) -> datetime:
        # Nothing overtakes anything on one computer.
        return InboundText.objects.get(sid=sid).received_at


@contextmanager
def open_connection() -> Iterator[Connection]:
    yield OutboxConnection()


@contextmanager
def open_letters() -> Iterator[OutboxLetters]:
    yield OutboxLetters()


@contextmanager
def open_lookup() -> Iterator[Lookup]:
    yield OutboxLookup()
