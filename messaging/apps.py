from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        from accounts.features import Feature
        from accounts.menu import Entry
        from accounts.menu import register as add_to_menu
        from accounts.models import Role
        from accounts.panels import Panel, Slot, place
        from messaging import panels, signals  # noqa: F401 (the signals connect their receivers)
        from messaging.notifications import MessageSent
        from notifications.kinds import register

        register(MessageSent)
        for role, url_name, order in ((Role.STAFF, "message_list", 30), (Role.CLIENT, "my_messages", 20)):
            add_to_menu(
                Entry(
                    label=_("Messages"),
                    url_name=url_name,
                    icon="message-circle",
                    order=order,
                    role=role,
                    feature=Feature.MESSAGES,
                    count=panels.unread_count,
                )
            )
        for slot, template, context in (
            (Slot.STAFF_HOME, "messaging/_unread.html", panels.unread_for_staff),
            (Slot.FAMILY_HOME, "messaging/_unread.html", panels.unread),
            (Slot.CLIENT, "messaging/_client.html", panels.of_client),
        ):
            place(slot, Panel(template=template, context=context, order=30, feature=Feature.MESSAGES))
