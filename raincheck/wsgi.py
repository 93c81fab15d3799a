"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from raincheck.core.garbage import look_seldom, settle_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "raincheck.settings")
look_seldom()
application = get_wsgi_application()
settle_down()
