"""What lies beside imported interviews: panels of our own staff and scores, stored with them and checked afterwards.

Whoever is no colleague here stays a name in the row: an import makes no accounts, and no interviewer is told.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from raincheck.accounts.models import Staff
from raincheck.core.bulk import Packed, Packer, Shape, joined_by_hash
from raincheck.core.ids import new_ids
from raincheck.migration.loading.people import folded
from raincheck.migration.loading.planning import Load
from raincheck.migration.notices import notice
from raincheck.migration.values.panels import Named, people_in
from raincheck.migration.words import Words
from raincheck.recruiting.models import InterviewState

PANEL_UNKNOWN = notice(
    "panel_unknown",
    lambda n: Words(
        f"{n} 行有的面试官不是本企业的员工（按邮箱或唯一的姓名找；未开始的面试只找在职的），仍随原始行保存",
        f"{n} rows name interviewers who aren't of the staff (by e-mail, or a name only one bears; of interviews to"
        " come, only who still works here); those are only kept with the row",
    ),
)
_SEATS = Shape("recruiting_interviewer", {"id": "uuid", "interview_id": "uuid", "staff_id": "uuid"})
_SCORES = Shape(
    "recruiting_assessment",
    {
        "id": "uuid",
        "interview_id": "uuid",
        "dimension": "text",
        "score": "numeric",
        "max_score": "numeric",
        "partial": "boolean",
        "scored_at": "timestamptz",
    },
)
#: Panels as they are written, at most: they come again.
_REMEMBERED = 100_000
_AHEAD = frozenset({InterviewState.SCHEDULED, InterviewState.IN_PROGRESS})
_STORED = """
WITH r AS MATERIALIZED (SELECT number, interview_id FROM migration_importedrow
        WHERE id = ANY (%s::uuid[]) AND company_id = %s AND run_id = %s),
    i AS MATERIALIZED (SELECT id, vendor_link FROM recruiting_interview
        WHERE id = ANY (ARRAY(SELECT interview_id FROM r))),
    w AS MATERIALIZED (SELECT interview_id, count(*) AS seats,
            string_agg(staff_id::text, ',' ORDER BY staff_id::text COLLATE "C") AS panel FROM recruiting_interviewer
        WHERE interview_id = ANY (ARRAY(SELECT interview_id FROM r)) GROUP BY interview_id),
    s AS MATERIALIZED (SELECT interview_id, count(*) AS scores, sum(score) AS total,
            string_agg(concat_ws('=', dimension, score, max_score, partial::text), E'\\x1e'
                ORDER BY dimension COLLATE "C") AS said
        FROM recruiting_assessment WHERE interview_id = ANY (ARRAY(SELECT interview_id FROM r)) GROUP BY interview_id)
SELECT COALESCE(sum(w.seats), 0), COALESCE(sum(s.scores), 0), COALESCE(sum(s.total), 0),
    encode(sha256(convert_to(COALESCE(string_agg(concat_ws(E'\\x1f', r.number, i.vendor_link,
        COALESCE(w.panel, ''), COALESCE(s.said, '')), E'\\n' ORDER BY r.number), ''), 'UTF8')), 'hex')
