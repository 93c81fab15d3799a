"""The load of one run, part by part: who is who, where each interview hangs, store, check what was stored.

Everything here happens in the open transaction of one company. No message goes out and no vendor is called: what is
imported was arranged elsewhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from raincheck.accounts.models import Company
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, entries_of, note, store_all
from raincheck.cancellations.models import Reason
from raincheck.core.actor import Actor
from raincheck.core.bulk import Shape, hashes, insert_rows
from raincheck.core.ids import new_ids
from raincheck.migration import aftercheck, at_vendors, quarantine
from raincheck.migration.dates import Fault
from raincheck.migration.departures import Leaver, cancel_together
from raincheck.migration.fields import Field
from raincheck.migration.models import ImportRun
from raincheck.migration.notices import notice
from raincheck.migration.originals import seal_original
from raincheck.migration.outcome import Outcome
from raincheck.migration.parts import Part
from raincheck.migration.people import Hashes, Known, People
from raincheck.migration.places import Place, Places
from raincheck.migration.refusals import CheckFailed
from raincheck.migration.rejections import RejectionsFile
from raincheck.migration.rows import Draft, Raw, Rejection
from raincheck.migration.survey import Study
from raincheck.migration.words import Words

CHANGED = Fault(
    "changed_since",
    Words(
        "同一候选人、岗位和时间的面试已存在，而该行内容不同：请在平台中修改",
        "an interview of this candidate, position and time is already here, and this row differs: change it there",
    ),
)
TWICE = notice(
    "same_row_twice",
    lambda n: Words(
        f"{n} 行与本文件中较早的一行完全相同，只载入一次",
        f"{n} rows are the same as an earlier one of this file and are loaded once",
    ),
)
_CONTACTS_KEPT = notice(
    "contacts_kept",
    lambda n: Words(
        f"{n} 行的候选人已在册，联系方式不同，册中的保持不变",
        f"{n} rows are about people known already with other contacts; what is known was left as it is",
    ),
)
#: How much larger tables must have become to be counted anew; it takes a second each time.
_GROWN = 4
_SEEN = (
    "SELECT r.fingerprint, r.run_id, r.number FROM unnest(%s::bytea[]) AS s (fingerprint)"
    " CROSS JOIN LATERAL (SELECT r.* FROM migration_importedrow r"
    " WHERE r.company_id = %s AND r.fingerprint = s.fingerprint OFFSET 0) r"
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
class Loading:
    """One run of one file into one company."""

    company: Company
    study: Study
    rejections: RejectionsFile
    outcome: Outcome
    run: ImportRun
    reasons: Mapping[str, Reason]
    places: Places = field(init=False)
    _beside: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="beside")
    )
    _counted: int = 0
    _rejected: list[tuple[Raw, list[Rejection]]] = field(default_factory=list)
    _copies: list[tuple[Raw, Draft]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.places = Places(self.company.id, self.run.id, self.reasons, self.run.at)

    def close(self) -> None:
        """Let go of the thread that works beside the database."""
        self._beside.shutdown()

    def load(self, part: Part, *, now: datetime) -> None:
        """Load every row of a part that can be; count and keep the others.

        Raises RejectionsUnwritable, CheckFailed, archive.actions.MoveFailed, and whatever the database says.
        """
        before = self.outcome.loaded
        loads = self._loads(part)
        if loads:
            checksum = self._store(loads, part, now)
            facts = {"loaded": len(loads), "checksum": checksum}
            self._note(part, facts, now)
        self._settle_copies(loads)
        self._quarantine()
        self.outcome.loaded = before + len(loads)
        self.run.position = part.last

    def _loads(self, part: Part) -> list[Load]:
        new = list(self._new(part))
        people = People.known_to(self.company, [known_by for _, known_by in new])
        fitting = list(self._fitting(people, new))
        people.store()
        placed = self.places.place(fitting)
        kept = []
        for (draft, known), place in zip(fitting, placed, strict=True):
            if draft.span.starts_at in place.starts:
                self._reject(draft.raw, [self._against(draft, Field.START, CHANGED)])
            else:
                place.see(draft)
                kept.append((draft, known, place))
        ids = new_ids(2 * len(kept))
        rows = zip(kept, ids[: len(kept)], ids[len(kept) :], strict=True)
        return [Load(*three, interview_id, row_id) for three, interview_id, row_id in rows]

    def _new(self, part: Part) -> Iterator[tuple[Draft, Hashes]]:
        """Yield what is new and could be read; count and explain the rest."""
        seen = self._seen([raw.fingerprint for raw, _, _ in part.rows])
        for raw, draft, known_by in part.rows:
            if raw.fingerprint in seen:
                self._unchanged(raw.number, *seen[raw.fingerprint])
            elif isinstance(draft, list):
                self._reject(raw, draft)
            elif known_by is not None:
                yield draft, known_by

    def _seen(self, prints: Sequence[bytes]) -> dict[bytes, tuple[UUID, int]]:
        """Return run and number of the rows that are loaded already."""
        with connection.cursor() as cursor:
            cursor.execute(_SEEN, [hashes(prints), self.company.id])
            return {bytes(print_): (run_id, number) for print_, run_id, number in cursor.fetchall()}

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
                self._unchanged(raw.number, self.run.id, loaded[raw.fingerprint])
            else:
                self._reject(raw, [self._against(draft, Field.START, CHANGED)])
        self._copies.clear()

    def _unchanged(self, number: int, run_id: UUID, first: int) -> None:
        self.outcome.unchanged += 1
        if run_id == self.run.id:
            self.outcome.notices.row(TWICE, f"{number}={first}")

    def _who(self, people: People, draft: Draft, known_by: Hashes) -> Known | None:
        first, second = people.find(draft.person, known_by)
        if isinstance(first, Known):
            if second:
                self.outcome.notices.row(_CONTACTS_KEPT, draft.number)
            return first
        if isinstance(second, Fault):
            self._reject(draft.raw, [self._against(draft, first, second)])
        return None

    def _store(self, loads: Sequence[Load], part: Part, now: datetime) -> str:
        """Store the rows with all that belongs to them; returns the checksum of their plain values."""
        company_id, placed = self.company.id, [load.place for load in loads]
        # Sealed and reckoned while the database stores what doesn't need it.
        rows = self._beside.submit(lambda: [_imported(load) for load in loads])
        plain = [(one.draft, one.known, one.place.position.id) for one in loads]
        read = self._beside.submit(aftercheck.tally_of, plain)
        self.places.store(placed)
        insert_rows(_INTERVIEWS, map(_interview, loads), company_id=company_id, **_INTERVIEW_STARTS_WITH)
        insert_rows(_IMPORTED, rows.result(), company_id=company_id, run_id=self.run.id)
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
        self._count_anew(self.outcome.loaded + len(loads))
        checksum = self._check(loads, part, read.result())
        store_all(entries.result())
        return checksum

    def _count_anew(self, loaded: int) -> None:
        """Have the server count the tables each time they have grown fourfold: it knows a new company only then.

        Without, it takes them for none, and reads all of the company's by whatever index for each one it looks up.
        """
        if loaded >= _GROWN * self._counted:
            self._counted = loaded
            with connection.cursor() as cursor:
                cursor.execute("SELECT migration_count_anew()")

    def _check(self, loads: Sequence[Load], part: Part, read: aftercheck.Tally) -> str:
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

    def _note(self, part: Part, facts: Mapping[str, Any], now: datetime) -> None:
        self.run.checksum = aftercheck.chained(self.run.checksum, facts["checksum"])
        rows = {"first": part.first, "last": part.last, "rows": len(part.rows)}
        deed = Deed(Action.IMPORTED_PART, Subject("import", self.run.id), {**rows, **facts})
        note(actor=Actor.system(self.company.id), deed=deed, now=now)

    def _against(self, draft: Draft, known: Field, fault: Fault) -> Rejection:
        column = self.study.mapping.column(known)
        texts = draft.raw.texts
        value = texts[column.index] if column and column.index < len(texts) else ""
        return Rejection(draft.number, column.label.strip() if column else known, known, value, fault)

    def _reject(self, raw: Raw, found: list[Rejection]) -> None:
        self.outcome.rejected += 1
        self._rejected.append((raw, found))

    def _quarantine(self) -> None:
        """Keep and write down what the part rejected, in the order of the file."""
        self._rejected.sort(key=lambda one: one[0].number)
        quarantine.quarantine(self.run, self._rejected)
        for _, found in self._rejected:
            for rejection in found:
                self.rejections.add(rejection)
                self.outcome.show(rejection)
        self._rejected.clear()


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
