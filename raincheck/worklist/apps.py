"""The worklist room as a Django app."""

from django.apps import AppConfig


class WorklistConfig(AppConfig):
    """Worklist."""

    name = "raincheck.worklist"
    label = "worklist"
