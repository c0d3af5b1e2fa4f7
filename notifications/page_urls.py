"""Where the pages of this app are."""

from django.urls import path

from notifications.views import forecast, inbox, preferences, record, resuming, unsubscribe

urlpatterns = [
    path("account/preferences/", preferences.my_preferences, name="my_preferences"),
    path("account/emails-again/", resuming.emails_again, name="emails_again"),
    path("account/notifications/", record.my_notifications, name="my_notifications"),
    path("logins/<int:pk>/preferences/", preferences.preferences_of_login, name="preferences_of_login"),
    path("record/", record.record, name="record"),
    path("record/clients/<int:pk>/", record.record_of_client, name="record_of_client"),
    path("record/logins/<int:pk>/", record.record_of_login, name="record_of_login"),
    path("replies/", inbox.reply_list, name="reply_list"),
    path("replies/<int:pk>/", inbox.replies, name="replies"),
    path("replies/<int:pk>/done/", inbox.replies_done, name="replies_done"),
    path("unsubscribe/<str:token>", unsubscribe.unsubscribe, name="unsubscribe"),
    path("forecast/", forecast.forecast, name="forecast"),
]
