"""Saving an appointment corrects whatever people were told about it that no longer holds (R7)."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from notifications.notify import notify
from scheduling.models import Appointment
from scheduling.notifications import AppointmentChanged


@receiver(post_save, sender=Appointment, dispatch_uid="appointment.changed")
def correct_what_was_told(instance: Appointment, created: bool, raw: bool, **kwargs: Any) -> None:
    if not raw and not created:
        notify(AppointmentChanged, instance)
