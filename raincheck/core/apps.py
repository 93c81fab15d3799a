"""The core as a Django app, so that its migration runs first."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Core."""

    name = "raincheck.core"
    label = "core"
