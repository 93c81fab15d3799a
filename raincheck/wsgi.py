"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from raincheck.core.garbage import settle_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "raincheck.settings")
application = get_wsgi_application()
settle_down()
