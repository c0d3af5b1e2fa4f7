"""A client's details, and the staff who serve them."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.forms.base import save_fields
from accounts.models import Client, Login, Organization

if TYPE_CHECKING:
    ClientModelForm = forms.ModelForm[Client]
    StaffField = forms.ModelMultipleChoiceField[Login]
else:
    ClientModelForm = forms.ModelForm
    StaffField = forms.ModelMultipleChoiceField

OLDEST = timedelta(days=130 * 365)  # nobody on record has lived longer


class ClientForm(ClientModelForm):
    class Meta:
        model = Client
        fields = ("first_name", "last_name", "born_on", "time_zone")
        widgets = {"born_on": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})}

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organization = organization
        for name in ("first_name", "last_name", "born_on"):
            self.fields[name].widget.attrs["autocomplete"] = "off"
        zone = self.fields["time_zone"]
        practice = organization.get_time_zone_display()
        zone.choices = [("", _("The practice’s: %(zone)s") % {"zone": practice}), *zone.choices[1:]]  # type: ignore[attr-defined]  # a field with choices, as the model says
        zone.help_text = _("Emails and texts print times in it.")

    def clean_born_on(self) -> date | None:
        born_on: date | None = self.cleaned_data["born_on"]
        today = timezone.localdate()
        if born_on and born_on > today:
            raise ValidationError(_("This day has not come yet."))
        if born_on and born_on < today - OLDEST:
            raise ValidationError(_("Check the year."))
        return born_on

    def save(self, commit: bool = True) -> Client:
        save_fields(self)
        return self.instance


class StaffOfClientForm(forms.Form):
    """Who serves a client. Staff who are not active any more are not offered, and keep their links."""

    staff = StaffField(
        label=_("Staff who serve them"),
        queryset=Login.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("User admins see every client. Other staff see those they serve."),
    )

    def __init__(self, *args: Any, client: Client | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.client = client
        field = self.fields["staff"]
        field.queryset = offered_staff()  # type: ignore[attr-defined]  # a field of rows, as declared above
        if client and client.pk:
            field.initial = field.queryset.filter(links__client=client)  # type: ignore[attr-defined]  # as above

    @transaction.atomic
    def link(self, client: Client) -> None:
        """Link those who are ticked, and unlink those who are not any more."""
        chosen = set(self.cleaned_data["staff"])
        serving = set(offered_staff().filter(links__client=client))
        for login in chosen - serving:
            login.link(client)
        for login in serving - chosen:
            login.unlink(client)


class NewClientForm(ClientForm, StaffOfClientForm):
    """A new client, with the staff who serve them from the start."""

    @transaction.atomic
    def save(self, commit: bool = True) -> Client:
        client = self.instance
        client.organization = self.organization
        client.save()
        self.link(client)
        return client


def offered_staff() -> QuerySet[Login, Login]:
    return Login.objects.active().staff()
