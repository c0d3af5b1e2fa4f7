from django.apps import AppConfig


class SchedulingConfig(AppConfig):
    name = "scheduling"

    def ready(self) -> None:
        from notifications.kinds import register
        from scheduling import signals  # noqa: F401 (connects the receivers)
        from scheduling.notifications import AppointmentChanged, AppointmentReminder

        register(AppointmentReminder)
        register(AppointmentChanged)
