"""The vendors room as a Django app."""

import structlog
from django.apps import AppConfig

from raincheck.vendors import adapters


class VendorsConfig(AppConfig):
    """Vendors."""

    name = "raincheck.vendors"
    label = "vendors"

    def ready(self) -> None:
        """Say at the start which adapters of other packages aren't taken, not when a candidate cancels."""
        for refused in adapters.plugged_in().refused:
            log = structlog.get_logger(__name__)
            log.error(
                "an adapter was refused", adapter=refused.name, package=refused.package, why=refused.why
            )
