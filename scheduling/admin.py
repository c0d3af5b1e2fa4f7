"""Appointments in Django admin, to be read: practices keep their own schedules."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.admin.lists import BoundedPaginator, OrganizationFilter, ReadOnlyAdmin, linked
from scheduling.lines import Line
from scheduling.models import Appointment


@admin.register(Appointment)
class AppointmentAdmin(ReadOnlyAdmin[Appointment]):
    list_display = ("starts", "client", "staff", "organization", "status", "email_due_at", "text_due_at")
    list_filter = ("status", OrganizationFilter)
    list_select_related = ("organization", "client__organization", "staff")
    list_per_page = list_max_show_all = 50
    search_fields = ("client__first_name", "client__last_name", "staff__name")
    sortable_by = ()
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    fields = (
        "status",
        "starts",
        "starts_at",
        "minutes",
        "location",
        "of_client",
        "with_staff",
        "practice",
        "on_schedule_since",
        "email_due_at",
        "text_due_at",
        "sequence",
        "uid",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Appointment]:
        return super().get_queryset(request).select_related(*self.list_select_related)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Latest start first within one practice, which an index serves; else the last booked first."""
        return ("-starts_at", "-pk") if request.GET.get("organization") else ("-pk",)

    @admin.display(description=_("starts, in the client's time zone"))
    def starts(self, appointment: Appointment) -> str:
        line = Line(appointment)
        return f"{line.starts:%Y-%m-%d}, {line.time}"

    @admin.display(description=_("client"))
    def of_client(self, appointment: Appointment) -> SafeString:
        return linked(appointment.client)

    @admin.display(description=_("staff"))
    def with_staff(self, appointment: Appointment) -> SafeString:
        return linked(appointment.staff)

    @admin.display(description=_("practice"))
    def practice(self, appointment: Appointment) -> SafeString:
        return linked(appointment.organization)
