"""Addresses for programs."""

from django.urls import path

from raincheck.api import calendar, health, hooks, metrics

urlpatterns = [
    path("hooks/<slug:adapter>/<uuid:account_id>/", hooks.inbound, name="inbound"),
    path("healthz", health.live),
    path("healthz/", health.live, name="live"),
    path("healthz/ready/", health.ready, name="ready"),
    path("calendar/<str:token>.ics", calendar.feed, name="calendar_feed"),
    path("metrics", metrics.metrics, name="metrics"),
]
