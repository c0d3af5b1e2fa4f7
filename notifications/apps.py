from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from accounts import letters
        from notifications.letters import post

        letters.carry_with(post)
