from allauth.account import views
from django.contrib import admin
from django.urls import include, path

from blink.home import home

urlpatterns = [
    path("", home, name="home"),
    path("", include("accounts.urls")),
    path("account/login/", views.login, name="account_login"),
    path("account/logout/", views.logout, name="account_logout"),
    path("", include("notifications.page_urls")),
    path("", include("scheduling.urls")),
    path("", include("messaging.urls")),
    path("", include("billing.urls")),
    path("", include("homework.urls")),
    path("outbox/", include("notifications.outbox_urls")),
    path("admin/", admin.site.urls),
    path("webhooks/", include("notifications.urls")),
]
