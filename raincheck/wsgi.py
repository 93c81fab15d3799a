"""The WSGI application that granian serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "raincheck.settings")
application = get_wsgi_application()
# What was loaded by now stays for good: the collector need not walk through it again and again, nor come after every
# seven hundred objects, which is a few times a request.
gc.freeze()
gc.set_threshold(20_000, 20, 20)
