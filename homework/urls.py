"""Where the pages of this app are."""

from django.urls import path

from homework import family_views, staff_views

urlpatterns = [
    path("homework/", staff_views.homework_list, name="homework_list"),
    path("homework/add/", staff_views.homework_add, name="homework_add"),
    path("homework/<int:pk>/", staff_views.homework, name="homework"),
    path("homework/<int:pk>/edit/", staff_views.homework_edit, name="homework_edit"),
    path("homework/<int:pk>/delete/", staff_views.homework_delete, name="homework_delete"),
    path("homework/<int:pk>/done/", staff_views.homework_done, name="homework_done"),
    path("homework/<int:pk>/not-done/", staff_views.homework_reopen, name="homework_reopen"),
    path("my/homework/", family_views.my_homework, name="my_homework"),
    path("my/homework/<int:pk>/", family_views.my_homework_item, name="my_homework_item"),
    path("my/homework/<int:pk>/done/", family_views.my_homework_done, name="my_homework_done"),
    path("my/homework/<int:pk>/not-done/", family_views.my_homework_reopen, name="my_homework_reopen"),
]
