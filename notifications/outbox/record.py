"""Each decision of the whole demo in words."""

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.features import Channel
from accounts.models import Login, Organization
from notifications.mending import mended_in_admin
from notifications.models import Notification, State
from notifications.outbox.page import live, outbox_page, query_without

ROWS = 50  # on a page


class RecordFilter(forms.Form):
    """What of the record is shown. Whatever is not a choice is left out."""

    organization = forms.ModelChoiceField(
        Organization.objects.all(), required=False, label=_("Practice"), empty_label=_("Every practice")
    )
    channel = forms.ChoiceField(
        choices=[("", _("Email and text")), *Channel.choices], required=False, label=_("Channel")
    )
    state = forms.ChoiceField(choices=[("", _("Every state")), *State.choices], required=False, label=_("State"))
    login = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1)

    def chosen(self) -> dict[str, Any]:
        self.full_clean()
        return {name: value for name, value in self.cleaned_data.items() if value}


@outbox_page()
def record(request: HttpRequest) -> HttpResponse:
    """Each decision in words, by practice, channel, state and login (L1)."""
    form = RecordFilter(request.GET, label_suffix="")
    chosen = form.chosen()
    page = Paginator(Notification.objects.filter(**chosen).in_words(), ROWS).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "chosen": chosen,
        "login": Login.objects.filter(pk=chosen.get("login", 0)).first(),
        "page": page,
        "rows": [(row, mended_in_admin(row)) for row in page],
        "query": query_without(request, "page", "seen"),
    }
    return live(request, "record", context)
