from django.urls import path

from notifications import outbox

app_name = "outbox"
urlpatterns = [
    path("", outbox.people, name="people"),
    path("people/<int:login_id>/", outbox.person, name="person"),
    path("emails/<int:pk>/", outbox.email, name="email"),
    path("emails/<int:pk>/html", outbox.email_html, name="email-html"),
    path("emails/<int:pk>/appointment.ics", outbox.email_calendar, name="email-calendar"),
    path("letters/<int:pk>/", outbox.letter, name="letter"),
    path("letters/<int:pk>/html", outbox.letter_html, name="letter-html"),
    path("record/", outbox.record, name="record"),
]
