"""The queue keeps itself small, and gives the jobs of dead workers to others."""

from django.db import connection

from raincheck.core.jobs import defer
from tests import world


def test_finished_jobs_are_pruned_after_a_day_and_waiting_ones_are_not(db, superuser):
    defer("notifications.sweep", queue="sweep", timestamp=0)
    world.drain()
    superuser.execute("UPDATE procrastinate_events SET at = now() - interval '2 days'")
    old = _jobs()
    assert old["notifications.sweep"] >= 1
    _prune()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_events WHERE at < now() - interval '1 day'")
        assert cursor.fetchone() == (0,)


def test_the_job_of_a_worker_that_stopped_breathing_is_taken_over(db, superuser):
    defer("notifications.sweep", queue="sweep", timestamp=0)
    superuser.execute(
        "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute')"
    )
    superuser.execute(
        "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT max(id) FROM procrastinate_workers)"
    )
    _run("core.take_over")
    assert _states("notifications.sweep") <= {"todo", "succeeded"}


def _prune() -> None:
    _run("core.prune_jobs")


def _run(name: str) -> None:
    from procrastinate.contrib.django import app

    app.configure_task(name, queue="sweep").defer(timestamp=0)
    world.drain()


def _jobs() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, count(*) FROM procrastinate_jobs GROUP BY task_name")
        return dict(cursor.fetchall())


def _states(name: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT status FROM procrastinate_jobs WHERE task_name = %s", [name])
        return {state for (state,) in cursor.fetchall()}
