"""Who calls, over what, and how much they may send: what a proxy in front of us knows and the request must say."""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeVar

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from raincheck.core.errors import SignInNeeded
from raincheck.web.errors import TooLarge, refusal_response

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
GetResponse = Callable[[HttpRequest], HttpResponseBase]
#: Whoever has one IPv6 address has a whole network of them.
_ONE_HOUSE = 64


class Flashes(CookieStorage):
    """The notices shown once, in a cookie under the name that fits the transport."""

    cookie_name = settings.RAINCHECK_FLASH_COOKIE_NAME


class Wire:
    """Put the caller's own address in the place of the proxy's, and say that TLS ended before us where it did.

    A forwarded header is believed from RAINCHECK_PROXIES alone, and read from its end: what stands before the first
    address that isn't a proxy's was written by the caller.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Set REMOTE_ADDR and the scheme."""
        if settings.SESSION_COOKIE_SECURE:
            # People come to https:// alone; plain HTTP ends at whatever stands before us.
            request.META["wsgi.url_scheme"] = "https"
        if _is_proxy(_address(request.META.get("REMOTE_ADDR", ""))):
            hops = [_address(hop.strip()) for hop in request.headers.get("X-Forwarded-For", "").split(",")]
            theirs = next((hop for hop in reversed(hops) if not _is_proxy(hop)), None)
            if theirs is not None:
                request.META["REMOTE_ADDR"] = str(theirs)
        return self.get_response(request)


def client_address(request: HttpRequest) -> str:
    """Return what stands for whoever calls: an IPv4 address, an IPv6 network; `""` where nobody can say.

    Behind a proxy that RAINCHECK_PROXIES doesn't name all would be one: then none is told from another.
    """
    if settings.SESSION_COOKIE_SECURE and not settings.RAINCHECK_PROXIES:
        return ""
    address = _address(request.META.get("REMOTE_ADDR", ""))
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _ONE_HOUSE), strict=False))
    return str(address or "")


def takes_up_to(most: int) -> Callable[[View], View]:
    """Have a view sent more than a form, up to so many bytes."""

    def mark(view: View) -> View:
        vars(view)["takes_up_to"] = most
        return view

    return mark


class Bodies:
    """Refuse a body that is longer than its view takes (`takes_up_to`), before any of it is read or written to disk."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        """Look at what is announced; more than that isn't read."""
        most: int = getattr(view, "takes_up_to", settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if not announced.isdecimal() or int(announced) > most:
            return refusal_response(request, TooLarge())
        # More than a form is read from nobody who isn't known: it is read before anybody asks who sends it.
        if int(announced) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE and not request.user.is_authenticated:
            return refusal_response(request, SignInNeeded())
        return None


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _is_proxy(address: IPv4Address | IPv6Address | None) -> bool:
    return address is not None and any(address in network for network in settings.RAINCHECK_PROXIES)
