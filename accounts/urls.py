"""Where the pages of this app are."""

from django.urls import include, path

from accounts import switching, views

urlpatterns = [
    path("account/", views.my_account, name="my_account"),
    path("account/", include("accounts.account_urls")),
    path("switch/<int:login_id>/", switching.switch, name="switch"),
    path("at/<slug:organization>/", switching.at, name="at_home"),
    path("at/<slug:organization>/<path:path>", switching.at, name="at"),
]
