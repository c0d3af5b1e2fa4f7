"""Practices, and which features each has on."""

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from accounts import addresses
from accounts.features import Feature
from accounts.fields import PhoneField
from accounts.tenancy import TenantManager, TenantModel, TenantQuerySet


@cache
def time_zone_choices() -> list[tuple[str, str]]:
    """Every zone that has a place in its name, such as America/Toronto, and UTC. Read from the disk once."""
    return [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones()) if "/" in zone or zone == "UTC"]


class Plan(models.TextChoices):
    """What a practice pays for. A plan never gates reminders or notifications (O4)."""

    GO = "go", _("Blink Go")
    PRO = "pro", _("Blink Pro")


class Organization(models.Model):
    """One practice: the tenant that everything else belongs to."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("short name in addresses"), max_length=60, unique=True)
    street = models.CharField(_("street"), max_length=120)
    street2 = models.CharField(_("suite, floor"), max_length=120, blank=True)
    city = models.CharField(_("city"), max_length=80)
    region = models.CharField(_("state, province or region"), max_length=80, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=16, blank=True)
    country = CountryField(_("country"))
    time_zone = models.CharField(_("time zone"), max_length=64, choices=time_zone_choices)
    phone = PhoneField(_("phone"), blank=True)
    reply_to = models.EmailField(_("reply-to email"), blank=True)
    plan = models.CharField(_("plan"), max_length=10, choices=Plan, default=Plan.GO)
    staff_second_factor = models.BooleanField(
        _("staff need a second factor"),
        default=False,
        help_text=_("Staff without an authenticator app or passkey set one up before they go on."),
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """U.S. and Canadian addresses have a state or province and a postal code that agree (T1 rests on it)."""
        problems: dict[str, ValidationError] = {}
        try:
            self.region = addresses.clean_region(str(self.country), self.region)
        except ValidationError as error:
            problems["region"] = error
        try:
            region = None if "region" in problems else self.region
            self.postal_code = addresses.clean_postal_code(str(self.country), self.postal_code, region)
        except ValidationError as error:
            problems["postal_code"] = error
        if problems:
            raise ValidationError(problems)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class FeatureToggleQuerySet(TenantQuerySet["FeatureToggle"]):
    def on(self) -> "FeatureToggleQuerySet":
        return self.filter(on_since__isnull=False)

    def turn(self, feature: Feature, *, on: bool, at: datetime | None = None) -> int:
        """Turn a feature on or off for the organizations of these rows; returns how many changed (O1).

        One that is on already keeps its "since": turning it on again says nothing new (O5).
        """
        rows = self.filter(feature=feature, on_since__isnull=on)
        return rows.update(on_since=(at or timezone.now()) if on else None)


class FeatureToggle(TenantModel):
    """Whether an organization has a feature, and since when without a break (O5, R9)."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="toggles")
    feature = models.CharField(max_length=20, choices=Feature)
    on_since = models.DateTimeField(_("on since"), null=True, blank=True)

    objects = TenantManager.from_queryset(FeatureToggleQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "feature"], name="toggle_once"),
            models.CheckConstraint(condition=Q(feature__in=Feature.values), name="toggle_feature_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_feature_display()}: {'on' if self.on_since else 'off'}"
