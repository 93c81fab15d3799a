"""The insights room as a Django app. It has no tables: it reads other rooms'."""

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    """Insights."""

    name = "raincheck.insights"
    label = "insights"
