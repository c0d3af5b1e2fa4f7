"""The ledger: every notification that was ever decided, and at the same time the queue of those to send."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connections, models, router
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.features import Channel, Feature
from accounts.models import Client, Login, Organization, Role
from accounts.tenancy import (
    EVERYWHERE,
    OutOfScope,
    TenantManager,
    TenantModel,
    TenantQuerySet,
    current_tenant,
)
from notifications.reasons import Reason


class State(models.TextChoices):
    """pending → sending → sent → delivered | undelivered | failed, or pending → skipped with a reason."""

    PENDING = "pending", _("Waiting")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    DELIVERED = "delivered", _("Delivered")
    UNDELIVERED = "undelivered", _("Not delivered")
    FAILED = "failed", _("Failed")
    SKIPPED = "skipped", _("Not sent")


UNFINISHED = (State.PENDING, State.SENDING)
TROUBLES = (State.FAILED, State.UNDELIVERED)
ACCEPTED = (State.SENT, State.DELIVERED, State.UNDELIVERED)


class Outcome(models.TextChoices):
    """What became of a notification, as people ask for it."""

    WAITING = "waiting", _("Waiting")
    SENT = "sent", _("Sent")
    NOT_SENT = "not-sent", _("Not sent")
    TROUBLE = "trouble", _("Failed or not delivered")


OUTCOMES: dict[Outcome, tuple[State, ...]] = {
    Outcome.WAITING: UNFINISHED,
    Outcome.SENT: (State.SENT, State.DELIVERED),
    Outcome.NOT_SENT: (State.SKIPPED,),
    Outcome.TROUBLE: TROUBLES,
}


class NotificationQuerySet(TenantQuerySet["Notification"]):
    def visible_to(self, login: Login) -> "NotificationQuerySet":
        """What of the record somebody may read (L2, S3): client logins what they were told themselves.

        Of staff, user admins everything; others, whatever else they administer, what concerns the clients linked to
        them, and what they were told themselves. A schedule admin besides what is sent about appointments: whoever
        keeps everybody's schedule is asked first whether somebody was reminded.
        """
        if login.role == Role.CLIENT:
            return self.told_to(login)
        if login.is_user_admin:
            return self.all()
        theirs = Q(client__in=login.links.values("client")) | Q(login=login)
        return self.filter(theirs | Q(feature=Feature.APPOINTMENTS) if login.is_schedule_admin else theirs)

    def told_to(self, login: Login) -> "NotificationQuerySet":
        """What somebody reads of themselves: what they were told, and what not and why.

        Of clients whom they are not linked to any more only what went out: the rest would say what goes on with them
        (S3).
        """
        own = self.filter(login=login)
        if login.is_user_admin:
            return own
        linked = login.links.values("client")
        return own.filter(Q(client__isnull=True) | Q(client__in=linked) | Q(state__in=ACCEPTED))

    def of_features(self, features: Iterable[Feature]) -> "NotificationQuerySet":
        """Of features that are on: of the others there is no trace (O2)."""
        return self.filter(feature__in=list(features))

    def that_became(self, outcome: Outcome) -> "NotificationQuerySet":
        return self.filter(state__in=OUTCOMES[outcome])

    def of_people_called(self, word: str) -> "NotificationQuerySet":
        """Whose login or client has this word in the name. People are found first: they are fewer than rows."""
        logins = Login.objects.filter(name__icontains=word)
        clients = Client.objects.filter(Q(first_name__icontains=word) | Q(last_name__icontains=word))
        return self.filter(Q(login__in=logins.values("pk")) | Q(client__in=clients.values("pk")))

    def unfinished(self) -> "NotificationQuerySet":
        return self.filter(state__in=UNFINISHED)

    def claimable(self, now: datetime, *, kinds: Iterable[str]) -> "NotificationQuerySet":
        """Rows of these kinds to act on now: due ones, and ones whose lease ran out; the first of each lane only.

        A kind that is not among them, such as one of a newer release during a rollout, is left to who knows it.

        A lane keeps what one login gets about one thing in order: a correction never overtakes the
        reminder that it corrects, and an agenda is sent before the reminders that it makes needless.
        """
        ahead = Notification.objects.filter(
            Q(due_at__lt=OuterRef("due_at")) | Q(due_at=OuterRef("due_at"), pk__lt=OuterRef("pk")),
            login=OuterRef("login"),
            channel=OuterRef("channel"),
            lane=OuterRef("lane"),
            state__in=UNFINISHED,
            kind__in=kinds,
        )
        return self.unfinished().filter(kind__in=kinds).filter(Q(lane="") | ~Exists(ahead), next_attempt_at__lte=now)

    def in_words(self) -> "NotificationQuerySet":
        """For the record: the latest due first, with whom and what they are about.

        People are loaded after the rows are found, not joined: a database that began with the people would read
        all rows of each before it knew the latest (SQLite does).
        """
        return self.prefetch_related("organization", "login", "client").order_by("-due_at", "-pk")

    def insert_select(self, rows: "models.QuerySet[Any, Any]", columns: Sequence[str]) -> int:
        """Insert what `rows` selects, in this order of columns, in one statement; conflicts are ignored.

        Every decision about who is in `rows` is the caller's. Returns how many rows are new.
        """
        if current_tenant() is not EVERYWHERE:
            raise OutOfScope("Inserting by selection serves every organization; it needs `everywhere`.")
        using = router.db_for_write(self.model)
        connection = connections[using]
        select, params = rows.query.get_compiler(using=using).as_sql()
        quote = connection.ops.quote_name
        fields = {field.name: str(field.column) for field in Notification._meta.concrete_fields}
        names = ", ".join(quote(fields[column]) for column in columns)
        table = quote(Notification._meta.db_table)
        with connection.cursor() as cursor:
            # SQLite reads "SELECT ... ON CONFLICT" as a join unless a WHERE stands before it; ours has one.
            cursor.execute(f"INSERT INTO {table} ({names}) {select} ON CONFLICT DO NOTHING", params)
            return int(cursor.rowcount)


class Notification(TenantModel):
    """One login, one channel, one occurrence: waiting, on its way, sent, or not sent and why (L1)."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    login = models.ForeignKey(Login, on_delete=models.CASCADE, related_name="notifications")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, null=True, related_name="notifications")
    feature = models.CharField(_("feature"), max_length=20, choices=Feature)
    kind = models.CharField(_("kind"), max_length=40)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    key = models.CharField(_("occurrence"), max_length=100)
    subject_id = models.BigIntegerField()
    lane = models.CharField(max_length=40, blank=True, db_default="", default="")

    # The moment it is about: when a reminder fell due, when a message was written. Never changes.
    due_at = models.DateTimeField(_("due"))
    # The last moment at which sending it still helps.
    useful_until = models.DateTimeField(_("useful until"))
    # Pending: when to try. Sending: when the lease runs out. Sent, by text: when to ask what became of it.
    next_attempt_at = models.DateTimeField()

    state = models.CharField(_("state"), max_length=12, choices=State, default=State.PENDING, db_default=State.PENDING)
    reason = models.CharField(_("reason"), max_length=40, blank=True, default="", db_default="")
    reason_detail = models.CharField(max_length=40, blank=True, default="", db_default="")
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0)
    # Attempts that were begun and whose answer never came.
    lost_answers = models.PositiveSmallIntegerField(default=0, db_default=0)
    attempted_at = models.DateTimeField(_("last attempt"), null=True)
    # An attempt was begun and its answer is not known: the provider may have accepted it.
    in_doubt = models.BooleanField(_("in doubt"), default=False, db_default=False)
    sent_to = models.CharField(_("sent to"), max_length=254, blank=True, default="", db_default="")
    provider_id = models.CharField(_("provider's id"), max_length=200, blank=True, default="", db_default="")
    segments = models.PositiveSmallIntegerField(_("segments"), default=0, db_default=0)
    sent_at = models.DateTimeField(_("sent"), null=True)
    created_at = models.DateTimeField(_("decided"), default=timezone.now)

    objects = TenantManager.from_queryset(NotificationQuerySet)()

    class Meta(TenantModel.Meta):
        ordering = ["-due_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["login", "channel", "key"], name="ledger_once"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="ledger_state_known"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="ledger_channel_known"),
            models.CheckConstraint(
                condition=~Q(state__in=(State.SKIPPED, State.FAILED)) | ~Q(reason=""),
                name="ledger_says_why_not",
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at", "id"], condition=Q(state__in=UNFINISHED), name="ledger_to_act_on"),
            models.Index(
                fields=["login", "channel", "lane", "due_at"],
                condition=Q(state__in=UNFINISHED),
                name="ledger_lanes",
            ),
            models.Index(fields=["due_at"], name="ledger_by_due"),
            models.Index(fields=["organization", "-due_at"], name="ledger_by_organization"),
            models.Index(fields=["client", "-due_at"], name="ledger_by_client"),
            models.Index(fields=["kind", "subject_id"], name="ledger_by_subject"),
            # The nearest deadline first, and appointments before everything else (notifications.claiming).
            models.Index(
                fields=["channel", "useful_until", "id"],
                condition=Q(state__in=UNFINISHED, feature=Feature.APPOINTMENTS),
                name="ledger_appointments_first",
            ),
            models.Index(
                fields=["channel", "useful_until", "id"],
                condition=Q(state__in=UNFINISHED) & ~Q(feature=Feature.APPOINTMENTS),
                name="ledger_then_the_rest",
            ),
            # What a provider's report names.
            models.Index(fields=["provider_id"], condition=~Q(provider_id=""), name="ledger_by_provider_id"),
            # Texts that the provider has, and of which it has not said what became of them.
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(state=State.SENT, channel=Channel.TEXT),
                name="ledger_to_ask_about",
            ),
            # Few among very many: what staff look for first, on the home page and in the record.
            models.Index(fields=["organization", "-due_at"], condition=Q(state__in=TROUBLES), name="ledger_troubles"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.channel}: {self.state}"

    @property
    def words(self) -> str:
        """What became of it, as staff read it."""
        return self.said()

    def said(self, *, to_you: bool = False) -> str:
        """What became of it; `to_you` to the very person who was, or was not, told."""
        reason = Reason.known.get(self.reason)
        if self.state in (State.SKIPPED, State.FAILED, State.UNDELIVERED) and reason:
            return reason.words(self.channel, self.reason_detail, to_you=to_you)
        return str(self.get_state_display())

    @property
    def message_id(self) -> str:
        """The same for every attempt of this notification, so a retry cannot show twice in a mailbox (E5)."""
        proof = salted_hmac("blink.message-id", str(self.pk)).hexdigest()[:16]
        domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip("> ")
        return f"<notification-{self.pk}-{proof}@{domain}>"


def forward_states(state: State) -> tuple[State, ...]:
    """The states that a provider's report of `state` may replace: the record only moves forward (T10).

    Each may replace all before it, so that reports end in the same state in whatever order they come.
    """
    order = (State.PENDING, State.SENDING, State.SENT, State.FAILED, State.UNDELIVERED, State.DELIVERED)
    return order[: order.index(state)]
