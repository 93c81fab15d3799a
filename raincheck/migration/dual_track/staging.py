"""The other system's rows, staged in a table of this transaction alone: read, understood, never loaded.

Readers, mapping and people are those of imports. Whoever isn't known here stays unknown: nobody is made. So it does no
harm, either, to take a person whose numbers all lead to one candidate for that candidate, under whatever name.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from raincheck.accounts.models import Company
from raincheck.cancellations.models import Reason
from raincheck.migration.fields import key_of
from raincheck.migration.loading.parts import parts
from raincheck.migration.loading.people import ANOTHER_NAME, ERASED, Hashes, Known, People
from raincheck.migration.rows.drafts import Draft, Rejection, Rules
from raincheck.migration.rows.interview_reader import InterviewReader
from raincheck.migration.rows.survey import Study
from raincheck.migration.uploads.wording import on_screen
from raincheck.migration.values.dates import Fault
from raincheck.migration.values.reasons import reasons_by_word
from raincheck.migration.values.times import Calendar

BATCH = 1000
_TABLE = """
CREATE TEMPORARY TABLE track_theirs (number integer, candidate uuid, place text, starts_at timestamptz,
    ends_at timestamptz, by_day boolean, assumed boolean, state text, fault text, position text) ON COMMIT DROP
"""
_INSERT = "INSERT INTO track_theirs VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Reading:
    """How a file is read: whose it is for, in which zone, where numbers without a country code belong."""

    company: Company
    zone: ZoneInfo
    region: str
    now: datetime


def place_of(title: str) -> str:
    """Return a position's title as it is compared."""
    return key_of(title)


def stage(study: Study, reading: Reading) -> int:
    """Stage every row of an understood file; returns how many there are."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS track_theirs")
        cursor.execute(_TABLE)
        many, rows = 0, _rows(study, reading)
        while batch := list(islice(rows, BATCH)):
            cursor.executemany(_INSERT, batch)
            many += len(batch)
        cursor.execute("ANALYZE track_theirs")
    return many


def _rows(study: Study, reading: Reading) -> Iterator[Row]:
    reader = InterviewReader(study, _rules(reading))
    for part in parts(study, reader, after=0, seals=False):
        people = People.known_to(reading.company, [hashes for _, _, hashes in part.rows if hashes])
        for raw, draft, hashes in part.rows:
            if isinstance(draft, Draft) and hashes:
                yield _row(draft, hashes, people)
            else:
                yield _unreadable(raw.number, *(draft if isinstance(draft, list) else []))


def _row(draft: Draft, hashes: Hashes, people: People) -> Row:
    who = _who(draft, hashes, people)
    if isinstance(who, Fault):
        return _unreadable(draft.number, Rejection(draft.number, "", None, "", who))
    # Somebody new to us is nobody we know: their interview can only be missing here.
    candidate: UUID | None = None if who.fresh else who.candidate_id
    span = draft.span
    return (
        draft.number, candidate, place_of(draft.position), span.starts_at, span.ends_at, span.precision == "day",
        bool(span.assumed), str(draft.standing.state), None, draft.position[:120],
    )  # fmt: skip


def _who(draft: Draft, hashes: Hashes, people: People) -> Known | Fault:
    first, second = people.find(draft.person, hashes)
    if isinstance(first, Known):
        return first
    renamed = people.behind(hashes) if second is ANOTHER_NAME else None
    if renamed is not None:
        return ERASED if renamed.key is None else renamed
    return second if isinstance(second, Fault) else ANOTHER_NAME


def _unreadable(number: int, *rejections: Rejection) -> Row:
    """Return a row that can't be compared, with the first of what stands against it: code, column and words."""
    said = [
        {"fault": one.fault.code, "column": one.column, **vars(on_screen(one.fault.words))}
        for one in rejections
    ]
    fault = json.dumps(said[0] if said else {"fault": "unreadable"}, ensure_ascii=False)
    return (number, None, "", None, None, False, False, "", fault, "")


def _rules(reading: Reading) -> Rules:
    reasons = Reason.objects.filter(company_id=reading.company.id)
    return Rules(
        company_id=reading.company.id,
        calendar=Calendar(reading.zone),
        region=reading.region,
        now=reading.now,
        reasons=reasons_by_word(reasons),
    )
