"""Addresses for programs."""

from django.urls import path

from raincheck.api import calendar, health, hooks, metrics, receipts, v1

urlpatterns = [
    path("hooks/<slug:adapter>/<uuid:account_id>/", hooks.inbound, name="inbound"),
    path("hooks/messages/mail/<str:token>/", receipts.bounce, name="bounce"),
    path("hooks/messages/<slug:carrier>/<uuid:account_id>/<str:token>/", receipts.receipt, name="receipt"),
    path("healthz", health.live),
    path("healthz/", health.live, name="live"),
    path("healthz/ready/", health.ready, name="ready"),
    path("calendar/<str:address>.ics", calendar.feed, name="calendar_feed"),
    path("metrics", metrics.metrics, name="metrics"),
    path("api/v1/interviews/", v1.interviews, name="api_interviews"),
    path("api/v1/interviews/<uuid:interview_id>/", v1.interview, name="api_interview"),
    path("api/v1/interviews/<uuid:interview_id>/cancel/", v1.cancel, name="api_cancel"),
    path("api/v1/tasks/", v1.tasks, name="api_tasks"),
    path("api/v1/audit/", v1.audit, name="api_audit"),
]
