"""Where an imported interview hangs: department, position, application; found, or made where they are missing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from raincheck.cancellations.models import Reason
from raincheck.core.bulk import Packed, Packer, Shape, ids
from raincheck.core.ids import ids_to_come
from raincheck.migration.kinds.rooms import Rooms
from raincheck.migration.loading.people import Known
from raincheck.migration.rows.drafts import Draft
from raincheck.migration.values.dates import Fault
from raincheck.migration.values.states import Standing
from raincheck.recruiting.models import ApplicationState, InterviewState, Position

#: The position of a place that was found, until a row asks for it.
_NOT_ASKED_FOR = Position()
_FOLLOWS = {InterviewState.SUBMITTED: ApplicationState.INTERVIEWED}
#: Applications as every load stores them.
APPLICATIONS = Shape(
    "recruiting_application",
    {
        "id": "uuid",
        "candidate_id": "uuid",
        "position_id": "uuid",
        "state": "text",
        "source": "text",
        "applied_at": "timestamptz",
    },
)
#: What is known of applications from before this part: each with its interviews, and whether this run made it.
#: When its own interviews start isn't asked: only against what stood before it can a row have changed.
_FOUND = """
SELECT a.id, a.candidate_id, a.position_id, CASE WHEN r.run_id = %s THEN NULL ELSE i.starts_at END,
    COALESCE(r.run_id = %s AND r.made_application, false)
FROM unnest(%s::uuid[]) AS s (id)
CROSS JOIN LATERAL (SELECT a.* FROM recruiting_application a WHERE a.candidate_id = s.id OFFSET 0) a
LEFT JOIN LATERAL (SELECT i.* FROM recruiting_interview i WHERE i.application_id = a.id OFFSET 0) i ON true
LEFT JOIN LATERAL (SELECT r.* FROM migration_importedrow r WHERE r.interview_id = i.id OFFSET 0) r ON true
WHERE a.company_id = %s
"""
_LATEST = """
SELECT DISTINCT ON (i.application_id) i.application_id, i.state, k.reason_id
FROM unnest(%s::uuid[]) AS s (id)
CROSS JOIN LATERAL (SELECT i.* FROM recruiting_interview i WHERE i.application_id = s.id OFFSET 0) i
LEFT JOIN LATERAL (SELECT k.* FROM cancellations_cancellation k WHERE k.interview_id = i.id AND k.state = 'completed'
    OFFSET 0) k ON true
