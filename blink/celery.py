"""The Celery app: `celery -A blink worker`, `celery -A blink beat`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "blink.settings")

app = Celery("blink")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
