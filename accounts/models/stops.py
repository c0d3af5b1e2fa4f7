"""Numbers that replied STOP. A STOP holds for the number, in every organization (T6), so no tenant owns it."""

from datetime import datetime

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.fields import PhoneField
from accounts.models.people import User
from accounts.stopping import wait_for_senders


class TextStopQuerySet(models.QuerySet["TextStop"]):
    def in_force(self) -> "TextStopQuerySet":
        return self.filter(stopped_since__isnull=False)


class TextStopManager(models.Manager["TextStop"]):
    @transaction.atomic
    def stop(
        self,
        phone: str,
        *,
        how: "TextStopEvent.How | None" = None,
        at: datetime | None = None,
        by: User | None = None,
        said: str = "",
        why: str = "",
    ) -> bool:
        """Halt all texts to this number. False if they were: repeats are harmless and keep the first moment.

        `how` is by default its own stop word; `said` the words it was said in; `by` and `why` are for platform admins.
        Once this has returned and its transaction is committed no text to the number is claimed any more.
        """
        at = at or timezone.now()
        phone = phones.normalize(phone)
        wait_for_senders(phone)
        row, _created = self.get_or_create(phone=phone)
        stopped = self.filter(pk=row.pk, stopped_since__isnull=True).update(stopped_since=at)
        if stopped:
            TextStopEvent.objects.note(phone, stopped=True, how=how, at=at, by=by, said=said, why=why)
        return bool(stopped)

    @transaction.atomic
    def resume(
        self,
        phone: str,
        *,
        how: "TextStopEvent.How | None" = None,
        at: datetime | None = None,
        by: User | None = None,
        said: str = "",
        why: str = "",
    ) -> bool:
        """Turn texts to this number on again. False if they were not halted."""
        phone = phones.normalize(phone)
        resumed = self.filter(phone=phone, stopped_since__isnull=False).update(stopped_since=None)
        if resumed:
            TextStopEvent.objects.note(
                phone, stopped=False, how=how, at=at or timezone.now(), by=by, said=said, why=why
            )
        return bool(resumed)


class TextStop(models.Model):
    """Whether a number has replied STOP, and since when; null after UNSTOP."""

    phone = PhoneField(_("number"), unique=True)
    stopped_since = models.DateTimeField(_("stopped since"), null=True)

    objects = TextStopManager.from_queryset(TextStopQuerySet)()

    class Meta:
        ordering = ["phone"]
        verbose_name = _("text opt-out")
        verbose_name_plural = _("text opt-outs")

    def __str__(self) -> str:
        return phones.for_display(self.phone)


class TextStopEventManager(models.Manager["TextStopEvent"]):
    def note(
        self,
        phone: str,
        *,
        stopped: bool,
        how: "TextStopEvent.How | None",
        at: datetime,
        by: User | None,
        said: str,
        why: str,
    ) -> "TextStopEvent":
        return self.create(
            phone=phone,
            stopped=stopped,
            how=how or TextStopEvent.How.WORD,
            at=at,
            by=by,
            said=said[: TextStopEvent.LONGEST_SAID],
            why=why,
        )


class TextStopEvent(models.Model):
    """One time that texts to a number were halted or resumed: when, how, in which words. Never edited."""

    LONGEST_SAID = 200

    class How(models.TextChoices):
        WORD = "word", _("a stop or resume word")
        MEANING = "meaning", _("plain words that mean stop")
        PROVIDER = "provider", _("Twilio recognized it")
        REFUSED = "refused", _("Twilio refused a text to it")
        ADMIN = "admin", _("a platform admin, as the person asked")

    phone = PhoneField(_("number"), db_index=True)
    stopped = models.BooleanField(_("stopped"))
    how = models.CharField(_("how"), max_length=10, choices=How)
    at = models.DateTimeField(_("at"), default=timezone.now)
    said = models.CharField(_("in these words"), max_length=LONGEST_SAID, blank=True)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("by"))
    why = models.CharField(_("reason"), max_length=500, blank=True)

    objects = TextStopEventManager()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(how__in=["word", "meaning", "provider", "refused", "admin"]), name="text_stop_how_known"
            ),
            # Whoever overrules a person's own word says why (T6).
            models.CheckConstraint(condition=~Q(how="admin") | ~Q(why=""), name="text_stop_admin_says_why"),
        ]

    def __str__(self) -> str:
        return f"{phones.for_display(self.phone)}: {'stopped' if self.stopped else 'resumed'}"
