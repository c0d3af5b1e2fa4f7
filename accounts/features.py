"""The one enum that carries the domain: adding a feature touches one line here and adds one app."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Feature(models.TextChoices):
    """What an organization has on or off. A preference and a notification belong to exactly one."""

    APPOINTMENTS = "appointments", _("Appointments")
    MESSAGES = "messages", _("Messages")
    INVOICES = "invoices", _("Invoices")
    HOMEWORK = "homework", _("Homework")


class Channel(models.TextChoices):
    """The ways a person can be told."""

    EMAIL = "email", _("Email")
    TEXT = "text", _("Text")
