"""The preference table: what a login asked to be told, by which channel, and whether that can reach it (P1 to P7)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.forms import BoundField
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.features import Channel, Feature
from accounts.models import Login, Preference, PreferenceChange, Role, User
from notifications.reachability import Reach, reach_of
from notifications.reasons import Words

CHANGES_SHOWN = 100

# What each feature tells whom, in the order of the table. Staff are told of three (P5).
ROWS: Mapping[str, Mapping[Feature, tuple[Words, Words]]] = {
    Role.CLIENT: {
        Feature.APPOINTMENTS: (
            _("Appointment reminders"),
            _("By email a day before, by text one hour before."),
        ),
        Feature.MESSAGES: (_("New messages"), _("When the practice writes to you.")),
        Feature.HOMEWORK: (_("Homework"), _("When there is new homework.")),
        Feature.INVOICES: (_("Invoices"), _("When an invoice is issued.")),
    },
    Role.STAFF: {
        Feature.MESSAGES: (_("Messages from clients"), ""),
        Feature.HOMEWORK: (_("Homework marked done"), ""),
        Feature.INVOICES: (_("Invoices paid"), ""),
    },
}


@dataclass(frozen=True)
class Choice:
    """One tick of the table, and the channel that it is of."""

    field: BoundField
    reach: Reach


@dataclass(frozen=True)
class TableRow:
    """One feature with its ticks. `feature` goes back with the form, to say that this row was shown."""

    feature: Feature
    label: Words
    help: Words
    choices: list[Choice]


class PreferenceForm(forms.Form):
    """A tick for each feature that is on and each channel (O2).

    A row that was not shown is left as it is: of a feature that is off, or was when the page was made (O3).
    """

    def __init__(self, login: Login, features: Iterable[Feature], data: QueryDict | None = None) -> None:
        super().__init__(data, prefix="tell", label_suffix="")
        self.login = login
        self.sent = set(data.getlist("shown")) if data is not None else set()
        self.shown = [feature for feature in ROWS[login.role] if feature in features]
        chosen = {one.feature: one for one in Preference.objects.filter(login=login)}
        for feature in self.shown:
            for channel in Channel:
                kept = chosen.get(feature)
                self.fields[_name(feature, channel)] = forms.BooleanField(
                    required=False,
                    label=_label(ROWS[login.role][feature][0], channel),
                    initial=bool(kept and kept.since(channel)),
                )

    def rows(self, found: Iterable[Reach]) -> list[TableRow]:
        """The table; each tick beside the channel that it is of, described by what is said of that channel (P6)."""
        rows = []
        for feature in self.shown:
            label, help_text = ROWS[self.login.role][feature]
            choices = [Choice(self[_name(feature, reach.channel)], reach) for reach in found]
            for choice in choices:
                choice.field.field.widget.attrs["aria-describedby"] = f"reach-{choice.reach.channel.value}"
            rows.append(TableRow(feature, label, help_text, choices))
        return rows

    def save(self, *, by: User) -> int:
        """Keep what was chosen, each change on record (P7). Returns how many there were."""
        self.full_clean()
        changes = 0
        for feature in self.shown:
            if feature.value in self.sent:
                kept, _created = Preference.objects.get_or_create(
                    login=self.login, feature=feature, defaults={"organization_id": self.login.organization_id}
                )
                for channel in Channel:
                    changes += kept.choose(channel, on=self.cleaned_data[_name(feature, channel)], by=by)
        return changes


@dataclass(frozen=True)
class Change:
    """One change on record, for people: who, when, what, from what, to what (P7)."""

    at: datetime
    who: str
    what: Words
    channel: str
    was: bool
    became: bool


def history_of(login: Login, features: Iterable[Feature]) -> list[Change]:
    """The latest changes to what this login is told, of features that are on (O2). Two queries."""
    labels = {feature: label for feature, (label, _help) in ROWS[login.role].items() if feature in features}
    changes = PreferenceChange.objects.filter(login=login, feature__in=labels).select_related("by")[:CHANGES_SHOWN]
    people = Login.objects.filter(user__in={change.by_id for change in changes if change.by_id})
    names = dict(people.values_list("user_id", "name"))
    return [
        Change(
            at=change.at,
            who=_who(change, names),
            what=labels[Feature(change.feature)],
            channel=change.get_channel_display(),
            was=change.was,
            became=change.became,
        )
        for change in changes
    ]


def table_of(login: Login, features: Iterable[Feature]) -> dict[str, Any] | None:
    """What the preference table needs to be drawn; None where no feature is on."""
    form = PreferenceForm(login, features)
    found = reach_of(login)
    rows = form.rows(found)
    if not rows:
        return None
    return {"rows": rows, "reaches": found, "some_unreachable": not all(reach.can_be_reached for reach in found)}


def _who(change: PreferenceChange, names: Mapping[int, str]) -> str:
    """By the name that they have in this practice. Who has none here runs Blink; without anybody it is not known."""
    if change.by_id is None:
        return gettext("Not known")
    return names.get(change.by_id) or gettext("Platform admin")


def _name(feature: Feature, channel: Channel) -> str:
    return f"{feature.value}-{channel.value}"


def _label(what: Words, channel: Channel) -> str:
    """What a tick is called, for whoever cannot see the table around it."""
    if channel == Channel.EMAIL:
        return gettext("%(what)s by email") % {"what": what}
    return gettext("%(what)s by text") % {"what": what}
