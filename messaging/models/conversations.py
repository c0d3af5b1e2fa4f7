"""Conversations between a client's family and the staff who serve them, message by message."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, models, transaction
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Client, Login, Organization, Role
from accounts.tenancy import TenantManager, TenantModel, TenantQuerySet
from messaging.models.participants import Participant, who_may_take_part

SUBJECT_LENGTH = 120  # characters


class MayNotTakePart(Exception):
    """Somebody in this conversation would be neither of the client's family nor of the staff who see the client."""


class Closed(Exception):
    """Nothing more can be written here: the client is discharged, or nobody is left to read it."""


class ConversationQuerySet(TenantQuerySet["Conversation"]):
    def visible_to(self, login: Login) -> "ConversationQuerySet":
        """What this login may read (S3).

        Everybody but user admins: the conversations they take part in, while they are linked to the client. So a
        parent linked later sees only what they are added to, and one who is unlinked loses sight of all of it at
        once; what two people wrote in confidence does not become a third one's because they were linked.

        User admins see every conversation, as they see every client: somebody in the practice must be able to
        take over from a therapist who is ill or has left, and to answer for what was written in its name.
        Reading does not make them part of it: they are told of nothing until they write or are added.
        """
        if login.active_since is None:
            return self.filter(pk__in=())
        if login.role == Role.STAFF and login.is_user_admin:
            return self.all()
        return self.filter(participants__login=login, client__links__login=login)

    def with_unread(self, login: Login) -> "ConversationQuerySet":
        """With `unread`, the number of messages in it that are new to this login; 0 where it takes no part."""
        mine = Participant.objects.filter(conversation=OuterRef("pk"), login=login)
        new = (
            Message.objects.filter(
                conversation=OuterRef("pk"), deleted_at__isnull=True, pk__gt=OuterRef("read_through")
            )
            .exclude(author=login)
            .order_by()
            .values("conversation")
            .annotate(count=Count("pk"))
        )
        count = {"unread": Coalesce(Subquery(new.values("count")), 0)}
        return self.annotate(read_through=Subquery(mine.values("read_through"))).annotate(**count)

    def in_list(self, login: Login) -> "ConversationQuerySet":
        """For a list: unread first, then the latest; with client, participants and the words last written."""
        last = Message.objects.filter(conversation=OuterRef("pk")).order_by("-pk")
        shown = {
            "last_body": Subquery(last.values("body")[:1]),
            "last_author": Subquery(last.values("author__name")[:1]),
            "is_unread": models.Case(models.When(unread__gt=0, then=1), default=0),
        }
        return (
            self.with_unread(login)
            .annotate(**shown)
            .select_related("client")
            .prefetch_related(models.Prefetch("participants", Participant.objects.with_standing()))
            .order_by(F("is_unread").desc(), "-last_message_at", "-pk")
        )

    def only_new(self) -> "ConversationQuerySet":
        """Those with something new; needs `with_unread` or `in_list`."""
        return self.filter(Q(("unread__gt", 0)))


