"""The practice's own settings. Its short name stays: addresses in emails that went out are made of it."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.forms.base import save_fields
from accounts.models import Organization

if TYPE_CHECKING:
    OrganizationModelForm = forms.ModelForm[Organization]
else:
    OrganizationModelForm = forms.ModelForm


class OrganizationForm(OrganizationModelForm):
    class Meta:
        model = Organization
        fields = (
            "name",
            "street",
            "street2",
            "city",
            "region",
            "postal_code",
            "country",
            "time_zone",
            "phone",
            "reply_to",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].help_text = _("Texts are only sent by practices in the U.S. and Canada.")
        self.fields["time_zone"].help_text = _("Of the practice, and of clients who have none of their own.")
        self.fields["phone"].help_text = _("Printed in emails, so that people can call you.")
        self.fields["phone"].widget.input_type = "tel"
        self.initial["phone"] = phones.for_display(self.instance.phone)
        self.fields["reply_to"].help_text = _("Answers to Blink’s emails go there.")

    def save(self, commit: bool = True) -> Organization:
        save_fields(self)
        return self.instance
