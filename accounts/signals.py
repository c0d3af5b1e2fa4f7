"""What a new organization and a new login start with."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone

from accounts.features import Feature
from accounts.models import FeatureToggle, Login, Organization, Preference
from accounts.tenancy import within


@receiver(post_save, sender=Organization, dispatch_uid="organization.features")
def start_with_every_feature_on(instance: Organization, created: bool, raw: bool, **kwargs: Any) -> None:
    if created and not raw:
        with within(instance):
            FeatureToggle.objects.bulk_create(
                FeatureToggle(organization=instance, feature=feature, on_since=instance.created_at)
                for feature in Feature
            )


@receiver(post_save, sender=Login, dispatch_uid="login.preferences")
def start_with_email_on_and_text_off(instance: Login, created: bool, raw: bool, **kwargs: Any) -> None:
    """P2, for every login created from here on; the data migration did it for those before."""
    if created and not raw:
        Preference.objects.bulk_create(
            Preference(
                organization_id=instance.organization_id,
                login=instance,
                feature=feature,
                email_since=instance.active_since or timezone.now(),
            )
            for feature in Feature
        )
