from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from accounts import letters
        from notifications.letters import post

        letters.carry_with(post)

        from accounts.menu import Entry, register
        from accounts.models import Role
        from accounts.panels import Panel, Slot, describe_logins, place
        from notifications import bounces, panels, reachability  # noqa: F401 (bounces hears Anymail's signal)

        register(
            Entry(
                label=_("Text replies"),
                url_name="reply_list",
                icon="smartphone",
                order=35,
                role=Role.STAFF,
                count=panels.open_replies_count,
            ),
            Entry(label=_("Record"), url_name="record", icon="scroll-text", order=60, role=Role.STAFF),
            Entry(label=_("Forecast"), url_name="forecast", icon="telescope", order=65, role=Role.STAFF),
        )
        for slot, template, context, order in (
            (Slot.STAFF_HOME, "_held", panels.held, 1),
            (Slot.STAFF_HOME, "_failures", panels.failures, 15),
            (Slot.STAFF_HOME, "_open_replies", panels.open_replies, 25),
            (Slot.ACCOUNT, "_my_preferences", panels.my_preferences, 20),
            (Slot.ACCOUNT, "_my_latest", panels.my_latest, 80),
            (Slot.LOGIN, "_login_preferences", panels.preferences_of_login, 20),
            (Slot.LOGIN, "_latest", panels.record_of_login, 80),
            (Slot.CLIENT, "_latest", panels.record_of_client, 80),
        ):
            place(slot, Panel(template=f"notifications/{template}.html", context=context, order=order))
        describe_logins(reachability.hints_of_logins)
