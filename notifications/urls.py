"""Addresses that providers call."""

from django.urls import path

from notifications import webhooks

app_name = "notifications"

urlpatterns = [
    path("twilio/status/<int:pk>", webhooks.twilio_status, name="twilio_status"),
]
