"""What staff fill in: a booking, a change, a cancellation. Every choice is among what this login may see (S1, S3)."""

import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Client, Login
from accounts.models.people import ClientQuerySet
from pages.templatetags.pages import when
from scheduling.actions import Arrangement
from scheduling.models import MOST_MINUTES, MOST_TIMES, Appointment

LEAST_MINUTES = 5
FURTHEST = datetime.timedelta(days=3653)
LONGEST_ID = 18  # digits; of thousands Python refuses to make a number
MOST_FOUND = 8  # clients shown for what was typed; more words find fewer


def bookable_clients(login: Login) -> ClientQuerySet:
    """Whom this login may book: its own clients; a schedule admin, who keeps everyone's schedule, any client."""
    active = Client.objects.active()
    return active if login.is_schedule_admin else active.visible_to(login)


def bookable_staff(login: Login) -> Any:
    """With whom: a schedule admin with anyone who works here, others with themselves."""
    staff = Login.objects.staff().active()
    return staff if login.is_schedule_admin else staff.filter(pk=login.pk)


def clients_found(login: Login, words: str) -> list[Client]:
    """The first few clients whose name has each of these words; nobody without words."""
    found = bookable_clients(login)
    given = words.replace("\0", "").split()[:6]
    for word in given:
        found = found.filter(Q(first_name__icontains=word) | Q(last_name__icontains=word))
    return list(found[:MOST_FOUND]) if given else []


