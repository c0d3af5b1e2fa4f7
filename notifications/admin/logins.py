"""Logins in Django admin, with whether each can be reached (P6)."""

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.lists import list_url
from accounts.admin.logins import LoginAdmin
from accounts.features import Channel
from accounts.models import Login, PhoneFault, TextStop
from accounts.phones import digits
from notifications.models import Notification
from notifications.reachability import reach
from notifications.standing import Standing, fault_of


@admin.register(Login)
class ReachableLoginAdmin(LoginAdmin):
    """Logins, each with the plain truth about whether texts reach it (P6), and its record."""

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return (*self.list_display, "texts")

    def get_fields(self, request: HttpRequest, obj: Login | None = None) -> tuple[str, ...]:
        return (*self.fields, "texts", "record") if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Login | None = None) -> tuple[str, ...]:
        return (*super().get_readonly_fields(request, obj), "texts", "record")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Login]:
        # Stored numbers are in one shape on both sides (T2), so equality finds the STOP.
        stop = TextStop.objects.in_force().filter(phone=OuterRef("phone"))
        fault = PhoneFault.objects.in_force().filter(phone=OuterRef("phone"))
        return (
            super()
            .get_queryset(request)
            .annotate(
                replied_stop=Exists(stop),
                phone_fault=Subquery(fault.values("reason")),
                phone_fault_code=Subquery(fault.values("code")),
            )
        )

    @admin.display(description=_("texts"))
    def texts(self, login: Login) -> str:
        """Whether texts reach it, by the very rule that the sender uses; else why not."""
        number, known = digits(login.phone), vars(login)
        standing = Standing(
            stopped=frozenset([number] if known.get("replied_stop") else []),
            phone_faults={number: fault_of(known["phone_fault"], known["phone_fault_code"])}
            if known.get("phone_fault")
            else {},
        )
        return reach(login, Channel.TEXT, standing).in_a_word

    @admin.display(description=_("record"))
    def record(self, login: Login) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>',
            list_url(Notification, login__id__exact=login.pk, due="all"),
            gettext("What this login was told, and what not and why"),
        )
