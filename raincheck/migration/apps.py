"""The migration room as a Django app."""

from django.apps import AppConfig


class MigrationConfig(AppConfig):
    """Migration."""

    name = "raincheck.migration"
    label = "migration"
