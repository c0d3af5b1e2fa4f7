"""Numbers that replied STOP. A STOP holds for the number, in every organization (T6), so no tenant owns it."""

from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.fields import PhoneField


class TextStopQuerySet(models.QuerySet["TextStop"]):
    def in_force(self) -> "TextStopQuerySet":
        return self.filter(stopped_since__isnull=False)


class TextStopManager(models.Manager["TextStop"]):
    def stop(self, phone: str, *, at: datetime | None = None) -> "TextStop":
        """Halt all texts to this number. Repeats are harmless and keep the first moment."""
        row, _created = self.get_or_create(phone=phone, defaults={"stopped_since": at or timezone.now()})
        self.filter(pk=row.pk, stopped_since__isnull=True).update(stopped_since=at or timezone.now())
        row.refresh_from_db()
        return row

    def resume(self, phone: str) -> bool:
        """Turn texts to this number on again. False if they were not halted."""
        return bool(self.filter(phone=phone, stopped_since__isnull=False).update(stopped_since=None))


class TextStop(models.Model):
    """Whether a number has replied STOP, and since when; null after UNSTOP."""

    phone = PhoneField(_("number"), unique=True)
    stopped_since = models.DateTimeField(_("stopped since"), null=True)

    objects = TextStopManager.from_queryset(TextStopQuerySet)()

    class Meta:
        ordering = ["phone"]

    def __str__(self) -> str:
        return phones.for_display(self.phone)
