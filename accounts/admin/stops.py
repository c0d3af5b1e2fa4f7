"""Numbers that replied STOP. Shown only: nobody here can undo a STOP, only UNSTOP from that phone can (T6)."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.admin.lists import BoundedPaginator, PhoneSearch, ReadOnlyAdmin, SinceFilter
from accounts.models import TextStop


class InForceFilter(SinceFilter):
    title = _("texts")
    parameter_name = "stopped"
    column = "stopped_since"
    on_words = _("Stopped")
    off_words = _("Resumed by UNSTOP")


class TextStopAdmin(ReadOnlyAdmin[TextStop], PhoneSearch[TextStop]):
    list_display = ("number", "stopped", "stopped_since")
    list_filter = (InForceFilter,)
    search_fields = ("phone",)
    search_help_text = _("Only the person can undo a STOP, by texting UNSTOP from that phone.")
    fields = ("number", "stopped", "stopped_since")
    paginator = BoundedPaginator
    show_full_result_count = False

    @admin.display(description=_("number"), ordering="phone")
    def number(self, stop: TextStop) -> str:
        return phones.for_display(stop.phone)

    @admin.display(description=_("texts stopped"), boolean=True)
    def stopped(self, stop: TextStop) -> bool:
        return stop.stopped_since is not None
