"""How a job is declared and deferred: by name, on a queue, with the request's id in its luggage.

Jobs take ids, reload, re-check, then act. One that fails by a bug or a lost connection is tried again;
what a peer answered is the job's own to handle. A job is deferred on Django's own connection, so it
commits with the deed that wants it.
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec

import structlog
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

P = ParamSpec("P")
AGAIN = RetryStrategy(max_attempts=12, exponential_wait=2)


def defer(name: str, *, queue: str, at: datetime | None = None, priority: int = 0, **arguments: Any) -> None:
    """Defer a job by its name, at once or `at` an instant; arguments are JSON values, never personal data."""
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    task = app.configure_task(name, queue=queue, schedule_at=at, priority=priority)
    task.defer(request_id=request_id, **arguments)


def job(name: str, *, queue: str) -> Callable[[Callable[P, None]], Any]:
    """Declare a job under its stable name; whoever defers it needs to know only that."""

    def declare(function: Callable[P, None]) -> Any:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            request_id = kwargs.pop("request_id", "")
            with structlog.contextvars.bound_contextvars(job=name, request_id=request_id):
                function(*args, **kwargs)

        return app.task(name=name, queue=queue, retry=AGAIN)(run)

    return declare
