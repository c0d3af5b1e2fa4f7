"""What the forms of this app share: names that are trimmed, phones with the truth about texting, narrow saving."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.models import Login, Organization
from accounts.texting import phone_warning, texts_at_all

if TYPE_CHECKING:
    LoginModelForm = forms.ModelForm[Login]
else:
    LoginModelForm = forms.ModelForm


def save_fields(form: "forms.ModelForm[Any]") -> None:
    """Write the form's own columns and no others: what changed meanwhile beside them stays changed."""
    own = form._meta.fields or ()
    instance: Model = form.instance
    instance.save(update_fields=[name for name in form.cleaned_data if name in own])


def tell_about_texting(field: forms.Field, phone: str, organization: Organization) -> None:
    """Beside a phone's field: why the number it holds is never texted, or else what the number is for (T1 to T3)."""
    field.widget.input_type = "tel"
    usual = _("Ten digits, for texts. Other numbers are never texted.")
    if not texts_at_all(organization):
        usual = _("Never texted: texts are only sent by practices in the U.S. and Canada.")
    field.help_text = phone_warning(phone, organization) or usual


class PersonForm(LoginModelForm):
    """A login's own details. `own` tells browsers that it is the visitor's, so that they offer to fill it in."""

    own = False

    class Meta:
        model = Login
        fields: tuple[str, ...] = ("name", "phone", "language")

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tell_about_texting(self.fields["phone"], self.instance.phone, organization)
        self.initial["phone"] = phones.for_display(self.instance.phone)
        for name, purpose in (("name", "name"), ("phone", "tel")):
            self.fields[name].widget.attrs["autocomplete"] = purpose if self.own else "off"
        self.fields["language"].help_text = _("Of pages, emails and texts.")

    def save(self, commit: bool = True) -> Login:
        save_fields(self)
        return self.instance


class OwnDetailsForm(PersonForm):
    own = True
