"""Turning the emails of one feature off by the link in them, and what its page says (E3). Each needs the scope."""

from django.db import transaction

from accounts.features import Channel, Feature
from accounts.models import FeatureToggle, Login, Preference
from notifications.preferences import ROWS
from notifications.reasons import Words


def is_on(login: Login, feature: Feature) -> bool:
    """Whether emails about it are on."""
    return Preference.objects.filter(login=login, feature=feature, email_since__isnull=False).exists()


def turn_off(login: Login, feature: Feature) -> bool:
    """Turn emails about a feature off, on record as the login's own doing (P7). False if they were off already."""
    with transaction.atomic():
        kept, _created = Preference.objects.get_or_create(
            login=login, feature=feature, defaults={"organization_id": login.organization_id}
        )
        return kept.choose(Channel.EMAIL, on=False, by=login.user)


def name_of(login: Login, feature: Feature) -> Words:
    """What the feature is called in the login's own table of preferences."""
    return ROWS[login.role][feature][0] if feature in ROWS[login.role] else feature.label


def still_on(login: Login) -> list[Words]:
    """What the login is still told by email, of features that are on, in the order of its preferences."""
    features = {toggle.feature for toggle in FeatureToggle.objects.on()}
    chosen = set(
        Preference.objects.filter(login=login, email_since__isnull=False, feature__in=features).values_list(
            "feature", flat=True
        )
    )
    return [label for feature, (label, _help) in ROWS[login.role].items() if feature in chosen]
