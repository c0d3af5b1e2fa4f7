"""Where the pages of this app are."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("account/", views.my_account, name="my_account"),
]
