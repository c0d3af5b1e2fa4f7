"""What people text back: each text once, and the inbox of every organization that has the number (T7)."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Case, F, Q, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.models import Login, Organization, Role
from accounts.tenancy import TenantManager, TenantModel, TenantQuerySet

# Of a thread: there is a reply that nobody has dealt with.
OPEN = Q(handled_at__isnull=True) | Q(handled_at__lt=F("last_at"))


class Meaning(models.TextChoices):
    """What a text asks of us."""

    STOP = "stop", _("stop")
    RESUME = "resume", _("resume")
    HELP = "help", _("help")
    MAYBE_STOP = "maybe_stop", _("may want to stop")
    OTHER = "other", _("a reply")


class InboundText(models.Model):
    """One text to us, once however often the provider tells of it. The number that it is to is shared by practices."""

    sid = models.CharField(_("provider's id"), max_length=64, unique=True)
    phone = models.CharField(_("from"), max_length=phones.MAX_LENGTH, db_index=True)
    to = models.CharField(_("to"), max_length=phones.MAX_LENGTH)
    body = models.TextField(_("text"), blank=True)
    media = models.PositiveSmallIntegerField(_("pictures and the like"), default=0)
    # What Advanced Opt-Out says that it did (STOP, START, HELP), and so has answered.
    opt_out_type = models.CharField(max_length=10, blank=True)
    meaning = models.CharField(_("meaning"), max_length=10, choices=Meaning)
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    # When it was written, where the provider was asked: of two that cross, the later one counts.
    written_at = models.DateTimeField(null=True)

    objects: models.Manager["InboundText"] = models.Manager()

    class Meta:
        ordering = ["-received_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(meaning__in=Meaning.values), name="inbound_meaning_known"),
        ]
        indexes = [
            # Those whose order may have to be asked for, every minute.
            models.Index(
                fields=["received_at"],
                name="inbound_orders",
                condition=Q(meaning__in=["stop", "resume"], written_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.meaning} from {phones.for_display(self.phone)}"


def _read_by(login: Login) -> "TextReplyQuerySet":
    """The replies that somebody of the staff may read: see `TextThreadQuerySet.visible_to`."""
    return TextReply.objects.all().visible_to(login)


class TextThreadQuerySet(TenantQuerySet["TextThread"]):
    def visible_to(self, login: Login) -> "TextThreadQuerySet":
        """The numbers with a reply that this login may read (T7, S3); none for families."""
        if login.role == Role.STAFF and login.is_user_admin:
            return self.all()
        return self.filter(pk__in=_read_by(login).values("thread"))

    def open(self) -> "TextThreadQuerySet":
        """Those with a reply that nobody has dealt with."""
        return self.filter(OPEN)

    def latest_first(self) -> "TextThreadQuerySet":
        """The open ones before the others."""
        return self.order_by(Case(When(OPEN, then=0), default=1), "-last_at", "-pk")


class TextThread(TenantModel):
    """What one number wrote to one organization: in its inbox, by number, because a phone may be a family's."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    phone = models.CharField(_("number"), max_length=phones.MAX_LENGTH)
    # When the last reply came that somebody should read. Each moves it forward, whatever the clocks say.
    last_at = models.DateTimeField(_("last reply"))
    # Someone has dealt with all that came until then.
    handled_at = models.DateTimeField(_("done"), null=True)
    handled_by = models.ForeignKey(Login, on_delete=models.SET_NULL, null=True, related_name="+")
    may_want_to_stop = models.BooleanField(_("may want to stop"), default=False)

    objects = TenantManager.from_queryset(TextThreadQuerySet)()

    class Meta(TenantModel.Meta):
        ordering = ["-last_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["organization", "phone"], name="text_thread_once")]
        indexes = [
            models.Index(fields=["organization", "-last_at"], name="text_thread_by_last"),
            # Few among many, and counted for the menu of every page.
            models.Index(fields=["organization"], condition=OPEN, name="text_thread_open"),
        ]

    def __str__(self) -> str:
        return phones.for_display(self.phone)

    @property
    def is_open(self) -> bool:
        return self.handled_at is None or self.handled_at < self.last_at

    def handle(self, *, by: Login, until: datetime, at: datetime | None = None) -> bool:
        """Mark what came until then, the `last_at` that was shown, as dealt with.

        False if more came, or somebody was quicker.
        """
        values: dict[str, Any] = {
            "handled_at": max(at or timezone.now(), until),
            "handled_by": by,
            "may_want_to_stop": False,
        }
        return bool(TextThread.objects.filter(OPEN, pk=self.pk, last_at=until).update(**values))


class TextReplyQuerySet(TenantQuerySet["TextReply"]):
    def visible_to(self, login: Login) -> "TextReplyQuerySet":
        """The replies that somebody of the staff may read (T7, S3): user admins all, others those of their families.

        Whose they are is by who had the number when they came. By who has it now, whoever may edit a login would
        read what anybody wrote: they would only have to enter the number there.
        """
        if login.role != Role.STAFF:
            return self.none()  # type: ignore[no-any-return]  # django-scopes ships no types
        if login.is_user_admin:
            return self.all()
        theirs = Login.objects.linked_like(login).values("pk")
        of_theirs = ReplySender.objects.filter(Q(login__in=theirs) | Q(login=login))
        return self.filter(pk__in=of_theirs.values("reply"))


class TextReply(TenantModel):
    """One text in an organization's inbox: its own copy, so that no organization's inbox is another's."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    thread = models.ForeignKey(TextThread, on_delete=models.CASCADE, related_name="replies")
    sid = models.CharField(max_length=64)
    body = models.TextField(_("text"), blank=True)
    media = models.PositiveSmallIntegerField(default=0)
    meaning = models.CharField(_("meaning"), max_length=10, choices=Meaning)
    at = models.DateTimeField(_("received"))

    objects = TenantManager.from_queryset(TextReplyQuerySet)()

    class Meta(TenantModel.Meta):
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "sid"], name="text_reply_once"),
            models.CheckConstraint(condition=Q(meaning__in=Meaning.values), name="text_reply_meaning_known"),
        ]

    def __str__(self) -> str:
        return f"{self.meaning} at {self.at:%Y-%m-%d %H:%M}"


class ReplySender(TenantModel):
    """A login that had the number when a reply came from it. Numbers change hands; who may read it does not (S3)."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    reply = models.ForeignKey(TextReply, on_delete=models.CASCADE, related_name="senders")
    login = models.ForeignKey(Login, on_delete=models.CASCADE, related_name="+")

    objects: TenantManager["ReplySender"] = TenantManager()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["reply", "login"], name="reply_sender_once")]

    def __str__(self) -> str:
        return f"{self.login_id} wrote {self.reply_id}"
