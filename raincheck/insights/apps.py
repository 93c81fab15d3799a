"""The insights room as a Django app. It reads other rooms' tables; its own are what people keep of their reading."""

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    """Insights."""

    name = "raincheck.insights"
    label = "insights"
