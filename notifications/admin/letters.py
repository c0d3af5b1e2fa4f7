"""Account mail in Django admin."""

from django.contrib import admin

from accounts.admin.lists import ReadOnlyAdmin
from notifications.models import Letter


@admin.register(Letter)
class LetterAdmin(ReadOnlyAdmin[Letter]):
    """Account mail: what waits, what left, and what was given up and why. Never its words, which let people in."""

    list_display = ("to", "created_at", "sent_at", "given_up_at", "attempts", "error")
    search_fields = ("to",)
    fields = readonly_fields = ("to", "sender_name", "created_at", "sent_at", "given_up_at", "attempts", "error")
