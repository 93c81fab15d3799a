"""What commands import before they read a setting, for the process they are forked from."""

import gc
import importlib

#: None of them looks at a setting when it is imported, and none is or has a model.
for name in (
    # Others'.
    "allauth.account.app_settings", "babel.messages.mofile", "cryptography.hazmat.primitives.asymmetric.ec",
    "cryptography.x509", "django.contrib.auth.hashers", "django.contrib.auth.password_validation",
    "django.contrib.postgres.fields.utils", "django.contrib.postgres.forms", "django.contrib.postgres.search",
    "django.contrib.staticfiles.apps", "django.core.mail", "django.core.management",
    "django.db.backends.postgresql.base", "django.db.migrations.executor", "django.views.generic.base", "environs",
    "fido2.server", "httpcore", "httpx", "icalendar", "logging.config", "phonenumbers", "procrastinate.builtin_tasks",
    "procrastinate.contrib.django", "prometheus_client", "psycopg_pool", "rapidfuzz", "reportlab.pdfbase.cidfonts",
    "reportlab.pdfgen.canvas", "requests", "rfc3161_client", "rfc8785", "structlog", "whitenoise.media_types",
    # Ours: the commands, and what is under many.
    "raincheck.audit.catalogue", "raincheck.audit.der", "raincheck.audit.shelf", "raincheck.audit_commands",
    "raincheck.cancellations.errors", "raincheck.cancellations.policy", "raincheck.cli", "raincheck.commands",
    "raincheck.core.bulk", "raincheck.core.postgresql.base", "raincheck.core.scope", "raincheck.key_commands",
    "raincheck.migration.backup.command", "raincheck.migration.command", "raincheck.migration.dual_track.command",
    "raincheck.migration.exports.command", "raincheck.migration.retention.command",
    "raincheck.migration.rollback.command", "raincheck.notifications.calendars.zones",
    "raincheck.notifications.channels.base", "raincheck.recruiting.schools.naming", "raincheck.setting_up",
    "raincheck.vendor_commands", "raincheck.vendors.adapters.base",
):  # fmt: skip
    importlib.import_module(name)
gc.freeze()
