"""Attempts that ended at the provider without arriving, after which the same notification went once more."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from accounts.tenancy import TenantManager, TenantModel
from notifications.models.ledger import Notification


class EarlierAttempt(TenantModel):
    """What the provider called it then, and why it went again. A late report about it is known by that id."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="earlier_attempts")
    provider_id = models.CharField(_("provider's id"), max_length=200)
    code = models.CharField(_("code"), max_length=40, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)

    objects: TenantManager["EarlierAttempt"] = TenantManager()

    class Meta(TenantModel.Meta):
        ordering = ["at", "pk"]
        constraints = [
            # By SMTP, and at some providers, each attempt at an email has the same id.
            models.UniqueConstraint(fields=["notification", "provider_id", "at"], name="earlier_attempt_once"),
        ]
        indexes = [models.Index(fields=["provider_id"], name="earlier_attempt_by_id")]

    def __str__(self) -> str:
        return f"{self.provider_id}: {self.code}"
