from django.urls import path

from notifications.outbox import mail, people, record

app_name = "outbox"
urlpatterns = [
    path("", people.people, name="people"),
    path("people/<int:login_id>/", people.person, name="person"),
    path("people/<int:login_id>/answer/", people.answer, name="answer"),
    path("emails/<int:pk>/", mail.email, name="email"),
    path("emails/<int:pk>/html", mail.email_html, name="email-html"),
    path("emails/<int:pk>/appointment.ics", mail.email_calendar, name="email-calendar"),
    path("letters/<int:pk>/", mail.letter, name="letter"),
    path("letters/<int:pk>/html", mail.letter_html, name="letter-html"),
    path("record/", record.record, name="record"),
]
