"""The portal as an app on somebody's phone: its manifest, its worker, and what it shows without a network.

The worker is served from the company's own path, so that it reaches that company's pages and no other's.
"""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from raincheck.portal.page import address, doorway
from raincheck.web.people import company_at, public_page

_ICONS = (("any", 192), ("any", 512), ("maskable", 512))
#: What the offline page is drawn with.
_DRAWN_WITH = ("raincheck/app.css", "raincheck/icons.svg", "raincheck/logo.svg")


@require_safe
@public_page("a browser reads it before anybody signs in")
def manifest(request: HttpRequest, slug: str) -> HttpResponse:
    """Say how the app is called, looks and begins, in the reader's language."""
    company = company_at(slug)
    home = address(company, "home")
    icons = [
        {
            "src": static(f"raincheck/app-icon-{'maskable-' if use == 'maskable' else ''}{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": use,
        }
        for use, size in _ICONS
    ]
    said = {
        "name": gettext("%(company)s AI面试") % {"company": company.name},
        "short_name": gettext("我的面试"),
        "lang": "en" if get_language() == "en" else "zh-Hans",
        "id": home,
        "start_url": home,
        "scope": home,
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#0b6580",
        "icons": icons,
    }
    return JsonResponse(said, content_type="application/manifest+json")


@require_safe
@public_page("a script without anything of anybody's")
def service_worker(request: HttpRequest, slug: str) -> HttpResponse:
    """Serve the worker with the addresses of this company's offline page and what that is drawn with."""
    company = company_at(slug)
    shown = {
        "offline": address(company, "offline"),
        "home": address(company, "home"),
        "icon": static("raincheck/app-icon-192.png"),
        "parts": [static(name) for name in _DRAWN_WITH],
    }
    return render(request, "portal/sw.js", shown, content_type="text/javascript; charset=utf-8")


@require_safe
@public_page("whoever has no network can't sign in")
def offline(request: HttpRequest, slug: str) -> HttpResponse:
    """Say that there is no network, and whom to call; the worker keeps it."""
    return doorway(request, company_at(slug), "portal/offline.html", {})
