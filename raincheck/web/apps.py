"""The shared edge as a Django app, for its static files and template tags."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Web."""

    name = "raincheck.web"
    label = "web"
