"""Every address of the product."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from raincheck.web.joining import join
from raincheck.web.language import set_language
from raincheck.web.people import public_page

_language = public_page("anyone may choose a language")

urlpatterns: list[URLPattern | URLResolver] = [
    path("", public_page("leads to the console")(RedirectView.as_view(url="/console/")), name="root"),
    path("language/", _language(set_language), name="language"),
    path("staff/", include("raincheck.web.staff_urls")),
    path("join/<slug:slug>/<str:token>/", join, name="join"),
    path("c/<slug:slug>/", include("raincheck.portal.urls")),
    path("console/", include("raincheck.console.urls")),
    path("", include("raincheck.api.urls")),
]

handler400 = "raincheck.web.errors.bad_request"
handler404 = "raincheck.web.errors.not_found"
handler429 = "raincheck.web.errors.too_many"
handler500 = "raincheck.web.errors.broken"
