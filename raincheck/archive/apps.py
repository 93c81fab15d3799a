"""The archive room as a Django app."""

from django.apps import AppConfig


class ArchiveConfig(AppConfig):
    """Archive."""

    name = "raincheck.archive"
    label = "archive"
