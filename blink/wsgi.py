"""The WSGI door: `gunicorn blink.wsgi`."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "blink.settings")

application = get_wsgi_application()

# What is loaded by now stays for good, so the collector need not walk through it in the middle of requests: on the home
# page of a large practice that was half of the slowest requests' time (bench/README.md).
gc.collect()
gc.freeze()
