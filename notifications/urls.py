"""Addresses that providers call."""

from django.urls import path

from notifications.webhooks import status

app_name = "notifications"

urlpatterns = [
    path("twilio/status/<int:pk>", status.twilio_status, name="twilio_status"),
]
