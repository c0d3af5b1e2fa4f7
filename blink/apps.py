from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class BlinkConfig(AppConfig):
    name = "blink"


class PlatformAdminConfig(AdminConfig):
    default_site = "blink.admin.PlatformAdminSite"
