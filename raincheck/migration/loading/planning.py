"""What becomes of a part's rows: who each is about, where it hangs, or why it stays out.

First the database is asked, all that it has to say at once; what follows is worked out from its answers alone, so that
it can be done in another thread while the database stores the part before.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self
from uuid import UUID

from raincheck.accounts.models import Company
from raincheck.core.ids import new_ids
from raincheck.migration.fields import Field
from raincheck.migration.loading.parts import Part
from raincheck.migration.loading.people import Found, Hashes, Known, People, Sought, look_up
from raincheck.migration.loading.places import Place, Places
from raincheck.migration.loading.settling import UNMERGED, Seen, known_as, prints_of
from raincheck.migration.notices import Notice
from raincheck.migration.rows.drafts import Draft, Raw, Rejection
from raincheck.migration.values.dates import Fault
from raincheck.migration.words import Words

CHANGED = Fault(
    "changed_since",
    Words(
        "同一候选人、岗位和时间的面试已存在，而该行内容不同：请在平台中修改",
        "an interview of this candidate, position and time is already here, and this row differs: change it there",
    ),
)


@dataclass(frozen=True)
class Asking(Part[Draft]):
    """A part with all that the database is to be asked about its rows, put together as it takes it."""

    prints: bytes
    people: Sought
    places: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, part: Part[Draft]) -> Self:
        """Put it together, if that wasn't done."""
        if isinstance(part, cls):
            return part
        drafts = (draft for _, draft, _ in part.rows if not isinstance(draft, list))
        return cls(
            part.rows,
            prints_of(raw for raw, _, _ in part.rows),
            Sought.of(known_by for _, _, known_by in part.rows if known_by),
            frozenset((draft.department, draft.position) for draft in drafts),
        )


class Load(NamedTuple):
    """One row about to be stored."""

    draft: Draft
    known: Known
    place: Place
    interview_id: UUID
    row_id: UUID


class Facts(NamedTuple):
    """What the database has of a part's rows; `certain` if nothing is left to be asked or made for a plan."""

    seen: Seen
    people: Found
    applications: Sequence[Sequence[Any]]
    certain: bool


@dataclass
class Plan:
    """What becomes of a part: what is stored, and what is to be said of the rest. Nothing of it has happened yet."""

    people: People
    loads: list[Load] = field(default_factory=list)
    rejected: list[tuple[Raw, list[Rejection]]] = field(default_factory=list)
    #: Row, and the run and row of its first.
    unchanged: list[tuple[int, UUID, int]] = field(default_factory=list)
    #: What was noticed, and of which rows that are stored.
    said: dict[Notice, list[int]] = field(default_factory=dict)
    #: Rows about people who are known by other contacts.
    other_contacts: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Planner:
    """Plans the parts of one run, one after the other."""

    company: Company
    run_id: UUID
    places: Places
    against: Callable[[Draft, Field, Fault], Rejection]
    seen: Callable[[bytes], Seen]

    def ask(self, part: Asking) -> Facts:
        """Ask the database all about a part's rows."""
        people = look_up(self.company.id, part.people)
        applications = self.places.look_up(people.candidates)
        return Facts(self.seen(part.prints), people, applications, self.places.has_rooms(part.places))

    def plan(self, part: Asking, facts: Facts) -> Plan:
        """Work out what becomes of a part's rows; without the database, if the facts are certain."""
        known_by = [one for _, _, one in part.rows if one]
        return _Planning(self, facts, Plan(People.of(self.company, facts.people, known_by))).plan(part.rows)


#: A row as it was read (parts.Read), of a list of interviews.
Row = tuple[Raw, Draft | list[Rejection], Hashes | None]


@dataclass
class _Planning:
    """The planning of one part."""

    planner: Planner
    facts: Facts
    plan_: Plan
    #: Further copies of a row, and why rows were left out.
    copies: list[Draft] = field(default_factory=list)
    refused: dict[bytes, tuple[Field, Fault]] = field(default_factory=dict)

    def plan(self, rows: Sequence[Row]) -> Plan:
        plan, people = self.plan_, self.plan_.people
        fitting = list(self._fitting(self._new(rows)))
        kept = list(self._placed(fitting))
        if len(kept) < len(fitting):
            people.keep_only({known.candidate_id for _, known, _ in kept})
        ids = new_ids(2 * len(kept))
        both = zip(kept, ids[: len(kept)], ids[len(kept) :], strict=True)
        plan.loads = [Load(*three, interview_id, row_id) for three, interview_id, row_id in both]
        for draft, _, _ in kept:
            for said in draft.notices:
                plan.said.setdefault(said, []).append(draft.number)
        self._settle_copies()
        return plan

    def _new(self, rows: Sequence[Row]) -> Iterator[tuple[Draft, Hashes]]:
        """Yield what is new and could be read."""
        plan, seen = self.plan_, self.facts.seen
        for raw, draft, known_by in rows:
            there, unmerged = known_as(raw, seen, self.planner.run_id)
            if there:
                plan.unchanged.append((raw.number, *there))
                if unmerged:
                    plan.said.setdefault(UNMERGED, []).append(raw.number)
            elif isinstance(draft, list):
                plan.rejected.append((raw, draft))
            elif known_by is not None:
                yield draft, known_by

    def _fitting(self, new: Iterator[tuple[Draft, Hashes]]) -> Iterator[tuple[Draft, Known]]:
        """Yield those whose person is known or can be made, each row once; further copies wait."""
        accepted: set[bytes] = set()
        for draft, known_by in new:
            if draft.fingerprint in accepted:
                self.copies.append(draft)
            elif known := self._who(draft, known_by):
                accepted.add(draft.fingerprint)
                yield draft, known

    def _who(self, draft: Draft, known_by: Hashes) -> Known | None:
        first, second = self.plan_.people.find(draft.person, known_by)
        if isinstance(first, Known):
            if second:
                self.plan_.other_contacts.append(draft.number)
            return first
        if isinstance(second, Fault):
            self._reject(draft, first, second)
        return None

    def _placed(self, fitting: Sequence[tuple[Draft, Known]]) -> Iterator[tuple[Draft, Known, Place]]:
        """Yield those that hang somewhere and whose interview isn't there yet."""
        places = self.planner.places.place(fitting, self.facts.applications)
        for (draft, known), place in zip(fitting, places, strict=True):
            if isinstance(place, Fault):
                self._refuse(draft, Field.POSITION, place)
            elif draft.span.starts_at in place.starts:
                self._refuse(draft, Field.START, CHANGED)
            else:
                place.see(draft)
                yield draft, known, place

    def _settle_copies(self) -> None:
        """Let a copy share its first's fate: unchanged where that is loaded, else rejected for the same reason."""
        if not self.copies:
            return
        loaded = {load.draft.fingerprint: load.draft.number for load in self.plan_.loads}
        for draft in self.copies:
            if draft.fingerprint in loaded:
                self.plan_.unchanged.append((draft.number, self.planner.run_id, loaded[draft.fingerprint]))
            else:
                self._reject(draft, *self.refused[draft.fingerprint])
        # They are told of in the order of the file.
        self.plan_.unchanged.sort()

    def _refuse(self, draft: Draft, field: Field, fault: Fault) -> None:
        self.refused[draft.fingerprint] = field, fault
        self._reject(draft, field, fault)

    def _reject(self, draft: Draft, field: Field, fault: Fault) -> None:
        self.plan_.rejected.append((draft.raw, [self.planner.against(draft, field, fault)]))
