"""Django admin: when a channel was held and why, and the button that has it tried at once."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.lists import ReadOnlyAdmin
from notifications.advice import why
from notifications.holding import try_now
from notifications.models import Hold


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin[Hold]):
    """Every hold there was; one that is in force is tried at once by the action (and by the banner's button)."""

    list_display = ("channel", "country", "code", "since", "ended_at", "tries", "next_try")
    list_filter = ("channel",)
    fields = readonly_fields = ("channel", "country", "code", "advice", "since", "ended_at", "tries", "next_try")
    actions = ("try_now",)

    @admin.display(description=_("next try"))
    def next_try(self, hold: Hold) -> str:
        return localize(timezone.localtime(hold.next_try_at)) if hold.ended_at is None else "-"

    @admin.display(description=_("what to do"))
    def advice(self, hold: Hold) -> str:
        return why(hold)

    @admin.action(description=_("Try now"), permissions=["view"])
    def try_now(self, request: HttpRequest, queryset: QuerySet[Hold]) -> None:
        if try_now(queryset):
            self.message_user(request, gettext("One is tried now. If it is taken, the rest follows at once."))
        else:
            self.message_user(request, gettext("Nothing of this is held any more."))
