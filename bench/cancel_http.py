"""Cancel requests over HTTP against the same rows written by `pgbench`, turn by turn in one run."""

import json
import re
import statistics
import subprocess
import tempfile
from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg
from django.conf import settings

from bench import company, load
from bench.ground import Ground, web
from bench.report import Figure
from raincheck.recruiting.models import Interview
from raincheck.runtime.postgres_place import binaries, settle
from tests.world import World

AT_ONCE = 16
PAIRS = 5
REQUESTS = 1200
WARM_UP = 600
WEB_PROCESSES = 2
TOKEN = "t" * 32
GOAL = 0.25
LOGGED = 64


def run(ground: Ground) -> list[Figure]:
    """Measure requests a second, and their ratio to what the database alone makes of the same rows."""
    here = company.found(ground)
    turns = [WARM_UP, *[REQUESTS] * PAIRS]
    ours, theirs = ([company.book(here, number) for number in turns] for _ in range(2))
    logged = company.book(here, WARM_UP + LOGGED)
    with psycopg.connect(ground.superuser_url, autocommit=True) as db:
        with web(workers=WEB_PROCESSES) as site:
            _cancel(here, site.port, ours.pop(0))
            bare = _Bare(ground, db)
            bare.run(theirs.pop(0))
            # What autovacuum does within a minute of a new installation's first rows: both sides plan with figures.
            db.execute("VACUUM ANALYZE")
            pairs = [
                (_cancel(here, site.port, mine), bare.run(same))
                for mine, same in zip(ours, theirs, strict=True)
            ]
        statements = _statements(here, logged, ground, db)
    return _figures(pairs, statements)


def _figures(pairs: Sequence[tuple[load.Result, float]], statements: float) -> list[Figure]:
    rate = statistics.median(ours.per_second for ours, _ in pairs)
    ratio = statistics.median(ours.per_second / theirs for ours, theirs in pairs)
    client = statistics.median(ours.client_seconds / ours.seconds for ours, _ in pairs)
    late = sorted(seconds * 1000 for ours, _ in pairs for seconds in ours.latencies)
    how = (
        f"{AT_ONCE} at once, {WEB_PROCESSES} web processes; p50 {late[len(late) // 2]:.0f} ms,"
        f" p99 {late[len(late) * 99 // 100]:.0f} ms; the client took {client:.0%} of a core"
    )
    spread = ", ".join(f"{ours.per_second:.0f}:{theirs:.0f}" for ours, theirs in pairs)
    return [
        Figure("cancel_http_per_s", rate, "1/s", detail=how),
        Figure("cancel_http_ratio", ratio, "of pgbench", at_least=GOAL, detail=f"pairs {spread}"),
        Figure(
            "cancel_http_statements",
            statements,
            "SQL statements",
            detail="a request, BEGIN and COMMIT counted",
        ),
    ]


def orders(here: World, interviews: Sequence[Interview], port: int) -> list[load.Order]:
    """Return the request by which each of these interviews' candidates cancels it."""
    cookies = company.sign_in(here, interviews)
    made = []
    for interview in interviews:
        form = {"reason": "time_conflict", "key": str(interview.id), "csrfmiddlewaretoken": TOKEN}
        path = f"/c/{here.company.slug}/interviews/{interview.id}/cancel/"
        mine = {**cookies[str(interview.id)], settings.CSRF_COOKIE_NAME: TOKEN}
        payload = load.post(host=f"127.0.0.1:{port}", path=path, form=form, cookies=mine)
        made.append(load.Order(str(interview.id), payload))
    return made


def _cancel(here: World, port: int, interviews: Sequence[Interview]) -> load.Result:
    wanted = orders(here, interviews, port)
    result = load.run(wanted, address=("127.0.0.1", port), at_once=AT_ONCE)
    if result.statuses != {302: len(interviews)}:
        message = f"not every request was accepted: {dict(result.statuses)}"
        raise RuntimeError(message)
    return result


class _Bare:
    """The same rows by the shortest way there is: prepared statements of a superuser whom no wall holds."""

    def __init__(self, ground: Ground, db: "psycopg.Connection[Any]") -> None:
        self._home, self._url, self._db = ground.home, ground.superuser_url, db
        self._script = _script(db)

    def run(self, interviews: Sequence[Interview]) -> float:
        """Write the rows of these interviews' cancellations; return how many a second."""
        each = len(interviews) // AT_ONCE
        with self._db.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS bench_order")
            cursor.execute("CREATE TABLE bench_order (n int PRIMARY KEY, interview_id uuid)")
            cursor.executemany(
                "INSERT INTO bench_order VALUES (%s, %s)", [(n, i.id) for n, i in enumerate(interviews)]
            )
            cursor.execute("ANALYZE bench_order")
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
            script.write(f"\\set i :i + 1\n\\set n :client_id * {each} + :i - 1\n{self._script}")
            script.flush()
            program = str(binaries(settle(self._home)) / "pgbench")
            argv = [program, "-n", "-M", "prepared", "-c", str(AT_ONCE), "-j", "2", "-t", str(each)]
            done = subprocess.run(
                [*argv, "-D", "i=0", "-f", script.name, self._url],
                capture_output=True,
                text=True,
                check=False,
            )
        rate = re.search(r"tps = ([\d.]+)", done.stdout)
        if done.returncode or rate is None:
            raise RuntimeError(done.stderr)
        return float(rate[1])


