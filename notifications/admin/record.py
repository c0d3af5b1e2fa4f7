"""The record in Django admin, strictly to be read (L1, L2)."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.admin.generics import ModelAdmin
from accounts.admin.lists import (
    BoundedPaginator,
    FormFilter,
    OrganizationFilter,
    PhoneSearch,
    ReadOnlyAdmin,
    SelectFilter,
    linked,
)
from accounts.features import Channel
from notifications.kinds import kind_of, kinds
from notifications.mending import mended_in_admin
from notifications.models import Notification, State
from notifications.reasons import Reason


class KindFilter(SelectFilter):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(kind.slug, str(kind.label)) for kind in kinds()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class ReasonFilter(SelectFilter):
    """By the one rule that decided it, in its words."""

    title = _("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        words = ((reason.code, str(reason.why) % {"detail": "…"}) for reason in Reason.known.values())
        return sorted(words, key=lambda choice: choice[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(reason=self.value()) if self.value() else queryset


class DueFilter(FormFilter):
    """By when it fell due: the last week and what is to come, unless asked otherwise; or one day (UTC).

    Not Django's date hierarchy, which reads every row of the table to offer its years, months and days.
    """

    title = _("due")
    parameter_name = "due"
    template = "admin/due_filter.html"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, Any]]:
        return [
            ("ahead", _("Still to come")),
            ("month", _("Past 30 days, and to come")),
            ("all", _("Any time")),
        ]

    @property
    def day(self) -> date | None:
        """The one day that was asked for, if it is one."""
        try:
            return parse_date(self.value() or "")
        except ValueError:
            return None

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        named = [("", _("Past 7 days, and to come")), *self.lookup_choices]
        for value, words in named:
            query = changelist.get_query_string(
                {self.parameter_name: value} if value else {}, [self.parameter_name, "p"]
            )
            yield {"display": words, "selected": (self.value() or "") == value, "query_string": query}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = timezone.now()
        if self.value() == "all":
            return queryset
        if self.value() == "ahead":
            return queryset.filter(due_at__gt=now)
        if day := self.day:
            start = timezone.make_aware(datetime.combine(day, time.min))
            return queryset.filter(due_at__gte=start, due_at__lt=start + timedelta(days=1))
        return queryset.filter(due_at__gte=now - timedelta(days=30 if self.value() == "month" else 7))


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin[Notification], PhoneSearch[Notification]):
    """Every decision. Built for tables of millions: bounded counts, a bounded span of time, no sorting by others."""

    # Five columns, so that the reason is in sight on a small laptop; the rest is on the page of each row.
    list_display = ("due_for", "login", "client", "what_by", "outcome")
    list_filter = (DueFilter, "state", ReasonFilter, "channel", "feature", KindFilter, OrganizationFilter)
    list_select_related = ("organization", "login", "client")
    list_per_page = list_max_show_all = 50
    search_fields = (
        "login__name",
        "login__user__email",
        "login__phone",
        "client__first_name",
        "client__last_name",
        "sent_to",
        "provider_id",
    )
    search_help_text = _("A person's name, email or phone number, or the provider's id")
    sortable_by = ()
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    fieldsets = (
        (None, {"fields": ("what", "channel", "outcome", "practice", "person", "about")}),
        (_("When"), {"fields": ("due_at", "useful_until", "created_at", "attempted_at", "sent_at", "next_attempt_at")}),
        (
            _("Sending"),
            {"fields": ("sent_to", "attempts", "lost_answers", "in_doubt", "provider_id", "message_id", "segments")},
        ),
        (_("Occurrence"), {"fields": ("feature", "kind", "key", "subject_id", "lane", "reason", "reason_detail")}),
    )

    @admin.display(description=_("due"))
    def due_for(self, row: Notification) -> SafeString:
        """The due moment and, below, the practice."""
        return format_html("{}<br>{}", localize(timezone.localtime(row.due_at)), row.organization)

    @admin.display(description=_("what"))
    def what_by(self, row: Notification) -> SafeString:
        """The kind and, below, the channel."""
        return format_html("{}<br>{}", self.what(row), row.get_channel_display())

    @admin.display(description=_("what"))
    def what(self, row: Notification) -> str:
        try:
            return str(kind_of(row.kind).label)
        except KeyError:  # its app is no longer installed; the record stays
            return row.kind

    @admin.display(description=_("state"))
    def outcome(self, row: Notification) -> SafeString | str:
        """The state in words; for what was not sent the reason, with a link to where it is mended."""
        words = row.words
        if row.state == State.FAILED and row.reason in Reason.known:
            words = f"{row.get_state_display()}. {words}"
        url = mended_in_admin(row)
        return format_html('<a href="{}">{}</a>', url, words) if url else words

    @admin.display(description=_("practice"))
    def practice(self, row: Notification) -> SafeString:
        return linked(row.organization)

    @admin.display(description=_("login"))
    def person(self, row: Notification) -> SafeString:
        return linked(row.login)

    @admin.display(description=_("client"))
    def about(self, row: Notification) -> SafeString | str:
        return linked(row.client) if row.client else "-"

    @admin.display(description=_("Message-ID"))
    def message_id(self, row: Notification) -> str:
        return row.message_id if row.channel == Channel.EMAIL else "-"
