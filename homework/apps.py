from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HomeworkConfig(AppConfig):
    name = "homework"

    def ready(self) -> None:
        from homework import signals  # noqa: F401 (connects the receivers)
        from homework.notifications import KINDS
        from notifications.kinds import register

        for kind in KINDS:
            register(kind)
        self.show_itself()

    def show_itself(self) -> None:
        """In the menus, and on pages that do not know homework."""
        from accounts import menu
        from accounts.features import Feature
        from accounts.models import Role
        from accounts.panels import Panel, Slot, place
        from homework import panels

        of_homework = Feature.HOMEWORK
        menu.register(
            menu.Entry(
                label=_("Homework"),
                url_name="homework_list",
                icon="notebook-pen",
                order=50,
                role=Role.STAFF,
                feature=of_homework,
            ),
            menu.Entry(
                label=_("Homework"),
                url_name="my_homework",
                icon="notebook-pen",
                order=30,
                role=Role.CLIENT,
                feature=of_homework,
                count=panels.open_for,
            ),
        )
        for slot, template, context in (
            (Slot.FAMILY_HOME, "homework/_family_panel.html", panels.for_family),
            (Slot.STAFF_HOME, "homework/_staff_panel.html", panels.for_staff),
            (Slot.CLIENT, "homework/_client_panel.html", panels.of_client),
        ):
            place(slot, Panel(template=template, context=context, order=40, feature=of_homework))
