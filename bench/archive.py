"""Many interviews moved out of the schedule into history and talent profiles, by the archive's own bulk path."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice

import psycopg
from django.db import connection

from bench.company import found
from bench.ground import Ground
from bench.report import Figure
from raincheck.archive.bulk import Leaving, move_out_in_bulk
from raincheck.cancellations.models import Cancellation
from tests.world import World

ROWS = int(os.environ.get("RAINCHECK_BENCH_ROWS", "1000000"))
PART, WORKERS, GROWN, GOAL_PER_S = 5000, 2, 4, 10_000
#: Interviews that were cancelled, each a candidate's own, as the cancellations' room leaves them to the archive.
_FILL = """
CREATE TEMPORARY TABLE made AS SELECT n, gen_random_uuid() AS person, gen_random_uuid() AS candidate,
    gen_random_uuid() AS application, gen_random_uuid() AS interview FROM generate_series(1, {rows}) n;
INSERT INTO accounts_candidateidentity (id, company_id, language, timezone)
    SELECT person, '{company}', 'zh-hans', '' FROM made;
INSERT INTO recruiting_candidate (id, company_id, identity_id, name, school, headline)
    SELECT candidate, '{company}', person, '候选人' || n, '示例大学', '' FROM made;
INSERT INTO recruiting_application (id, company_id, candidate_id, position_id, state, state_note, source, applied_at)
    SELECT application, '{company}', candidate, '{position}', 'to_rebook', '', '校园招聘', now() FROM made;
INSERT INTO recruiting_interview (id, company_id, application_id, kind, precision, starts_at, ends_at, state, sequence,
    vendor_ref, vendor_link, vendor_progress, vendor_word, vendor_version)
    SELECT interview, '{company}', application, 'slot', 'minute', now() - n * interval '1 minute',
    now() - n * interval '1 minute' + interval '30 minutes', 'cancelled', 0, '', '', 'unknown', '', 0 FROM made;
INSERT INTO cancellations_cancellation (id, company_id, interview_id, state, initiator, requested_at, completed_at,
    channel, reason_id, note, outcome, rule, policy_version, checks, facts, decision_note, though_begun, agreement,
    mismatch, attempts)
    SELECT gen_random_uuid(), '{company}', interview, 'completed', 'hr', now(), now(), 'import', (SELECT id FROM
    cancellations_reason WHERE company_id = '{company}' AND code = 'health'), '', 'auto', 'imported', 0, '[]', '{{}}',
    '', false, 'not_needed', '', 0 FROM made
"""


def run(ground: Ground) -> list[Figure]:
    """Measure the moves, each part in a transaction of its own, as the run-time role, two at a time as workers do."""
    here = found(ground)
    with psycopg.connect(ground.superuser_url, autocommit=True) as superuser:
        filled = _FILL.format(rows=ROWS, company=here.company.id, position=here.position.id)
        superuser.execute(filled.encode())
        superuser.execute("VACUUM ANALYZE")
    with here.scope():
        found_ = Cancellation.objects.values_list("interview_id", "id", "requested_at")
        leaving = iter([Leaving(one, id_, "health", "hr", at) for one, id_, at in found_])
    seconds = _moved(here, leaving)
    return [
        Figure(
            "archive_per_s",
            ROWS / seconds,
            "moves/s",
            at_least=GOAL_PER_S,
            detail=f"{ROWS} in {seconds:.0f} s, {WORKERS} at a time",
        )
    ]


def _moved(here: World, leaving: Iterator[Leaving]) -> float:
    parts = iter(lambda: list(islice(leaving, PART)), [])
    began, counted, moved = time.monotonic(), 0, 0
    with ThreadPoolExecutor(WORKERS) as workers:
        for number in workers.map(partial(_move, here), parts):
            moved += number
            if moved >= GROWN * counted:
                counted = moved
                with here.scope(), connection.cursor() as cursor:
                    cursor.execute("SELECT migration_count_anew()")
    return time.monotonic() - began


def _move(here: World, part: list[Leaving]) -> int:
    """Move one part, over a connection of this thread's own; return how many it were."""
    with here.scope() as now:
        return len(move_out_in_bulk(company_id=here.company.id, leaving=part, now=now))
