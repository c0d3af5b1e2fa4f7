"""What staff fill in: homework, and whether the family is told of a change."""

import uuid
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Client, Login
from homework.audience import Family
from homework.models import Homework

if TYPE_CHECKING:
    HomeworkModelForm = forms.ModelForm[Homework]
else:
    HomeworkModelForm = forms.ModelForm


class HomeworkForm(HomeworkModelForm):
    """What is to be done, and by when."""

    class Meta:
        model = Homework
        fields = ("title", "instructions", "due_on")
        labels = {"due_on": _("Due on")}
        help_texts = {
            "title": _("The family sees it after signing in, never in an email or a text."),
        }
        widgets = {
            "instructions": forms.Textarea(attrs={"rows": 8}),
            "due_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    def clean_due_on(self) -> date | None:
        due_on: date | None = self.cleaned_data["due_on"]
        if due_on and due_on < timezone.localdate() and "due_on" in self.changed_data:
            raise forms.ValidationError(_("This day is over."))
        return due_on


class AddForm(HomeworkForm):
    """New homework. Filled in once it adds one, however often it is sent."""

    form_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def add(self, *, client: Client, by: Login) -> Homework:
        """The homework of this form: new, or the one that the first half of a double click added."""
        homework, _created = Homework.objects.get_or_create(
            organization=by.organization,
            form_id=self.cleaned_data["form_id"],
            defaults={
                "client": client,
                "assigned_by": by,
                "title": self.cleaned_data["title"],
                "instructions": self.cleaned_data["instructions"],
                "due_on": self.cleaned_data["due_on"],
            },
        )
        return homework


class NotifyForm(forms.Form):
    """The tick that staff are asked for (N3): off unless they mean it, and it says who would be told."""

    notify = forms.BooleanField(required=False, initial=False)

    def __init__(self, *args: Any, family: Family, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["notify"].label = family.tick
        self.fields["notify"].help_text = family.in_words


class EditForm(NotifyForm, HomeworkForm):
    """Homework as it is to be from now on, and the Notify tick."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, instance: Homework, **kwargs: Any) -> None:
        kwargs["initial"] = {"revision": instance.revision}
        super().__init__(*args, instance=instance, **kwargs)

    def save_unless_overtaken(self, *, by: Login) -> bool:
        """Save it. False, with what happened beside the form, if somebody saved something else meanwhile.

        What was typed stays, and saving once more then puts it over theirs. The second half of a double click finds
        its own words and is content.
        """
        wanted = {name: self.cleaned_data[name] for name in self.Meta.fields}
        seen, notify = self.cleaned_data["revision"], self.cleaned_data["notify"]
        homework = self.instance
        if homework.edit(**wanted, by=by, revision=seen, notify=notify):
            return True
        if not homework.removed_at and wanted == {name: getattr(homework, name) for name in wanted}:
            return True
        self.data = {**dict(self.data.items()), "revision": str(homework.revision)}
        theirs = _("%(name)s saved other changes meanwhile. Save once more to put yours in their place.")
        self.add_error(None, forms.ValidationError(theirs, params={"name": homework.changed_by}))
        return False
