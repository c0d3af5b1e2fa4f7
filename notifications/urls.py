"""Addresses that providers call."""

from django.urls import path

from notifications.webhooks import inbound, status

app_name = "notifications"

urlpatterns = [
    path("twilio/inbound", inbound.twilio_inbound, name="twilio_inbound"),
    path("twilio/status/<int:pk>", status.twilio_status, name="twilio_status"),
]
