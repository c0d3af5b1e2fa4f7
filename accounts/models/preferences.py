"""What each login asked to be told, and how; with every change on record (P1 to P7)."""

from datetime import datetime

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.features import Channel, Feature
from accounts.models.logins import Login
from accounts.models.organizations import Organization
from accounts.models.people import User
from accounts.tenancy import TenantManager, TenantModel


class Preference(TenantModel):
    """One login's choice for one feature. "Since" is the moment a channel was turned on, null while off."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    login = models.ForeignKey(Login, on_delete=models.CASCADE, related_name="preferences")
    feature = models.CharField(_("feature"), max_length=20, choices=Feature)
    email_since = models.DateTimeField(_("email since"), null=True, blank=True)
    text_since = models.DateTimeField(_("text since"), null=True, blank=True)

    objects: TenantManager["Preference"] = TenantManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["login", "feature"], name="preference_once"),
            models.CheckConstraint(condition=Q(feature__in=Feature.values), name="preference_feature_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_feature_display()}: email {bool(self.email_since)}, text {bool(self.text_since)}"

    def since(self, channel: Channel) -> datetime | None:
        """When the channel was turned on without a break since, or None while it is off."""
        return self.email_since if channel == Channel.EMAIL else self.text_since

    @transaction.atomic
    def choose(self, channel: Channel, *, on: bool, by: User | None, at: datetime | None = None) -> bool:
        """Turn one channel on or off. True, and one record (P7), only if that changes something."""
        at = at or timezone.now()
        column = f"{channel.value}_since"
        changed = Preference.objects.filter(pk=self.pk, **{f"{column}__isnull": on}).update(
            **{column: at if on else None}
        )
        self.refresh_from_db(fields=[column])
        if changed:
            PreferenceChange.objects.create(
                organization_id=self.organization_id,
                login_id=self.login_id,
                feature=self.feature,
                channel=channel,
                was=not on,
                became=on,
                by=by,
                at=at,
            )
        return bool(changed)


class PreferenceChange(TenantModel):
    """One change to a preference: who, when, from what, to what (P7). Written once, never edited."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    login = models.ForeignKey(Login, on_delete=models.CASCADE, related_name="preference_changes")
    feature = models.CharField(_("feature"), max_length=20, choices=Feature)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    was = models.BooleanField(_("was on"))
    became = models.BooleanField(_("became on"))
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"), default=timezone.now)

    objects: TenantManager["PreferenceChange"] = TenantManager()

    class Meta(TenantModel.Meta):
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(was=models.F("became")), name="preference_change_changes"),
        ]

    def __str__(self) -> str:
        return f"{self.feature} {self.channel}: {self.was} → {self.became}"