class Conversation(TenantModel):
    """One subject, between one client's family and staff."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="conversations")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="conversations")
    subject = models.CharField(_("subject"), max_length=SUBJECT_LENGTH)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    last_message_at = models.DateTimeField(_("last message"), default=timezone.now)
    logins: "models.ManyToManyField[Login, Participant]" = models.ManyToManyField(
        Login, through=Participant, related_name="conversations"
    )

    objects = TenantManager.from_queryset(ConversationQuerySet)()

    # Set by `with_unread` and `in_list`.
    unread: int
    last_body: str
    last_author: str

    class Meta(TenantModel.Meta):
        ordering = ["-last_message_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(subject=""), name="conversation_has_subject"),
            models.CheckConstraint(
                condition=Q(last_message_at__gte=F("started_at")), name="conversation_moves_forward"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-last_message_at"], name="conversation_by_latest"),
            models.Index(fields=["client", "-last_message_at"], name="conversation_by_client"),
        ]

    def __str__(self) -> str:
        return self.subject

    @classmethod
    def start(
        cls,
        *,
        client: Client,
        author: Login,
        recipients: Iterable[Login],
        subject: str,
        body: str,
        token: uuid.UUID | None = None,
        at: datetime | None = None,
    ) -> "Conversation":
        """Open a conversation with its first message. Raises MayNotTakePart, or Closed for a discharged client.

        The same form (its `token`) sent twice opens one conversation, and both get that one.
        """
        at, everybody = at or timezone.now(), {author.pk: author, **{login.pk: login for login in recipients}}
        once = _once(token, client.pk, sorted(everybody), subject, body)
        if client.active_since is None:
            raise Closed
        _check(client, everybody)
        try:
            with transaction.atomic():
                opened = cls.objects.create(
                    organization_id=client.organization_id,
                    client=client,
                    subject=subject,
                    started_at=at,
                    last_message_at=at,
                )
                opened._join(everybody.values(), at)
                opened._write(author, body, once, at)
                return opened
        except IntegrityError:
            return Message.objects.select_related("conversation").get(author=author, once=once).conversation

    @transaction.atomic
    def reply(
        self, *, author: Login, body: str, token: uuid.UUID | None = None, at: datetime | None = None
    ) -> "Message":
        """Add a message; a user admin who was only reading takes part from now on. Raises Closed.

        The same form (its `token`) sent twice adds one message, and both get that one.
        """
        # One at a time, so that messages have their ids in the order in which readers come to see them.
        fresh = Conversation.objects.select_for_update(of=("self",)).select_related("client").get(pk=self.pk)
        once = _once(token, self.pk, body)
        if earlier := Message.objects.filter(author=author, once=once).first():
            return earlier
        if fresh.why_closed(author):
            raise Closed
        at = at or timezone.now()
        fresh._join([author], at)
        message = fresh._write(author, body, once, at)
        self.last_message_at = fresh.last_message_at = max(at, fresh.last_message_at)
        fresh.save(update_fields=["last_message_at"])
        return message

    @transaction.atomic
    def set_people(self, logins: Iterable[Login], *, at: datetime | None = None) -> bool:
        """Let exactly these take part. False if nothing changes. Raises MayNotTakePart.

        Who is added sees what was written before, and is told of what is written from now on. Somebody who can no
        longer read it anyway stays on record as having taken part.
        """
        chosen = {login.pk: login for login in logins}
        _check(self.client, chosen)
        before = list(Participant.objects.filter(conversation=self).with_standing())
        left = [one.pk for one in before if one.login_id not in chosen and one.is_present]
        new = [login for pk, login in chosen.items() if pk not in {one.login_id for one in before}]
        Participant.objects.filter(pk__in=left).delete()
        self._join(new, at or timezone.now())
        return bool(left or new)

    def people(self) -> list[Participant]:
        """Everybody who takes part or did, with their standing; one query, or what `in_list` has loaded."""
        loaded = getattr(self, "_prefetched_objects_cache", {}).get("participants")
        return list(Participant.objects.filter(conversation=self).with_standing() if loaded is None else loaded)

    def why_closed(self, login: Login, people: Iterable[Participant] | None = None) -> str:
        """Why this login cannot write here, as `discharged`, `no_staff` or `no_family`; nothing if it can.

        What nobody would read is not taken: a parent whose therapist has left learns it here, not by silence.
        """
        if self.client.active_since is None:
            return "discharged"
        wanted = Role.STAFF if login.role == Role.CLIENT else Role.CLIENT
        present = [one for one in (self.people() if people is None else people) if one.is_present]
        if any(one.login.role == wanted for one in present):
            return ""
        return "no_staff" if wanted == Role.STAFF else "no_family"

    def _join(self, logins: Iterable[Login], at: datetime) -> None:
        Participant.objects.bulk_create(
            [
                Participant(organization_id=self.organization_id, conversation=self, login=login, joined_at=at)
                for login in logins
            ],
            ignore_conflicts=True,
        )

    def _write(self, author: Login, body: str, once: uuid.UUID, at: datetime) -> "Message":
        return Message.objects.create(
            organization_id=self.organization_id, conversation=self, author=author, body=body, once=once, sent_at=at
        )


class MessageQuerySet(TenantQuerySet["Message"]):
    def unread_by(self, login: Login) -> "MessageQuerySet":
        """What others wrote and this login has not seen, in conversations that it takes part in and may read."""
        mine = Q(
            conversation__participants__login=login,
            pk__gt=F("conversation__participants__read_through"),
            deleted_at__isnull=True,
        )
        if not login.is_user_admin:
            mine &= Q(conversation__client__links__login=login)
        return self.filter(mine).exclude(author=login)

    def deletable_by(self, login: Login) -> "MessageQuerySet":
        """Its own, where it can still read them, while they have words."""
        mine = Conversation.objects.visible_to(login)
        return self.filter(author=login, deleted_at__isnull=True, conversation__in=mine)


class Message(TenantModel):
    """What one login wrote. A deleted one keeps its place and its time, and loses its words."""

    # No indexes of their own: as with Participant.
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+", db_index=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages", db_index=False)
    author = models.ForeignKey(Login, on_delete=models.PROTECT, related_name="+")
    body = models.TextField(_("message"))
    sent_at = models.DateTimeField(_("sent"), default=timezone.now)
    deleted_at = models.DateTimeField(_("deleted"), null=True)
    # Made of the form's token and what was typed: a double click makes the same, another message another.
    once = models.UUIDField(default=uuid.uuid4, editable=False)

    objects = TenantManager.from_queryset(MessageQuerySet)()

    class Meta(TenantModel.Meta):
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["author", "once"], name="message_once"),
            models.CheckConstraint(
                condition=(Q(deleted_at__isnull=True) & ~Q(body="")) | Q(deleted_at__isnull=False, body=""),
                name="message_has_words_or_is_deleted",
            ),
        ]
        indexes = [models.Index(fields=["conversation", "id"], name="message_by_conversation")]

    def __str__(self) -> str:
        return f"{self.conversation_id}: {self.sent_at:%Y-%m-%d %H:%M} UTC"  # never its words: this gets into logs

    def delete_words(self, *, at: datetime | None = None) -> bool:
        """Take the words back (N5: who was not told yet will not be). False if somebody did already."""
        at = at or timezone.now()
        return bool(Message.objects.filter(pk=self.pk, deleted_at__isnull=True).update(body="", deleted_at=at))


def _once(token: uuid.UUID | None, *parts: object) -> uuid.UUID:
    """One sending of one form. With what was typed, for a page gone back to has its old token and new words."""
    return uuid.uuid5(token, repr(parts)) if token else uuid.uuid4()


def _check(client: Client, logins: dict[int, Login]) -> None:
    allowed = who_may_take_part(client).filter(pk__in=logins)
    roles = [login.role for login in allowed]
    if len(roles) != len(logins) or not {Role.STAFF, Role.CLIENT} <= set(roles):
        raise MayNotTakePart
