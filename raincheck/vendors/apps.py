"""The vendors room as a Django app."""

from django.apps import AppConfig


class VendorsConfig(AppConfig):
    """Vendors."""

    name = "raincheck.vendors"
    label = "vendors"
