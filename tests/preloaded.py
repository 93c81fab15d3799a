"""What commands import before they read a setting, for the process they are forked from."""

import gc
import importlib

#: None of them looks at an environment when it is imported.
for name in (
    "babel.messages.mofile", "cryptography.hazmat.primitives.asymmetric.ec", "django.core.management",
    "django.db.migrations.executor", "environs", "httpx", "icalendar", "phonenumbers", "procrastinate.contrib.django",
    "psycopg_pool", "raincheck.cli", "rapidfuzz", "requests", "structlog",
):  # fmt: skip
    importlib.import_module(name)
gc.freeze()
