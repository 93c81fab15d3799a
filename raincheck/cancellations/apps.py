"""The cancellations room as a Django app."""

from django.apps import AppConfig


class CancellationsConfig(AppConfig):
    """Cancellations."""

    name = "raincheck.cancellations"
    label = "cancellations"
