"""How a job is declared and deferred: by name, on a queue, with the request's id in its luggage.

Jobs take ids, reload, re-check, then act. One that fails by a bug or a lost connection is tried again;
what a peer answered is the job's own to handle. A job is deferred on Django's own connection, so it
commits with the deed that wants it; in one statement with it, where that is written `together`.
"""

import json
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec

import structlog
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from raincheck.core.prepared import call

P = ParamSpec("P")
AGAIN = RetryStrategy(max_attempts=12, exponential_wait=2)
#: The queue of work that comes by the thousand: it has threads of its own, so that it never takes the others'.
BULK = "bulk"

#: What procrastinate's own Python calls, under the name it keeps for clients of this version.
_DEFER = (
    "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(%s::varchar, %s::varchar, %s::integer, %s::text, NULL, %s::jsonb,"
    " %s::timestamptz)::procrastinate_job_to_defer_v1])"
)


def defer(
    name: str,
    *,
    queue: str,
    at: datetime | None = None,
    priority: int = 0,
    lock: str | None = None,
    **arguments: Any,
) -> None:
    """Defer a job by its name, at once or `at` an instant; arguments are JSON values, never personal data.

    Of the jobs that share a `lock`, one runs at a time, wherever the workers are.
    """
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    luggage = json.dumps({"request_id": request_id, **arguments})
    call(_DEFER, [queue, name, priority, lock, luggage, at])


def job(name: str, *, queue: str, tells_repeats: bool = False) -> Callable[[Callable[P, None]], Any]:
    """Declare a job under its stable name; whoever defers it needs to know only that.

    One that `tells_repeats` is told by `repeat` whether somebody was at it before: a worker that died at it may
    have done all of it but the note.
    """

    def declare(function: Callable[P, None]) -> Any:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            request_id = kwargs.pop("request_id", "")
            with structlog.contextvars.bound_contextvars(job=name, request_id=request_id):
                function(*args, **kwargs)

        plain: Callable[..., None] = run
        if not tells_repeats:
            return app.task(name=name, queue=queue, retry=AGAIN)(plain)

        def run_telling(context: JobContext, /, **kwargs: Any) -> None:
            plain(**kwargs, repeat=context.job.attempts > 0)

        return app.task(name=name, queue=queue, retry=AGAIN, pass_context=True)(run_telling)

    return declare