FROM r JOIN i ON i.id = r.interview_id LEFT JOIN w ON w.interview_id = i.id LEFT JOIN s ON s.interview_id = i.id
"""


class Seat(NamedTuple):
    """One colleague on one interview."""

    interview_id: UUID
    staff_id: UUID


@dataclass(frozen=True)
class Tally:
    """Of one part: how many seats and scores, the sum of the scores, and the hash of all of it with the links."""

    seats: int
    scores: int
    total: Decimal
    beside: str


@dataclass
class Colleagues:
    """The staff of a company, as lists name them. Who has left counts for interviews that are over."""

    company_id: UUID
    _by_email: dict[str, tuple[UUID, bool]] = field(default_factory=dict)
    _by_name: dict[str, list[tuple[UUID, bool]]] = field(default_factory=lambda: defaultdict(list))
    _met: dict[tuple[tuple[str, ...], bool], tuple[frozenset[UUID], bool]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        staff = Staff.objects.filter(company_id=self.company_id)
        for id_, email, name, works in staff.values_list("id", "email", "name", "is_active"):
            self._by_email[email.casefold()] = id_, works
            self._by_name[folded(name)].append((id_, works))

    def named(self, cells: tuple[str, ...], *, ahead: bool) -> tuple[frozenset[UUID], bool]:
        """Return who is named in these cells, and whether anybody is who isn't of the staff."""
        known = self._met.get((cells, ahead))
        if known is None:
            if len(self._met) >= _REMEMBERED:
                self._met.clear()
            known = self._met[cells, ahead] = self._named(cells, ahead=ahead)
        return known

    def _named(self, cells: Iterable[str], *, ahead: bool) -> tuple[frozenset[UUID], bool]:
        found, by_email, strangers, nameless = set[UUID](), set[UUID](), False, 0
        for cell in cells:
            whole = self._one(Named("", cell), ahead=ahead)
            for one in [Named("", cell)] if whole else people_in(cell):
                who = self._one(one, ahead=ahead)
                if who is not None:
                    found.add(who)
                    by_email |= {who} if one.email else set()
                elif one.email:
                    strangers = True
                else:
                    nameless += 1
        # A name that fits nobody may be that of whoever the row gives the address of as well.
        return frozenset(found), strangers or nameless > len(by_email)

    def _one(self, one: Named, *, ahead: bool) -> UUID | None:
        if one.email:
            who = self._by_email.get(one.email.casefold())
            return who[0] if who and (who[1] or not ahead) else None
        for name in (one.name, one.bare):
            bearers = self._by_name.get(folded(name), [])
            fitting = [id_ for id_, works in bearers if works or not ahead]
            if len(fitting) == 1:
                return fitting[0]
        return None


def seats_of(loads: Sequence[Load], colleagues: Colleagues) -> tuple[list[Seat], list[int]]:
    """Return the seats of all these interviews, and the rows that name somebody who is no colleague."""
    seats: list[Seat] = []
    unknown: list[int] = []
    for load in loads:
        draft = load.draft
        if draft.beside.panel:
            ahead = draft.standing.state in _AHEAD
            panel, strangers = colleagues.named(draft.beside.panel, ahead=ahead)
            seats += [Seat(load.interview_id, staff_id) for staff_id in sorted(panel)]
            unknown += [draft.number] if strangers else []
    return seats, unknown


def packed(
    loads: Sequence[Load], seats: Sequence[Seat], packer: Packer, *, company_id: UUID, at: datetime
) -> Iterator[Packed]:
    """Pack panels and scores, if there are any. Nobody knows when they were given: at the end, or by now."""
    if seats:
        both = zip(new_ids(len(seats)), seats, strict=True)
        yield packer.pack(_SEATS, ((id_, *seat) for id_, seat in both), company_id=company_id)
    scored = [(load, score) for load in loads for score in load.draft.beside.scores]
    if scored:
        rows = (
            (id_, load.interview_id, *score, _partial(load), min(load.draft.span.ends_at, at))
            for id_, (load, score) in zip(new_ids(len(scored)), scored, strict=True)
        )
        yield packer.pack(_SCORES, rows, company_id=company_id)


def tally_of(loads: Sequence[Load], seats: Sequence[Seat]) -> Tally:
    """Reckon from what was read, in the order of the file."""
    panels: dict[UUID, list[str]] = defaultdict(list)
    for seat in seats:
        panels[seat.interview_id].append(str(seat.staff_id))
    lines, scores, total = [], 0, Decimal(0)
    for load in loads:
        beside = load.draft.beside
        partial = str(_partial(load)).lower()
        said = sorted(beside.scores)
        scores, total = scores + len(said), total + sum((one.score for one in said), Decimal(0))
        marks = "\x1e".join(f"{one.dimension}={one.score}={one.full}={partial}" for one in said)
        panel = ",".join(sorted(panels.get(load.interview_id, ())))
        lines.append(f"{load.draft.number}\x1f{beside.link}\x1f{panel}\x1f{marks}")
    return Tally(len(seats), scores, total, hashlib.sha256("\n".join(lines).encode()).hexdigest())


def tally_stored(*, company_id: UUID, run_id: UUID, row_ids: bytes) -> Tally:
    """Reckon from what the tables hold of the rows of a run of which these are the ids (bulk.ids)."""
    with joined_by_hash(), connection.cursor() as cursor:
        cursor.execute(_STORED, [row_ids, company_id, run_id])
        seats, scores, total, checksum = cursor.fetchone()
        return Tally(int(seats), int(scores), total, checksum)


def _partial(load: Load) -> bool:
    return load.draft.standing.state != InterviewState.SUBMITTED
