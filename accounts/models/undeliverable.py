"""Addresses and numbers that providers told us not to write to, or that take nothing. No tenant owns them (E4, T8)."""

from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.fields import PhoneField
from accounts.models.people import User, UserManager


class EmailStopQuerySet(models.QuerySet["EmailStop"]):
    def in_force(self) -> "EmailStopQuerySet":
        return self.filter(stopped_since__isnull=False)


class EmailStopManager(models.Manager["EmailStop"]):
    @transaction.atomic
    def stop(self, address: str, because: "EmailStop.Because", *, at: datetime | None = None, detail: str = "") -> bool:
        """Halt all notices to this address (E4). False if they were halted already, for this or a weightier reason.

        `detail` is the provider's own short word for it, never its sentence, which may hold the address.
        """
        at = at or timezone.now()
        address = UserManager.normalize_email(address)
        row, _created = self.get_or_create(address=address)
        weights = list(EmailStop.Because)
        lighter = weights[: weights.index(because)]
        stopped = self.filter(pk=row.pk, stopped_since__isnull=True).update(stopped_since=at, because=because)
        stopped = stopped or self.filter(pk=row.pk, because__in=lighter).update(because=because)
        if stopped:
            EmailStopEvent.objects.create(address=address, stopped=True, how=because, at=at, detail=detail[:80])
        return bool(stopped)

    @transaction.atomic
    def resume(
        self,
        address: str,
        how: "EmailStopEvent.How",
        *,
        at: datetime | None = None,
        by: User | None = None,
        why: str = "",
        only: "EmailStop.Because | None" = None,
    ) -> bool:
        """Write to this address again. False if it was not halted by then, or not for the `only` reason asked about."""
        at = at or timezone.now()
        address = UserManager.normalize_email(address)
        halted = self.filter(address=address, stopped_since__lte=at)
        resumed = (halted.filter(because=only) if only else halted).update(stopped_since=None)
        if resumed:
            EmailStopEvent.objects.create(address=address, stopped=False, how=how, at=at, by=by, why=why)
        return bool(resumed)


class EmailStop(models.Model):
    """Whether an address bounces or complained, and since when; null once it is written to again."""

    class Because(models.TextChoices):
        """The lightest first: a weightier one takes the place of a lighter one, in whatever order they come."""

        UNSUBSCRIBED = "unsubscribed", _("it unsubscribed at the email provider")
        BOUNCED = "bounced", _("it bounces")
        COMPLAINED = "complained", _("it was marked as spam")

    address = models.EmailField(_("address"), unique=True)
    stopped_since = models.DateTimeField(_("stopped since"), null=True)
    because = models.CharField(_("because"), max_length=12, choices=Because, blank=True)

    objects = EmailStopManager.from_queryset(EmailStopQuerySet)()

    class Meta:
        ordering = ["address"]
        verbose_name = _("stopped address")
        verbose_name_plural = _("stopped addresses")
        constraints = [
            models.CheckConstraint(
                condition=Q(stopped_since__isnull=True) | Q(because__in=["bounced", "complained", "unsubscribed"]),
                name="email_stop_says_why",
            )
        ]

    def __str__(self) -> str:
        return self.address


class EmailStopEvent(models.Model):
    """One time that emails to an address were halted or resumed, and how. Never edited."""

    class How(models.TextChoices):
        BOUNCED = "bounced", _("an email came back")
        COMPLAINED = "complained", _("an email was marked as spam")
        UNSUBSCRIBED = "unsubscribed", _("unsubscribed at the email provider")
        SUBSCRIBED = "subscribed", _("subscribed again at the email provider")
        OWNER = "owner", _("its owner, under My Account")
        ADMIN = "admin", _("a platform admin, as the person asked")

    address = models.EmailField(_("address"), db_index=True)
    stopped = models.BooleanField(_("stopped"))
    how = models.CharField(_("how"), max_length=12, choices=How)
    at = models.DateTimeField(_("at"), default=timezone.now)
    detail = models.CharField(_("the provider's word for it"), max_length=80, blank=True)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("by"))
    why = models.CharField(_("reason"), max_length=500, blank=True)

    objects: models.Manager["EmailStopEvent"] = models.Manager()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(how="admin") | ~Q(why=""), name="email_stop_admin_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.address}: {'stopped' if self.stopped else 'resumed'}"


class PhoneFaultQuerySet(models.QuerySet["PhoneFault"]):
    def in_force(self, now: datetime | None = None) -> "PhoneFaultQuerySet":
        return self.filter(since__gt=(now or timezone.now()) - PhoneFault.BELIEVED_FOR)


class PhoneFaultManager(models.Manager["PhoneFault"]):
    def note(self, phone: str, *, reason: str, code: str, at: datetime | None = None) -> None:
        """Keep what the provider said of a number: a reason of `notifications.reasons`, and the provider's code."""
        facts = {"reason": reason, "code": code, "since": at or timezone.now()}
        self.update_or_create(phone=phones.normalize(phone), defaults=facts)

    def lift(self, phone: str) -> bool:
        """Believe that the number takes texts again. False if nothing else was known."""
        return bool(self.filter(phone=phones.normalize(phone)).delete()[0])


class PhoneFault(models.Model):
    """What the provider said of a number that takes no texts: a landline, not in use.

    Numbers change hands and are ported, so it is believed for a while only.
    """

    BELIEVED_FOR = timedelta(days=30)

    phone = PhoneField(_("number"), unique=True)
    reason = models.CharField(_("reason"), max_length=40)
    code = models.CharField(_("code"), max_length=10)
    since = models.DateTimeField(_("since"), default=timezone.now)

    objects = PhoneFaultManager.from_queryset(PhoneFaultQuerySet)()

    class Meta:
        ordering = ["phone"]

    def __str__(self) -> str:
        return phones.for_display(self.phone)
