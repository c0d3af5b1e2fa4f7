"""Where the pages of this app are."""

from django.urls import URLPattern, URLResolver, path

from messaging.views import family, staff

urlpatterns: list[URLPattern | URLResolver] = [
    path("messages/", staff.message_list, name="message_list"),
    path("messages/new/", staff.message_new, name="message_new"),
    path("messages/<int:pk>/", staff.conversation, name="conversation"),
    path("messages/<int:pk>/people/", staff.conversation_people, name="conversation_people"),
    path("messages/<int:pk>/delete/<int:message_pk>/", staff.message_delete, name="message_delete"),
    path("my/messages/", family.my_messages, name="my_messages"),
    path("my/messages/new/", family.my_message_new, name="my_message_new"),
    path("my/messages/<int:pk>/", family.my_conversation, name="my_conversation"),
    path("my/messages/<int:pk>/delete/<int:message_pk>/", family.my_message_delete, name="my_message_delete"),
]
