"""Live: the process answers. Ready: so does its database, and somebody is working off the jobs."""

from django.db import Error, connection
from django.http import HttpRequest, JsonResponse

from raincheck.web.people import public_page

WORKER_SEEN_WITHIN = 15


@public_page("for load balancers; says nothing about anyone")
def live(request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as the process can."""
    return JsonResponse({"status": "live"})


@public_page("for load balancers; says nothing about anyone")
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 if the database answers and a worker has breathed lately, else 503 saying which not."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM procrastinate_workers"
                " WHERE last_heartbeat > now() - make_interval(secs => %s)",
                [WORKER_SEEN_WITHIN],
            )
            row = cursor.fetchone()
    except Error:
        return JsonResponse({"status": "not ready", "database": False, "workers": None}, status=503)
    workers = int(row[0]) if row else 0
    status = "ready" if workers else "not ready"
    return JsonResponse(
        {"status": status, "database": True, "workers": workers}, status=200 if workers else 503
    )
