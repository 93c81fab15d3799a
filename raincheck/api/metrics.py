"""Figures for the operator's Prometheus, and who may read them.

A token where one is set. Without one only this host itself, and only while nothing stands before it: behind
a proxy every caller comes from loopback, so an https address or a forwarded request is refused.
"""

from hmac import compare_digest
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from raincheck.core.errors import RaincheckError
from raincheck.operations.metrics import exposition
from raincheck.web.people import public_page

_FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Forwarded", "Via")


class MetricsRefused(RaincheckError):
    """Not the operator: no token or a wrong one, or a caller from elsewhere where no token is set."""

    code = "metrics_refused"
    status = 401
    challenge = "Bearer"
    message = _("指标只对运维开放")
    advice = _("请设置 RAINCHECK_METRICS_TOKEN，并在抓取时以 Bearer 方式出示")


@public_page("for the operator's Prometheus, by token or from this very host; counts, nobody's data")
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with every figure in Prometheus' format. Raises MetricsRefused."""
    if not _may_read(request):
        raise MetricsRefused
    body, content_type = exposition(request.headers.get("Accept", ""))
    return HttpResponse(body, content_type=content_type)


def _may_read(request: HttpRequest) -> bool:
    token = settings.RAINCHECK_METRICS_TOKEN
    if token:
        given = request.headers.get("Authorization", "")
        return compare_digest(given.encode(), f"Bearer {token}".encode())
    proxied = settings.RAINCHECK_BASE_URL.startswith("https://")
    forwarded = any(name in request.headers for name in _FORWARDED)
    return not proxied and not forwarded and _is_loopback(request.META.get("REMOTE_ADDR", ""))


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
