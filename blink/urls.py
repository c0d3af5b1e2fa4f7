from django.contrib import admin
from django.urls import include, path

from blink.home import home

urlpatterns = [
    path("", home, name="home"),
    path("outbox/", include("notifications.outbox_urls")),
    path("admin/", admin.site.urls),
    path("webhooks/", include("notifications.urls")),
]
