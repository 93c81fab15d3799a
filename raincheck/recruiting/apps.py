"""The recruiting room as a Django app."""

from django.apps import AppConfig


class RecruitingConfig(AppConfig):
    """Recruiting."""

    name = "raincheck.recruiting"
    label = "recruiting"
