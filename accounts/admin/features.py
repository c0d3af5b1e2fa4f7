"""Turning features on and off for many organizations at once (O1, O3, O5)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django import forms
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.utils.translation import gettext

from accounts.admin.generics import ModelForm
from accounts.features import Feature
from accounts.models import FeatureToggle, Organization, User

Choices = Mapping[tuple[Feature, bool], Iterable[int]]
"""For each feature and whether it is to be on: the ids of organizations."""


def column(feature: Feature) -> str:
    """The name of a feature's checkbox in forms and of its column in the list."""
    return f"feature_{feature.value}"


COLUMNS = tuple(column(feature) for feature in Feature)


def feature_fields() -> dict[str, forms.Field]:
    """One checkbox per feature.

    Each carries what it showed at first, so saving a page that has stood open changes only what its reader
    changed, and never undoes what somebody else did meanwhile.
    """
    return {
        column(feature): forms.BooleanField(label=feature.label, required=False, show_hidden_initial=True)
        for feature in Feature
    }


class FeatureForm(ModelForm[Organization]):
    """An organization's features as checkboxes. Saving the form leaves them alone: see `turn_features`."""

    class Meta:
        model = Organization
        fields: tuple[str, ...] = ()

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        is_new = self.instance.pk is None
        on = set() if is_new else {toggle.feature for toggle in self.instance.toggles.all() if toggle.on_since}
        for feature in Feature:
            # A new organization starts with every feature on; one without a row has the feature off.
            self.initial.setdefault(column(feature), is_new or feature.value in on)


# Where Django's forms keep the fields that a class declares; subclasses inherit them.
FeatureForm.declared_fields.update(feature_fields())


class FeatureRow(forms.Form):
    """What one row of the list sends back."""

    id = forms.IntegerField()


FeatureRow.base_fields.update(feature_fields())


def chosen(form: forms.BaseForm, features: Iterable[Feature] = Feature) -> list[tuple[Feature, bool]]:
    """The features whose checkbox was changed, and whether each is to be on."""
    return [
        (feature, form.cleaned_data[column(feature)]) for feature in features if column(feature) in form.changed_data
    ]


@transaction.atomic
def turn_features(choices: Choices, *, by: User, log: bool = True) -> dict[tuple[Feature, bool], int]:
    """Turn features on or off; returns how many organizations each choice changed.

    The number of queries depends on the number of choices (at most two per feature), not of organizations.
    Whatever is so already stays as it is, "since" included (O5). Each organization's history says who did it,
    unless the caller logs it.
    """
    counts: dict[tuple[Feature, bool], int] = {}
    for (feature, on), ids in choices.items():
        changed = _turn(feature, on=on, organization_ids=set(ids))
        counts[feature, on] = len(changed)
        if changed and log:
            words = gettext("Turned %(feature)s on.") if on else gettext("Turned %(feature)s off.")
            LogEntry.objects.log_actions(
                by.pk, Organization.objects.filter(pk__in=changed), CHANGE, words % {"feature": feature.label}
            )
    return counts


def _turn(feature: Feature, *, on: bool, organization_ids: set[int]) -> list[int]:
    """The ids of the organizations for which this changed something. Runs in the caller's transaction."""
    if on:
        # A feature that was added to Blink after the organization was has no row there yet.
        FeatureToggle.objects.bulk_create(
            [FeatureToggle(organization_id=pk, feature=feature) for pk in sorted(organization_ids)],
            ignore_conflicts=True,
        )
    toggles = FeatureToggle.objects.filter(feature=feature, on_since__isnull=on, organization__in=organization_ids)
    # In one order, so that two admins at once wait for each other instead of blocking each other.
    found = dict(toggles.order_by("pk").select_for_update().values_list("pk", "organization_id"))
    if found:
        FeatureToggle.objects.filter(pk__in=found).turn(feature, on=on)
    return list(found.values())


def by_choice(changes: Iterable[tuple[int, Feature, bool]]) -> dict[tuple[Feature, bool], list[int]]:
    """Changes of single organizations, gathered so that each choice is one."""
    gathered: dict[tuple[Feature, bool], list[int]] = defaultdict(list)
    for organization_id, feature, on in changes:
        gathered[feature, on].append(organization_id)
    return gathered
