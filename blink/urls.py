from django.contrib import admin
from django.urls import include, path

from blink.home import home

urlpatterns = [
    path("", home, name="home"),
    path("", include("accounts.urls")),
    path("", include("notifications.page_urls")),
    path("", include("scheduling.urls")),
    path("", include("messaging.urls")),
    path("", include("billing.urls")),
    path("", include("homework.urls")),
    path("outbox/", include("notifications.outbox_urls")),
    path("admin/", admin.site.urls),
    path("webhooks/", include("notifications.urls")),
]