def _script(db: "psycopg.Connection[Any]") -> str:
    """Return one transaction that locks an interview and writes what the last request wrote, its job included."""
    lock = (
        "SELECT i.id AS interview FROM recruiting_interview i JOIN bench_order o ON o.interview_id = i.id"
        " WHERE o.n = :n FOR NO KEY UPDATE OF i \\gset"
    )
    update = "UPDATE recruiting_interview SET state = 'cancelling' WHERE id = :interview;"
    fresh = {"id": "uuidv7()", "interview_id": ":interview"}
    asked = "SELECT * FROM cancellations_cancellation ORDER BY requested_at DESC LIMIT 1"
    # Of an entry only the text is written; the rest is generated from it.
    told = "SELECT canonical, id FROM audit_entry WHERE action = 'cancellation.requested' ORDER BY at DESC LIMIT 1"
    cancellation = _insert(
        db, "cancellations_cancellation", asked, {**fresh, "idempotency_key": ":interview"}
    )
    newest = _texts(db, told)
    text = f"replace({_literal(newest['canonical'])}, {_literal(newest['id'])}, uuidv7()::text)"
    entry = f"INSERT INTO audit_entry (canonical) VALUES ({text});"  # noqa: S608 (our own row)
    return "\n".join(["BEGIN;", lock, cancellation, update, entry, _defer(db), "COMMIT;"])


def _insert(db: "psycopg.Connection[Any]", table: str, newest: str, fresh: dict[str, str]) -> str:
    """Return the INSERT of a table's newest row once more, `fresh` instead of what must differ."""
    row = _texts(db, newest)
    values = [fresh.get(column) or _literal(text) for column, text in row.items()]
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(values)});"  # noqa: S608 (our own rows)


def _defer(db: "psycopg.Connection[Any]") -> str:
    job = _texts(
        db, "SELECT * FROM procrastinate_jobs WHERE task_name = 'vendors.agree' ORDER BY id DESC LIMIT 1"
    )
    wanted = ("queue_name", "task_name", "priority", "lock", "queueing_lock", "args", "scheduled_at")
    fields = ", ".join(_literal(job[name]) for name in wanted)
    return (
        "SELECT procrastinate_defer_jobs_v1(ARRAY["
        f"ROW({fields})::procrastinate_job_to_defer_v1]::procrastinate_job_to_defer_v1[]);"
    )


def _texts(db: "psycopg.Connection[Any]", query: LiteralString) -> dict[str, str | None]:
    """Return one row's columns as PostgreSQL writes them."""
    with db.cursor() as cursor:
        whole: LiteralString = "SELECT to_jsonb(newest) FROM (" + query + ") newest"  # noqa: S608 (our own)
        row = cursor.execute(whole).fetchone()
    if row is None:
        raise LookupError(query)
    return {name: None if value is None else _text(value) for name, value in row[0].items()}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _literal(text: str | None) -> str:
    """Return an SQL literal in which pgbench finds none of its own variables."""
    if text is None:
        return "NULL"
    quoted = text.replace("\\", "\\\\").replace("'", "''").replace(":", "\\003a").replace("\n", "\\000a")
    return f"U&'{quoted}'"


def _statements(
    here: World, interviews: Sequence[Interview], ground: Ground, db: "psycopg.Connection[Any]"
) -> float:
    """Count what the server is asked for a request by a process that is warm, as its own log has it."""
    db.execute("ALTER ROLE raincheck_app SET log_statement = 'all'")
    with web(workers=1) as site:
        _cancel(here, site.port, interviews[LOGGED:])
        before = _logged(ground)
        _cancel(here, site.port, interviews[:LOGGED])
        asked = _logged(ground) - before
    db.execute("ALTER ROLE raincheck_app RESET log_statement")
    # Beginning the sessions is the bench's own doing, and logged with the rest.
    return asked / LOGGED


def _logged(ground: Ground) -> int:
    log = settle(ground.home).log.read_text("utf-8", errors="replace")
    return len(re.findall(r"LOG:  (?:statement|execute [^:]*):", log))