class ArrangementForm(forms.Form):
    """When, with whom, how long, where: what booking and changing ask alike."""

    date = forms.DateField(label=_("Date"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    time = forms.TimeField(label=_("Time"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    minutes = forms.IntegerField(
        label=_("Length in minutes"),
        initial=50,
        min_value=LEAST_MINUTES,
        max_value=MOST_MINUTES,
        widget=forms.NumberInput(attrs={"step": 5, "list": "lengths"}),
    )
    staff: Any = forms.ModelChoiceField(label=_("With"), queryset=Login.objects.none())
    location = forms.CharField(
        label=_("Where"),
        required=False,
        max_length=120,
        help_text=_("A room, an address, or a link to a video call. The reminder email says it."),
    )
    # Which overlaps were read before "book anyway" was pressed: the button's value.
    anyway = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, login: Login, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.login = login
        self.fields["staff"].queryset = bookable_staff(login)  # type: ignore[attr-defined]  # a ModelChoiceField
        if not login.is_schedule_admin:
            self.fields["staff"].empty_label = None  # type: ignore[attr-defined]  # a ModelChoiceField

    def clean_date(self) -> datetime.date:
        """A day within ten years: further off a digit is wrong."""
        day: datetime.date = self.cleaned_data["date"]
        if abs(day - timezone.localdate()) > FURTHEST:
            raise forms.ValidationError(_("Is the year right?"))
        return day

    def arrangement(self) -> Arrangement:
        """What was filled in, once the form is valid."""
        data = self.cleaned_data
        return Arrangement(
            staff=data["staff"],
            day=data["date"],
            clock=data["time"].replace(second=0, microsecond=0),
            minutes=data["minutes"],
            location=data["location"],
            every=int(data.get("every") or 1),
            times=data.get("times") or 1,
        )


class BookingForm(ArrangementForm):
    """A new appointment, or a weekly series of them."""

    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    q = forms.CharField(label=_("Find the client"), required=False, max_length=120)
    client: Any = forms.ModelChoiceField(queryset=Client.objects.none(), required=False)
    every = forms.ChoiceField(
        label=_("Repeats"),
        required=False,
        choices=[
            ("", _("Does not repeat")),
            ("1", _("Every week")),
            ("2", _("Every 2 weeks")),
            ("3", _("Every 3 weeks")),
            ("4", _("Every 4 weeks")),
        ],
    )
    times = forms.IntegerField(
        label=_("How many times"),
        required=False,
        min_value=2,
        max_value=MOST_TIMES,
        help_text=_("All of them together; 52 at most."),
    )
    until = forms.DateField(
        label=_("Or until"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("The last day on which there may be one."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["client"].queryset = bookable_clients(self.login)  # type: ignore[attr-defined]  # a ModelChoiceField

    @property
    def found(self) -> list[Client]:
        """The clients to choose from: the chosen one, and those whom the typed words find."""
        words = str(self["q"].value() or "")
        found = clients_found(self.login, words)
        chosen = self.chosen
        if chosen and chosen not in found:
            found.insert(0, chosen)
        return found

    @property
    def chosen(self) -> Client | None:
        """The client who is chosen so far, valid form or not."""
        value = self["client"].value()
        if isinstance(value, Client):
            return value
        text = str(value or "")
        is_id = text.isdecimal() and len(text) <= LONGEST_ID
        return bookable_clients(self.login).filter(pk=text).first() if is_id else None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "client" in data and data["client"] is None:
            self._choose_client(data)
        self._count_times(data)
        return data

    def _choose_client(self, data: dict[str, Any]) -> None:
        """Typed but not chosen: whom it can only be is meant."""
        found = clients_found(self.login, data.get("q") or "")
        if len(found) == 1:
            data["client"] = found[0]
        elif found:
            self.add_error("client", _("Choose which of these it is."))
        elif data.get("q"):
            self.add_error("client", _("No client of yours has this name."))
        else:
            self.add_error("client", _("Type a part of the name."))

    def _count_times(self, data: dict[str, Any]) -> None:
        """How often in all: as said, or as fits until the last day."""
        if not data.get("every") or "times" not in data or "until" not in data or "date" not in data:
            if not data.get("every"):
                data["times"] = 1
            return
        if data["times"] and data["until"]:
            self.add_error("until", _("Say how many times, or until when; not both."))
        elif data["until"]:
            step = datetime.timedelta(weeks=int(data["every"]))
            data["times"] = (data["until"] - data["date"]) // step + 1
            if data["times"] < 2:
                self.add_error("until", _("By then there is no second appointment."))
            elif data["times"] > MOST_TIMES:
                self.add_error("until", _("That is more than %(most)d appointments.") % {"most": MOST_TIMES})
        elif not data["times"]:
            self.add_error("times", _("Say how many times, or until when."))


SCOPES = [("this", _("This appointment only")), ("following", _("This one and those that follow"))]


class WithScope(forms.Form):
    """About an appointment that is booked; for one of a series: this one, or this and the following ones."""

    # The sequence of what was on the page, so that what a colleague changed since is not undone unseen.
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    scope = forms.ChoiceField(label=_("Change"), choices=SCOPES, initial="this", widget=forms.RadioSelect)

    def ask_only_in_series(self, appointment: Appointment) -> None:
        """On its own, or the last of its series, there is nothing to ask."""
        if appointment.series is None or appointment.position == appointment.series.times:
            del self.fields["scope"]

    @property
    def following(self) -> bool:
        return bool(self.cleaned_data.get("scope") == "following")

    def ask_again(self, appointment: Appointment) -> None:
        """A colleague was quicker: say how it is now. What was typed stays; sent once more, it is meant."""
        self.data = {**dict(self.data.items()), "revision": str(appointment.sequence)}
        words = _("Meanwhile this was changed. It is now: %(when)s, %(minutes)d minutes, with %(staff)s, %(status)s.")
        now = {
            "when": when(appointment.starts_at),
            "minutes": appointment.minutes,
            "staff": appointment.staff.name,
            "status": appointment.get_status_display(),
        }
        self.add_error(None, f"{words % now} {_('Send this once more if it is still right.')}")


class ChangeForm(WithScope, ArrangementForm):
    """Another time, length, place or member of staff for an appointment that is booked."""

    field_order = ["date", "time", "minutes", "staff", "location", "scope"]

    def __init__(self, *args: Any, appointment: Appointment, login: Login, **kwargs: Any) -> None:
        starts = appointment.starts_at.astimezone(appointment.organization.zone)
        initial = {
            "date": starts.date(),
            "time": starts.time(),
            "minutes": appointment.minutes,
            "staff": appointment.staff_id,
            "location": appointment.location,
            "revision": appointment.sequence,
        }
        super().__init__(*args, login=login, initial=initial, **kwargs)
        # Whoever has it keeps it, also somebody who left.
        own = Login.objects.staff().filter(pk=appointment.staff_id)
        self.fields["staff"].queryset = bookable_staff(login) | own  # type: ignore[attr-defined]  # a ModelChoiceField
        self.appointment = appointment
        self.ask_only_in_series(appointment)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        booked = self.appointment
        if not self.errors and not booked.is_scheduled:
            start = self.arrangement().start_of(booked)
            if start != booked.starts_at and start > timezone.now():
                words = _("It is marked as: %(status)s. Nobody is reminded of it. Put it on the schedule again first.")
                self.add_error("date", words % {"status": booked.get_status_display()})
        return data


class CancelForm(WithScope):
    """What became of it instead."""

    status = forms.ChoiceField(
        label=_("What happened?"),
        choices=[
            (Appointment.Status.CANCELLED, _("Cancelled: in good time")),
            (Appointment.Status.LATE_CANCELLED, _("Late cancellation: too late to give the time to someone else")),
            (Appointment.Status.NO_SHOW, _("No-show: nobody came")),
        ],
        initial=Appointment.Status.CANCELLED,
        widget=forms.RadioSelect,
    )
    field_order = ["status", "scope"]

    def __init__(self, *args: Any, appointment: Appointment, **kwargs: Any) -> None:
        kwargs["initial"] = {"revision": appointment.sequence}
        super().__init__(*args, **kwargs)
        if not appointment.has_come(timezone.now()):
            what = self.fields["status"]
            what.choices = [one for one in what.choices if one[0] != Appointment.Status.NO_SHOW]  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["scope"].label = _("Cancel")
        self.ask_only_in_series(appointment)
