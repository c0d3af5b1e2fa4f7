"""A channel that is held, because the provider will take nothing until somebody mends the account or the settings."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.features import Channel


class HoldQuerySet(models.QuerySet["Hold"]):
    def in_force(self) -> "HoldQuerySet":
        return self.filter(ended_at__isnull=True)


class Hold(models.Model):
    """From when until when a channel was held, and for which of the provider's codes. One row for each time."""

    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    # Only for numbers of this country ("US" or "CA"), where the code is about a region; empty for all.
    country = models.CharField(_("country"), max_length=2, blank=True, default="")
    code = models.CharField(_("code"), max_length=40)
    since = models.DateTimeField(_("since"), default=timezone.now)
    # Meanwhile one message goes out now and then, to see whether it is mended.
    next_try_at = models.DateTimeField(_("next try"))
    tries = models.PositiveIntegerField(_("tries"), default=0)
    ended_at = models.DateTimeField(_("ended"), null=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        ordering = ["-since", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "country"], condition=Q(ended_at__isnull=True), name="hold_once_at_a_time"
            ),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="hold_channel_known"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.country}: {self.code}"

    def end(self, at: datetime | None = None) -> bool:
        """It is mended. False if somebody said so before."""
        return bool(Hold.objects.in_force().filter(pk=self.pk).update(ended_at=at or timezone.now()))
