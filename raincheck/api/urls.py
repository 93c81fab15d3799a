"""Addresses for programs."""

from django.urls import path

from raincheck.api import calendar, health, hooks, metrics, receipts

urlpatterns = [
    path("hooks/<slug:adapter>/<uuid:account_id>/", hooks.inbound, name="inbound"),
    path("hooks/messages/mail/<str:token>/", receipts.bounce, name="bounce"),
    path("hooks/messages/<slug:carrier>/<uuid:account_id>/<str:token>/", receipts.receipt, name="receipt"),
    path("healthz", health.live),
    path("healthz/", health.live, name="live"),
    path("healthz/ready/", health.ready, name="ready"),
    path("calendar/<str:address>.ics", calendar.feed, name="calendar_feed"),
    path("metrics", metrics.metrics, name="metrics"),
]
