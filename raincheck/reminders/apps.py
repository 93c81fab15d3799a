"""The reminders room as a Django app."""

from django.apps import AppConfig


class RemindersConfig(AppConfig):
    """Reminders."""

    name = "raincheck.reminders"
    label = "reminders"
