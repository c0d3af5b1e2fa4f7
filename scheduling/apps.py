from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SchedulingConfig(AppConfig):
    name = "scheduling"

    def ready(self) -> None:
        from accounts.features import Feature
        from accounts.menu import Entry
        from accounts.menu import register as register_entries
        from accounts.models import Role
        from notifications.kinds import register
        from scheduling import signals  # noqa: F401 (connects the receivers)
        from scheduling.notifications import AppointmentChanged, AppointmentReminder
        from scheduling.panels import place_panels

        register(AppointmentReminder)
        register(AppointmentChanged)
        register_entries(
            Entry(
                label=_("Calendar"),
                url_name="calendar",
                icon="calendar",
                order=10,
                role=Role.STAFF,
                feature=Feature.APPOINTMENTS,
            ),
            Entry(
                label=_("Appointments"),
                url_name="my_appointments",
                icon="calendar",
                order=10,
                role=Role.CLIENT,
                feature=Feature.APPOINTMENTS,
            ),
        )
        place_panels()
