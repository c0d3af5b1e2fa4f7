"""What messaging tells people: that there is a message, and never what is in it (N1, N4)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.features import Channel, Feature
from accounts.links import public_url
from accounts.models import Role
from messaging.models import Message, Participant
from notifications import reasons
from notifications.kinds import Content, Delivery, EventKind, Recipient
from notifications.models import Notification
from notifications.reasons import Reason, Skip

DELETED = Reason("message_deleted", _("the message was deleted before"))
NOT_TAKING_PART = Reason(
    "not_taking_part",
    _("this login no longer takes part in the conversation"),
    your_why=_("you no longer take part in the conversation"),
)
ALREADY_READ = Reason(
    "already_read",
    _("they had read the message by then"),
    your_why=_("you had read the message by then"),
    told_all_the_same=True,
)

USEFUL_FOR = timedelta(days=2)  # after an outage of two days an old notice would only puzzle


class MessageSent(EventKind):
    """Somebody wrote: everybody else in the conversation is told, family and staff alike (N1, P5)."""

    slug = "message.sent"
    feature = Feature.MESSAGES
    label = _("New message")

    def key(self, subject: Message) -> str:
        return f"message:{subject.pk}"

    def audience(self, subject: Message) -> list[Recipient]:
        others = Participant.objects.filter(conversation=subject.conversation_id).exclude(login=subject.author_id)
        return [
            Recipient(login_id, channel)
            for login_id in others.order_by("login").values_list("login", flat=True)
            for channel in Channel
        ]

    def client_id(self, subject: Message) -> int:
        return subject.conversation.client_id

    def useful_until(self, subject: Message) -> datetime:
        return subject.sent_at + USEFUL_FOR

    def load(self, ids: Iterable[int]) -> Mapping[int, Message]:
        people = Prefetch("conversation__participants", Participant.objects.with_standing())
        return (
            Message.objects.filter(pk__in=list(ids))
            .select_related("author", "conversation__client__organization")
            .prefetch_related(people)
            .in_bulk()
        )

    def objection(self, notification: Notification, subject: Message, now: datetime) -> Skip | None:
        if subject.deleted_at is not None:
            return Skip(DELETED)
        people = {one.login_id: one for one in subject.conversation.people()}
        reader = people.get(notification.login_id)
        if reader is None:
            return Skip(NOT_TAKING_PART)
        if not reader.sees_the_client:
            return Skip(reasons.NOT_LINKED)  # of staff; the rules know it of families
        return Skip(ALREADY_READ) if reader.read_through >= subject.pk else None

    def compose(self, deliveries: Sequence[Delivery], now: datetime) -> Mapping[int, Content | Skip]:
        return {delivery.notification.pk: _content(delivery) for delivery in deliveries}


def _content(delivery: Delivery) -> Content:
    """Staff are told which client it is about, by first name; families, which of the staff wrote (N4)."""
    message: Message = delivery.subject
    client, reader = message.conversation.client, delivery.notification.login
    to_staff = reader.role == Role.STAFF
    page = reverse("conversation" if to_staff else "my_conversation", args=[message.conversation_id])
    return Content(
        template="messaging/to_staff" if to_staff else "messaging/to_family",
        context={
            "client": client.first_name,
            "author": message.author.name if message.author.role == Role.STAFF else "",
            "sent_at": message.sent_at,
            "zone": client.organization.zone if to_staff else client.zone,
            "link": public_url(client.organization, page),
        },
    )