WHERE i.company_id = %s ORDER BY i.application_id, i.starts_at DESC, i.id DESC
"""
_SETTLE = """
UPDATE recruiting_application a SET state = w.state FROM unnest(%s::uuid[], %s::text[]) w (id, state)
WHERE a.id = w.id AND a.company_id = %s AND a.state <> w.state
"""


@dataclass(slots=True)
class Place:
    """An application: `made` by this run, `fresh` if by this part; then `latest` is what it follows."""

    id: UUID
    candidate: Known
    position: Position
    made: bool
    fresh: bool = False
    source: str = ""
    applied_at: datetime | None = None
    latest: tuple[datetime, int] | None = None
    standing: Standing | None = None
    starts: set[datetime] = field(default_factory=set)

    def see(self, draft: Draft) -> None:
        """Follow this interview if none starts later."""
        when = draft.span.starts_at, draft.number
        if self.latest is None or when > self.latest:
            self.latest, self.standing = when, draft.standing


@dataclass
class Places:
    """What one run has found and made; departments and positions are few and kept by name."""

    company_id: UUID
    run_id: UUID
    reasons: Mapping[str, Reason]
    now: datetime
    _ids: Iterator[UUID] = field(default_factory=ids_to_come)
    _rooms: Rooms = field(init=False)

    def __post_init__(self) -> None:
        self._rooms = Rooms(self.company_id)

    def look_up(self, candidates: Iterable[UUID]) -> list[tuple[Any, ...]]:
        """Return the applications, each with its interviews, of people from before this part."""
        known = ids(candidates)
        with connection.cursor() as cursor:
            cursor.execute(_FOUND, [self.run_id, self.run_id, known, self.company_id])
            return list(cursor.fetchall())

    def has_rooms(self, wanted: Iterable[tuple[str, str]]) -> bool:
        """Say whether each department and position is there, beyond doubt; what is there is remembered."""
        return all(isinstance(self._rooms.find(*names), Position) for names in wanted)

    def place(
        self, fitting: Sequence[tuple[Draft, Known]], found: Iterable[Sequence[Any]]
    ) -> list[Place | Fault]:
        """Return the application of each draft, in their order, or why none; new ones aren't stored yet.

        `found` is what `look_up` returned. Asks the database only for a position that `has_rooms` wasn't certain of.
        """
        # By their numbers: a UUID takes longer to be hashed than to be looked up.
        places = self._found(found, {k.candidate_id.int: k for _, k in fitting if not k.fresh})
        placed: list[Place | Fault] = []
        for draft, candidate in fitting:
            position = self._position(draft, candidate, places)
            if isinstance(position, Fault):
                placed.append(position)
                continue
            key = candidate.candidate_id.int, position.id.int
            place = places.get(key)
            if place is None:
                place = places[key] = self._new(draft, candidate, position)
            place.position = position
            placed.append(place)
        return placed

    def packed(self, placed: Iterable[Place], packer: Packer) -> Iterator[Packed]:
        """Pack the new applications, each in the state its latest interview leaves it."""
        fresh = {place.id.int: place for place in placed if place.fresh}
        rows = (
            (p.id, p.candidate.candidate_id, p.position.id, self._state(p), p.source, p.applied_at)
            for p in fresh.values()
        )
        if fresh:
            yield packer.pack(APPLICATIONS, rows, company_id=self.company_id, state_note="")

    def settle(self, placed: Iterable[Place]) -> None:
        """Let applications that an earlier part of this run made follow their latest interview."""
        made = {place.id.int: place for place in placed if place.made and not place.fresh}
        if not made:
            return
        reasons = {reason.id: reason for reason in self.reasons.values()}
        with connection.cursor() as cursor:
            cursor.execute(_LATEST, [ids(place.id for place in made.values()), self.company_id])
            found = cursor.fetchall()
            states = [
                state_after(state, reasons.get(reason), made[id_.int].candidate)
                for id_, state, reason in found
            ]
            cursor.execute(_SETTLE, [ids(id_ for id_, _, _ in found), states, self.company_id])

    def _state(self, place: Place) -> str:
        standing = place.standing
        if standing is None:
            return ApplicationState.APPLIED
        reason = self.reasons[standing.cancelled.reason] if standing.cancelled else None
        return state_after(standing.state, reason, place.candidate)

    def _found(
        self, rows: Iterable[Sequence[Any]], candidates: Mapping[int, Known]
    ) -> dict[tuple[int, int], Place]:
        """Return the applications of people from before this part."""
        found: dict[tuple[int, int], Place] = {}
        for id_, candidate_id, position_id, starts_at, made in rows:
            key = candidate_id.int, position_id.int
            if key[0] not in candidates:
                continue
            if key not in found:
                found[key] = Place(id_, candidates[key[0]], _NOT_ASKED_FOR, made=False)
            found[key].made = found[key].made or made
            if starts_at is not None:
                found[key].starts.add(starts_at)
        return found

    def _new(self, draft: Draft, candidate: Known, position: Position) -> Place:
        # Whoever is interviewed has applied by then.
        applied_at = draft.applied_at or min(self.now, draft.span.starts_at)
        return Place(
            next(self._ids),
            candidate,
            position,
            made=True,
            fresh=True,
            source=draft.source,
            applied_at=applied_at,
        )

    def _position(
        self, draft: Draft, candidate: Known, applied: Mapping[tuple[int, int], Place]
    ) -> Position | Fault:
        position = self._rooms.find(draft.department, draft.position)
        if isinstance(position, Fault):
            # Of several departments' the one they have applied for.
            several = self._rooms.called(draft.position)
            theirs = [one for one in several if (candidate.candidate_id.int, one.id.int) in applied]
            return theirs[0] if len(theirs) == 1 else position
        return position or self._rooms.make(draft.department, draft.position)


def state_after(state: str, reason: Reason | None, candidate: Known) -> str:
    """Return where an application goes whose latest interview is in this state, called off for this reason.

    Into the pool only with the candidate's consent.
    """
    if state != InterviewState.CANCELLED or reason is None:
        return _FOLLOWS.get(InterviewState(state), ApplicationState.INTERVIEWING)
    pooled = reason.leads_to == ApplicationState.POOLED and not candidate.consent
    return ApplicationState.TO_REBOOK if pooled else reason.leads_to
