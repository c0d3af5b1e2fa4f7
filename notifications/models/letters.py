"""Account mail on its way: activation, reset, a changed address. It is of no feature, so it is not in the ledger."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _


class LetterQuerySet(models.QuerySet["Letter"]):
    def waiting(self) -> "LetterQuerySet":
        return self.filter(sent_at__isnull=True, given_up_at__isnull=True)

    def claimable(self, now: datetime) -> "LetterQuerySet":
        """What to send now: due ones, and ones whose lease ran out."""
        return self.waiting().filter(next_attempt_at__lte=now)


class Letter(models.Model):
    """One email about somebody's sign-in. Its words hold links that let people in: they go once it is sent.

    Of no organization: somebody's sign-in is theirs, in however many practices.
    """

    to = models.EmailField(_("to"))
    sender_name = models.CharField(_("from"), max_length=120, blank=True)
    reply_to = models.EmailField(blank=True)
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    body = models.TextField(blank=True)
    html = models.TextField(blank=True)
    created_at = models.DateTimeField(_("written"), default=timezone.now)
    # When to try; while somebody does, when their lease runs out.
    next_attempt_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.CharField(_("what went wrong last"), max_length=40, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True)
    provider_id = models.CharField(_("provider's id"), max_length=200, blank=True, default="", db_default="")
    given_up_at = models.DateTimeField(_("given up"), null=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(given_up_at__isnull=True), name="letter_ends_once"
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True, given_up_at__isnull=True) | Q(body="", html=""),
                name="letter_forgets_its_words",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(sent_at__isnull=True, given_up_at__isnull=True),
                name="letters_to_send",
            ),
            # What a provider's report names.
            models.Index(fields=["provider_id"], condition=~Q(provider_id=""), name="letters_by_provider_id"),
        ]

    def __str__(self) -> str:
        return f"to {self.to}"

    @property
    def message_id(self) -> str:
        """The same for every attempt, so that a retry cannot show twice in a mailbox (E5)."""
        proof = salted_hmac("blink.letter-id", str(self.pk)).hexdigest()[:16]
        domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip("> ")
        return f"<letter-{self.pk}-{proof}@{domain}>"


class OutboxLetterQuerySet(models.QuerySet["OutboxLetter"]):
    def listed(self) -> "OutboxLetterQuerySet":
        """The latest first, without the long forms."""
        return self.defer("html", "body")


class OutboxLetter(models.Model):
    """A letter as its receiver would see it: what the local channel "sent" (see `OutboxMessage`)."""

    letter = models.OneToOneField(Letter, on_delete=models.CASCADE, related_name="outbox_letter")
    sender = models.CharField(_("from"), max_length=254)
    recipient = models.EmailField(_("to"), db_index=True)
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    body = models.TextField(_("plain text"))
    html = models.TextField()
    message_id = models.CharField(max_length=200)
    sent_at = models.DateTimeField(_("sent"), default=timezone.now)

    is_letter = True  # for templates, beside OutboxMessage
    objects = OutboxLetterQuerySet.as_manager()

    class Meta:
        ordering = ["-sent_at", "-pk"]

    def __str__(self) -> str:
        return f"letter to {self.recipient}"
