"""What the local channel "sends": kept here and shown on the outbox page of the embedded default."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.features import Channel
from accounts.models import Organization
from accounts.tenancy import TenantManager, TenantModel
from notifications.models.ledger import Notification


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

    objects: TenantManager["OutboxMessage"] = TenantManager()

    class Meta(TenantModel.Meta):
        ordering = ["-sent_at", "-pk"]
        indexes = [models.Index(fields=["channel", "recipient", "-sent_at"], name="outbox_by_recipient")]

    def __str__(self) -> str:
        return f"{self.channel} to {self.recipient}"
