"""Addresses that providers call."""

from django.urls import path

from notifications.webhooks import email, inbound, status

app_name = "notifications"

urlpatterns = [
    path("twilio/inbound", inbound.twilio_inbound, name="twilio_inbound"),
    path("twilio/status/<int:pk>", status.twilio_status, name="twilio_status"),
    path("email/<slug:provider>/", email.email_events, name="email_events"),
]
