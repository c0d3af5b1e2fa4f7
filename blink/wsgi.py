"""The WSGI door: `gunicorn blink.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "blink.settings")

application = get_wsgi_application()
