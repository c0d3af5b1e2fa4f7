"""Writing a message tells the others in the conversation (N1)."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from messaging.models import Message
from messaging.notifications import MessageSent
from notifications.notify import notify


@receiver(post_save, sender=Message, dispatch_uid="message.sent")
def tell_the_others(instance: Message, created: bool, raw: bool, **kwargs: Any) -> None:
    if created and not raw:
        notify(MessageSent, instance, at=instance.sent_at)
