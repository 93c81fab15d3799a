"""The operations room as a Django app."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Operations."""

    name = "raincheck.operations"
    label = "operations"
