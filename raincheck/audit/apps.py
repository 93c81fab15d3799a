"""The audit room as a Django app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Audit."""

    name = "raincheck.audit"
    label = "audit"
