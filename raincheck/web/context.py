"""What every template knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from raincheck.accounts.outside import ways


def common(request: HttpRequest) -> dict[str, Any]:
    """Return the few facts that any page may show."""
    return {"demo": settings.RAINCHECK_DEMO, "outside": ways()}
