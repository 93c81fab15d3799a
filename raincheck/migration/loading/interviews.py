"""The load of one run, part by part: who is who, where each interview hangs, store, check what was stored.

Everything here happens in the open transaction of one company. No message goes out and no vendor is called: what is
imported was arranged elsewhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from raincheck.audit.log import entries_of, store_all
from raincheck.cancellations.models import Reason
from raincheck.core.actor import Actor
from raincheck.core.bulk import Packed, Packer, Shape, ids
from raincheck.migration.fields import BESIDE, Field
from raincheck.migration.loading import aftercheck, at_vendors, beside
from raincheck.migration.loading.departures import Departing, Leaver, cancel_together
from raincheck.migration.loading.originals import seal_original
from raincheck.migration.loading.parts import Ahead, Part
from raincheck.migration.loading.places import Places
from raincheck.migration.loading.planning import Asking, Facts, Load, Plan, Planner
from raincheck.migration.loading.settling import Settling
from raincheck.migration.notices import notice
from raincheck.migration.refusals import CheckFailed
from raincheck.migration.rows.drafts import Draft
from raincheck.migration.words import Words

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
_LINKED = Shape(_INTERVIEWS.table, {**_INTERVIEWS.columns, "vendor_link": "text"})
_STARTS_WITH = {
    "sequence": 0,
    "vendor_ref": "",
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


class Reckoned(NamedTuple):
    """The rows that interviews come from, what must be found of them in the end, and who leaves the schedule."""

    originals: Packed
    row_ids: bytes
    tally: aftercheck.Tally
    departing: Departing
    beside: beside.Tally | None


class Ready(NamedTuple):
    """What becomes of a part, and the rows to be stored of it: people, applications, interviews, panels, scores."""

    plan: Plan
    rows: Sequence[Packed]
    seats: Sequence[beside.Seat]


@dataclass
class Loading(Settling):
    """One run of one file of interviews into one company."""

    table = "migration_importedrow"

    reasons: Mapping[str, Reason]
    places: Places = field(init=False)
    _planner: Planner = field(init=False)
    _packer: Packer = field(default_factory=Packer)
    #: Who may be on a panel; None where the file has nothing beside its interviews.
    _colleagues: beside.Colleagues | None = None
    #: The part that comes next, and what becomes of it, worked out while this one is stored.
    _coming: tuple[Part[Draft], Future[Ready]] | None = None

    def __post_init__(self) -> None:
        self.places = Places(self.company.id, self.run.id, self.reasons, self.run.at)
        self._planner = Planner(self.company, self.run.id, self.places, self.against, self.seen)
        if any(column.field in BESIDE for column in self.study.mapping.columns):
            self._colleagues = beside.Colleagues(self.company.id)

    def load(self, part: Part[Draft], *, now: datetime, ahead: Ahead[Part[Draft]] | None = None) -> None:
        """Load every row of a part that can be; count and keep the others.

        `ahead` has the part that comes next read and planned while the database stores this one.

        Raises RejectionsUnwritable, CheckFailed, archive.actions.MoveFailed, and whatever the database says.
        """
        before, ready = self.outcome.loaded, self._ready(part)
        plan, reckoned = ready.plan, self._insert(ready, ahead)
        if ahead:
            self._plan_ahead(ahead)
        if plan.loads:
            checksum = self._store(plan.loads, reckoned, part, now)
            facts = {"loaded": len(plan.loads), "checksum": checksum}
            self.note_part(part, facts, now)
        self._tell(plan)
        self.quarantine()
        self.outcome.loaded = before + len(plan.loads)
        self.run.position = part.last

    def made_ready(self, parts: Iterator[Part[Any]]) -> Iterator[Part[Any]]:
        """Have the questions put together where the rows are read."""
        return map(Asking.of, parts)

    def _ready(self, part: Part[Draft]) -> Ready:
        coming, self._coming = self._coming, None
        if coming and coming[0] is part:
            return coming[1].result()
        asking = Asking.of(part)
        return self._prepare(asking, self._planner.ask(asking))

    def _plan_ahead(self, ahead: Ahead[Part[Draft]]) -> None:
        """Have the next part planned while the rest of this one is stored, which it may refer to by now."""
        part = ahead.peek()
        if part is None:
            return
        asking = Asking.of(part)
        facts = self._planner.ask(asking)
        if facts.certain:
            self._coming = part, self.beside.submit(self._prepare, asking, facts)

    def _prepare(self, part: Asking, facts: Facts) -> Ready:
        plan = self._planner.plan(part, facts)
        seats, strangers = beside.seats_of(plan.loads, self._colleagues) if self._colleagues else ([], [])
        if strangers:
            plan.said[beside.PANEL_UNKNOWN] = strangers
        return Ready(plan, list(self._packed(plan, seats)), seats)

    def _insert(self, ready: Ready, ahead: Ahead[Part[Draft]] | None) -> Reckoned:
        """Insert the rows of a part; returns what was reckoned meanwhile.

        All but the originals are brought to the database first, for Python has no part in the inserting.
        """
        waiting = [packed.stage() for packed in ready.rows]
        reckoning = self.beside.submit(self._reckon, ready)
        if ahead:
            ahead.go_on()
        for staged in waiting:
            staged.insert()
        reckoned = reckoning.result()
        if ready.plan.loads:
            reckoned.originals.stage().insert()
        return reckoned

    def _tell(self, plan: Plan) -> None:
        """Say what was noticed of rows; count what isn't stored, and say why."""
        for said, numbers in plan.said.items():
            self.outcome.notices.rows(said, numbers)
        for row in plan.unchanged:
            self.unchanged(*row)
        for number in plan.other_contacts:
            self.say(_CONTACTS_KEPT, number)
        for raw, found in plan.rejected:
            self.reject(raw, found)

    def _packed(self, plan: Plan, seats: Sequence[beside.Seat]) -> Iterator[Packed]:
        """Pack people, applications, interviews and what lies beside them, in the order in which one needs another."""
        loads, company_id, pack = plan.loads, self.company.id, self._packer.pack
        yield from plan.people.packed(self._packer)
        if not loads:
            return
        yield from self.places.packed([load.place for load in loads], self._packer)
        if self._colleagues is None:
            yield pack(
                _INTERVIEWS, map(_interview, loads), company_id=company_id, vendor_link="", **_STARTS_WITH
            )
            return
        linked = ((*_interview(load), load.draft.beside.link) for load in loads)
        yield pack(_LINKED, linked, company_id=company_id, **_STARTS_WITH)
        yield from beside.packed(loads, seats, self._packer, company_id=company_id, at=self.run.at)

    def _reckon(self, ready: Ready) -> Reckoned:
        loads = ready.plan.loads
        originals = self._packer.pack(
            _IMPORTED, map(_imported, loads), company_id=self.company.id, run_id=self.run.id
        )
        plain = ((one.draft, one.known, one.place.position.id) for one in loads)
        leavers = [
            Leaver(load.interview_id, load.place, load.draft, how)
            for load in loads
            if (how := load.draft.standing.cancelled)
        ]
        departing = Departing.of(
            leavers, company_id=self.company.id, reasons=self.reasons, packer=self._packer
        )
        row_ids = ids(load.row_id for load in loads)
        also = beside.tally_of(loads, ready.seats) if self._colleagues else None
        return Reckoned(originals, row_ids, aftercheck.tally_of(plain), departing, also)

    def _store(self, loads: Sequence[Load], reckoned: Reckoned, part: Part[Draft], now: datetime) -> str:
        """Store the rows with all that belongs to them; returns the checksum of their plain values."""
        company_id, placed = self.company.id, [load.place for load in loads]
        if self.study.mapping.column(Field.VENDOR_REF):
            at_vendors.tie(
                company_id, [(load.interview_id, load.draft) for load in loads], self.outcome.notices
            )
        actor = Actor.system(company_id)
        _, deeds = cancel_together(reckoned.departing, actor=actor, now=now)
        here = copy_context()
        entries = self.beside.submit(here.run, lambda: entries_of(actor=actor, deeds=deeds, now=now))
        self.places.settle(placed)
        self.count_anew(self.outcome.loaded + len(loads))
        checksum = self._check(loads, part, reckoned)
        store_all(entries.result())
        return checksum

    def _check(self, loads: Sequence[Load], part: Part[Draft], reckoned: Reckoned) -> str:
        """Compare what was stored with what was read; returns the checksum of both. Raises CheckFailed."""
        stored = aftercheck.tally_stored(
            company_id=self.company.id, run_id=self.run.id, row_ids=reckoned.row_ids
        )
        self._compare(reckoned.tally, stored, part)
        checksum = reckoned.tally.checksum
        if reckoned.beside:
            also = beside.tally_stored(
                company_id=self.company.id, run_id=self.run.id, row_ids=reckoned.row_ids
            )
            self._compare(reckoned.beside, also, part)
            checksum = aftercheck.chained(checksum, reckoned.beside.beside)
        some = loads[:: max(1, len(loads) // aftercheck.OPENED)][: aftercheck.OPENED]
        aftercheck.check_seals(self.company.id, [(load.row_id, load.draft.raw.canonical) for load in some])
        return checksum

    @staticmethod
    def _compare(read: object, stored: object, part: Part[Draft]) -> None:
        """Raise CheckFailed, naming the first figure that differs."""
        which = [name for name, value in vars(read).items() if value != getattr(stored, name)]
        if which:
            raise CheckFailed(check=which[0], first=part.first, last=part.last)


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
