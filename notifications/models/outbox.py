"""What the local channel "sends": kept here and shown on the outbox page of the embedded default."""

from typing import Any

from django.db import models
from django.db.models import Count, F, Max, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.features import Channel
from accounts.models import Organization
from accounts.tenancy import TenantManager, TenantModel, TenantQuerySet
from notifications.models.ledger import Notification


class OutboxQuerySet(TenantQuerySet["OutboxMessage"]):
    def by(self, channel: Channel) -> "OutboxQuerySet":
        return self.filter(channel=channel)

    def at_same_address_as(self, login_id: int) -> "OutboxQuerySet":
        """What is on this login's phones and in its mailboxes, whichever login each was for.

        Two logins of one person, in two practices, share a phone.
        """
        own = OutboxMessage.objects.filter(notification__login=login_id)
        return self.filter(recipient__in=own.values("recipient"))

    def listed(self) -> "OutboxQuerySet":
        """The latest first, with whom they are from and for, without the long forms."""
        return self.select_related("organization", "notification__login").defer("html", "calendar")

    def people(self) -> "models.QuerySet[Any, Any]":
        """One row per login that was sent something: login, name, practice, texts, emails, last; latest first."""
        return (
            self.order_by()
            .values(
                login=F("notification__login"),
                name=F("notification__login__name"),
                practice=F("organization__name"),
                zone=F("organization__time_zone"),
            )
            .annotate(
                texts=Count("pk", filter=Q(channel=Channel.TEXT)),
                emails=Count("pk", filter=Q(channel=Channel.EMAIL)),
                last=Max("sent_at"),
            )
            .order_by("-last", "login")
        )


class OutboxMessage(TenantModel):
    """One email or text as its receiver would see it."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    notification = models.OneToOneField(Notification, on_delete=models.CASCADE, related_name="outbox_message")
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    sender = models.CharField(_("from"), max_length=254)
    recipient = models.CharField(_("to"), max_length=254)
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    body = models.TextField(_("plain text"))
    html = models.TextField(blank=True)
    calendar = models.TextField(blank=True)
    message_id = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(_("sent"), default=timezone.now)

    objects = TenantManager.from_queryset(OutboxQuerySet)()

    class Meta(TenantModel.Meta):
        ordering = ["-sent_at", "-pk"]
        indexes = [models.Index(fields=["channel", "recipient", "-sent_at"], name="outbox_by_recipient")]

    def __str__(self) -> str:
        return f"{self.channel} to {self.recipient}"


class OutboxAnswer(models.Model):
    """A text that answered one of a phone in the demo: Blink's, or what Twilio says by itself."""

    phone = models.CharField(max_length=64, db_index=True)
    sender = models.CharField(max_length=64)
    body = models.TextField()
    sent_at = models.DateTimeField(default=timezone.now)

    objects: models.Manager["OutboxAnswer"] = models.Manager()

    class Meta:
        ordering = ["sent_at", "pk"]

    def __str__(self) -> str:
        return f"answer to {self.phone}"
