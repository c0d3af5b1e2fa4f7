"""What email providers report of what became of emails, once each."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class EmailEvent(models.Model):
    """One report, as Anymail normalizes it: kept so that a repeat is known, and one that came too early is not lost."""

    esp = models.CharField(_("provider"), max_length=40)
    # The provider's id of the event, or a digest of what is in it.
    event_id = models.CharField(max_length=200)
    type = models.CharField(_("what happened"), max_length=20)
    reject_reason = models.CharField(_("why"), max_length=20, blank=True)
    message_id = models.CharField(_("provider's id"), max_length=200, blank=True, db_index=True)
    recipient = models.CharField(_("to"), max_length=254, blank=True, db_index=True)
    at = models.DateTimeField(_("at"))
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    # Its notification is known and has moved; until then the sweep looks for it.
    settled_at = models.DateTimeField(null=True)

    objects: models.Manager["EmailEvent"] = models.Manager()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["esp", "event_id"], name="email_event_once")]
        indexes = [
            models.Index(
                fields=["received_at"], condition=models.Q(settled_at__isnull=True), name="email_events_to_settle"
            )
        ]

    def __str__(self) -> str:
        return f"{self.type} at {self.esp}"
