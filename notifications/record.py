"""The record for its readers: narrowed down, in words, and quick however long it grows (L2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.paginator import Page
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin.lists import BoundedPaginator
from accounts.features import Channel, Feature
from accounts.models import Login
from accounts.models.logins import LoginQuerySet
from notifications.doors import Doors
from notifications.kinds import kinds
from notifications.mending import page_to_mend
from notifications.models import Notification
from notifications.models.ledger import NotificationQuerySet, Outcome
from notifications.reasons import Reason
from pages.lists import MAX_WORDS

PER_PAGE = 50
# At the ends of the calendar a day has no midnight in some zone, and no day after it.
WITHIN = (MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2999, 12, 31)))


class DateInput(forms.DateInput):
    """The browser's own calendar, which speaks ISO whatever the language."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class RecordFilter(forms.Form):
    """What of the record is shown. What is not a choice is left out, and a date that is none says so."""

    q = forms.CharField(
        required=False, label=_("Name of a login or client"), widget=forms.TextInput({"type": "search"})
    )
    feature = forms.ChoiceField(required=False, label=_("About"))
    kind = forms.ChoiceField(required=False, label=_("Kind"))
    channel = forms.ChoiceField(
        required=False, label=_("Channel"), choices=[("", _("Email and text")), *Channel.choices]
    )
    state = forms.ChoiceField(
        required=False, label=_("What became of it"), choices=[("", _("Anything")), *Outcome.choices]
    )
    since = forms.DateField(required=False, label=_("Due from"), widget=DateInput, validators=WITHIN)
    until = forms.DateField(required=False, label=_("Due to"), widget=DateInput, validators=WITHIN)

    def __init__(self, data: Any, features: frozenset[Feature]) -> None:
        super().__init__(data, label_suffix="")
        on = [feature for feature in Feature if feature in features]
        choice: Any = self.fields["feature"]
        choice.choices = [("", _("Everything")), *((feature.value, feature.label) for feature in on)]
        choice = self.fields["kind"]
        choice.choices = [("", _("Every kind")), *((kind.slug, kind.label) for kind in kinds() if kind.feature in on)]

    def narrow(self, rows: NotificationQuerySet) -> NotificationQuerySet:
        """The rows that were asked for. Days are those of the practice."""
        self.full_clean()
        asked = {name: value for name, value in self.cleaned_data.items() if value}
        exact = {name: asked[name] for name in ("feature", "kind", "channel") if name in asked}
        rows = rows.filter(**exact)
        if "state" in asked:
            rows = rows.that_became(Outcome(asked["state"]))
        if "since" in asked:
            rows = rows.filter(due_at__gte=_midnight(asked["since"]))
        if "until" in asked:
            rows = rows.filter(due_at__lt=_midnight(asked["until"] + timedelta(days=1)))
        for word in asked.get("q", "").replace("\0", "").split()[:MAX_WORDS]:
            rows = rows.of_people_called(word)
        return rows

    @property
    def is_narrowed(self) -> bool:
        return any(self.cleaned_data.values())


@dataclass(frozen=True)
class Line:
    """One decision as people read it, with the pages that its reader may open: to mend it, of its login and client."""

    row: Notification
    words: str
    mend: str = ""
    of_login: str = ""
    of_client: str = ""


@dataclass(frozen=True)
class RecordPage:
    """One page of the record. `query` is the rest of the address, ready to stand before "page=2"."""

    lines: list[Line]
    page: Page[Notification]
    query: str
    form: RecordFilter | None = None


def page_of(request: HttpRequest, rows: NotificationQuerySet, reader: Login, form: RecordFilter) -> RecordPage:
    """The page that `?page=` asks for of what the form asks for."""
    found = form.narrow(rows).in_words()
    page = BoundedPaginator(found, PER_PAGE).get_page(request.GET.get("page"))
    rest = request.GET.copy()
    rest.pop("page", None)
    return RecordPage(for_staff(page, reader), page, f"{rest.urlencode()}&" if rest else "", form)


def for_staff(rows: Iterable[Notification], reader: Login) -> list[Line]:
    """As staff read it."""
    listed = list(rows)
    doors = Doors.of(reader, listed)
    return [
        Line(
            row,
            row.words,
            mend=page_to_mend(Reason.known[row.reason], row, doors) if row.reason in Reason.known else "",
            of_login=doors.record_of_login(row.login),
            of_client=doors.record_of_client(row.client_id),
        )
        for row in listed
    ]


def for_yourself(rows: Iterable[Notification]) -> list[Line]:
    """As the very person reads it (P6's second person)."""
    return [Line(row, row.said(to_you=True)) for row in rows]


def logins_in_record(reader: Login) -> LoginQuerySet:
    """The logins whose record they may open: of families, one's own, and for user admins those of staff."""
    if reader.is_user_admin:
        return Login.objects.all()
    return Login.objects.visible_to(reader) | Login.objects.filter(pk=reader.pk)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
