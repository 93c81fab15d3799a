"""The load of one run, part by part: who is who, where each interview hangs, store, check what was stored.

Everything here happens in the open transaction of one company. No message goes out and no vendor is called: what is
imported was arranged elsewhere.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from raincheck.audit.log import entries_of, store_all
from raincheck.cancellations.models import Reason
from raincheck.core.actor import Actor
from raincheck.core.bulk import Shape, insert_rows, staged
from raincheck.core.ids import new_ids
from raincheck.migration import aftercheck, at_vendors
from raincheck.migration.dates import Fault
from raincheck.migration.departures import Leaver, cancel_together
from raincheck.migration.fields import Field
from raincheck.migration.notices import notice
from raincheck.migration.originals import seal_original
from raincheck.migration.parts import Part, nothing
from raincheck.migration.people import Hashes, Known, People
from raincheck.migration.places import Place, Places
from raincheck.migration.refusals import CheckFailed
from raincheck.migration.rows import Draft, Raw
from raincheck.migration.settling import Settling
from raincheck.migration.words import Words

CHANGED = Fault(
    "changed_since",
    Words(
        "同一候选人、岗位和时间的面试已存在，而该行内容不同：请在平台中修改",
        "an interview of this candidate, position and time is already here, and this row differs: change it there",
    ),
)
_CONTACTS_KEPT = notice(
    "contacts_kept",
    lambda n: Words(
        f"{n} 行的候选人已在册，联系方式不同，册中的保持不变",
        f"{n} rows are about people known already with other contacts; what is known was left as it is",
    ),
)
_INTERVIEWS = Shape(
    "recruiting_interview",
    {
        "id": "uuid",
        "application_id": "uuid",
        "kind": "text",
        "precision": "text",
        "starts_at": "timestamptz",
        "ends_at": "timestamptz",
        "state": "text",
    },
)
_INTERVIEW_STARTS_WITH = {
    "sequence": 0,
    "vendor_ref": "",
    "vendor_link": "",
    "vendor_progress": "unknown",
    "vendor_word": "",
    "vendor_version": 0,
}
_IMPORTED = Shape(
    "migration_importedrow",
    {
        "id": "uuid",
        "number": "integer",
        "fingerprint": "bytea",
        "interview_id": "uuid",
        "original_sealed": "bytea",
        "made_application": "boolean",
    },
)


class Load(NamedTuple):
    """One row about to be stored."""

    draft: Draft
    known: Known
    place: Place
    interview_id: UUID
    row_id: UUID


@dataclass
class Loading(Settling):
    """One run of one file of interviews into one company."""

    table = "migration_importedrow"

    reasons: Mapping[str, Reason]
    places: Places = field(init=False)
    _beside: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="beside")
    )
    _copies: list[tuple[Raw, Draft]] = field(default_factory=list)
    #: Why rows of this part were left out, for copies of them.
    _refused: dict[bytes, tuple[Field, Fault]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places = Places(self.company.id, self.run.id, self.reasons, self.run.at)

    def close(self) -> None:
        """Let go of the thread that works beside the database."""
        self._beside.shutdown()

    def load(self, part: Part[Draft], *, now: datetime, meanwhile: Callable[[], None] = nothing) -> None:
        """Load every row of a part that can be; count and keep the others.

        Calls `meanwhile` once it is the database that has most to do.

        Raises RejectionsUnwritable, CheckFailed, archive.actions.MoveFailed, and whatever the database says.
        """
        before = self.outcome.loaded
        people, loads = self._loads(part)
        self._insert(people, loads, meanwhile)
        if loads:
            checksum = self._store(loads, part, now)
            facts = {"loaded": len(loads), "checksum": checksum}
            self.note_part(part, facts, now)
        self._settle_copies(loads)
        self._refused.clear()
        self.quarantine()
        self.outcome.loaded = before + len(loads)
        self.run.position = part.last

    def _loads(self, part: Part[Draft]) -> tuple[People, list[Load]]:
        new = list(self._new(part))
        people = People.known_to(self.company, [known_by for _, known_by in new])
        fitting = list(self._fitting(people, new))
        kept = list(self._placed(fitting))
        if len(kept) < len(fitting):
            people.keep_only({known.candidate_id for _, known, _ in kept})
        ids = new_ids(2 * len(kept))
        rows = zip(kept, ids[: len(kept)], ids[len(kept) :], strict=True)
        return people, [Load(*three, interview_id, row_id) for three, interview_id, row_id in rows]

    def _insert(self, people: People, loads: Sequence[Load], meanwhile: Callable[[], None]) -> None:
        """Insert people, applications, interviews and the rows they come from.

        All are brought to the database first, which Python has its part in; it has none in the inserting.
        """
        new = [*people.staged()]
        if loads:
            new += self.places.staged([load.place for load in loads])
            rows = map(_interview, loads)
            new.append(staged(_INTERVIEWS, rows, company_id=self.company.id, **_INTERVIEW_STARTS_WITH))
        sealed = self._beside.submit(lambda: [_imported(load) for load in loads])
        meanwhile()
        for waiting in new:
            waiting.insert()
        if loads:
            insert_rows(_IMPORTED, sealed.result(), company_id=self.company.id, run_id=self.run.id)

    def _placed(self, fitting: Sequence[tuple[Draft, Known]]) -> Iterator[tuple[Draft, Known, Place]]:
        """Yield those that hang somewhere and whose interview isn't there yet; explain the rest."""
        for (draft, known), place in zip(fitting, self.places.place(fitting), strict=True):
            if isinstance(place, Fault):
                self._refuse(draft, Field.POSITION, place)
            elif draft.span.starts_at in place.starts:
                self._refuse(draft, Field.START, CHANGED)
            else:
                place.see(draft)
                yield draft, known, place

    def _refuse(self, draft: Draft, field: Field, fault: Fault) -> None:
        self._refused[draft.fingerprint] = field, fault
        self.reject(draft.raw, [self.against(draft, field, fault)])

    def _new(self, part: Part[Draft]) -> Iterator[tuple[Draft, Hashes]]:
        """Yield what is new and could be read; count and explain the rest."""
        seen = self.seen([raw.fingerprint for raw, _, _ in part.rows])
        for raw, draft, known_by in part.rows:
            if raw.fingerprint in seen:
                self.unchanged(raw.number, *seen[raw.fingerprint])
            elif isinstance(draft, list):
                self.reject(raw, draft)
            elif known_by is not None:
                yield draft, known_by

    def _fitting(self, people: People, new: Sequence[tuple[Draft, Hashes]]) -> Iterator[tuple[Draft, Known]]:
        """Yield those whose person is known or can be made, each row once; further copies wait in `_copies`."""
        accepted: set[bytes] = set()
        for draft, known_by in new:
            if draft.fingerprint in accepted:
                self._copies.append((draft.raw, draft))
            elif known := self._who(people, draft, known_by):
                accepted.add(draft.fingerprint)
                yield draft, known

    def _settle_copies(self, loads: Sequence[Load]) -> None:
        """Let a copy share its first's fate: unchanged where that is loaded, else rejected for the same reason."""
        if not self._copies:
            return
        loaded = {load.draft.fingerprint: load.draft.number for load in loads}
        for raw, draft in self._copies:
            if raw.fingerprint in loaded:
                self.unchanged(raw.number, self.run.id, loaded[raw.fingerprint])
            else:
                self.reject(raw, [self.against(draft, *self._refused[raw.fingerprint])])
        self._copies.clear()

    def _who(self, people: People, draft: Draft, known_by: Hashes) -> Known | None:
        first, second = people.find(draft.person, known_by)
        if isinstance(first, Known):
            if second:
                self.outcome.notices.row(_CONTACTS_KEPT, draft.number)
            return first
        if isinstance(second, Fault):
            self.reject(draft.raw, [self.against(draft, first, second)])
        return None

    def _store(self, loads: Sequence[Load], part: Part[Draft], now: datetime) -> str:
        """Store the rows with all that belongs to them; returns the checksum of their plain values."""
        company_id, placed = self.company.id, [load.place for load in loads]
        # Reckoned and written while the database stores what doesn't need it.
        plain = [(one.draft, one.known, one.place.position.id) for one in loads]
        read = self._beside.submit(aftercheck.tally_of, plain)
        if self.study.mapping.column(Field.VENDOR_REF):
            at_vendors.tie(
                company_id, [(load.interview_id, load.draft) for load in loads], self.outcome.notices
            )
        leavers = [
            Leaver(load.interview_id, load.place, load.draft, how)
            for load in loads
            if (how := load.draft.standing.cancelled)
        ]
        actor = Actor.system(company_id)
        _, deeds = cancel_together(leavers, reasons=self.reasons, actor=actor, now=now)
        here = copy_context()
        entries = self._beside.submit(here.run, lambda: entries_of(actor=actor, deeds=deeds, now=now))
        self.places.settle(placed)
        for load in loads:
            for said in load.draft.notices:
                self.outcome.notices.row(said, load.draft.number)
        self.count_anew(self.outcome.loaded + len(loads))
        checksum = self._check(loads, part, read.result())
        store_all(entries.result())
        return checksum

    def _check(self, loads: Sequence[Load], part: Part[Draft], read: aftercheck.Tally) -> str:
        """Compare what was stored with what was read. Raises CheckFailed."""
        stored = aftercheck.tally_stored(
            company_id=self.company.id, run_id=self.run.id, row_ids=[load.row_id for load in loads]
        )
        if read != stored:
            which = next(name for name, value in vars(read).items() if value != getattr(stored, name))
            raise CheckFailed(check=which, first=part.first, last=part.last)
        some = loads[:: max(1, len(loads) // aftercheck.OPENED)][: aftercheck.OPENED]
        aftercheck.check_seals(self.company.id, [(load.row_id, load.draft.raw.canonical) for load in some])
        return read.checksum


def _interview(load: Load) -> tuple[Any, ...]:
    span = load.draft.span
    return (
        load.interview_id,
        load.place.id,
        span.kind,
        span.precision,
        span.starts_at,
        span.ends_at,
        load.draft.standing.state,
    )


def _imported(load: Load) -> tuple[Any, ...]:
    raw, key = load.draft.raw, load.known.key
    if key is None:
        raise ValueError("no key to seal under")
    sealed = seal_original(load.row_id, key, raw.canonical)
    return (load.row_id, raw.number, raw.fingerprint, load.interview_id, sealed, load.place.made)
