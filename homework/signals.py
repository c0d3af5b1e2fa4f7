"""Who is told when homework is added, edited, removed or done."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from homework import events
from homework.models import Homework
from homework.notifications import HomeworkAdded, HomeworkChanged, HomeworkDone, HomeworkRemoved
from notifications.notify import notify as tell


@receiver(post_save, sender=Homework, dispatch_uid="homework.added")
def tell_of_new_homework(instance: Homework, created: bool, raw: bool, **kwargs: Any) -> None:
    if created and not raw:
        tell(HomeworkAdded, instance)


@receiver(events.edited, dispatch_uid="homework.edited")
def tell_of_an_edit(homework: Homework, notify: bool, **kwargs: Any) -> None:
    if notify:
        tell(HomeworkChanged, homework)


@receiver(events.removed, dispatch_uid="homework.removed")
def tell_of_its_removal(homework: Homework, notify: bool, **kwargs: Any) -> None:
    if notify:
        tell(HomeworkRemoved, homework)


@receiver(events.marked_done, dispatch_uid="homework.done")
def tell_staff(homework: Homework, **kwargs: Any) -> None:
    tell(HomeworkDone, homework)
