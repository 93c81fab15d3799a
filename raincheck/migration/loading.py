"""The load of one run, part by part: who is who, where each interview hangs, store, check what was stored.

Everything here happens in the open transaction of one company. No message goes out and no vendor is called: what is
imported was arranged elsewhere.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from raincheck.audit.log import entries_of, store_all
from raincheck.cancellations.models import Reason
from raincheck.core.actor import Actor
from raincheck.core.bulk import Shape, insert_rows, staged
from raincheck.migration import aftercheck, at_vendors
from raincheck.migration.departures import Leaver, cancel_together
from raincheck.migration.fields import Field
from raincheck.migration.notices import notice
from raincheck.migration.originals import seal_original
from raincheck.migration.parts import Ahead, Part
from raincheck.migration.places import Places
from raincheck.migration.planning import Load, Plan, Planner
from raincheck.migration.refusals import CheckFailed
from raincheck.migration.rows import Draft
from raincheck.migration.settling import Settling
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


@dataclass
class Loading(Settling):
    """One run of one file of interviews into one company."""

    table = "migration_importedrow"

    reasons: Mapping[str, Reason]
    places: Places = field(init=False)
    _planner: Planner = field(init=False)
    #: The part that comes next, and what becomes of it, worked out while this one is stored.
    _coming: tuple[Part[Draft], Future[Plan]] | None = None
    #: For what this part waits for, and for what the next one does.
    _beside: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="beside")
    )
    _before: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="before")
    )

    def __post_init__(self) -> None:
        self.places = Places(self.company.id, self.run.id, self.reasons, self.run.at)
        self._planner = Planner(self.company, self.run.id, self.places, self.against, self.seen)

    def close(self) -> None:
        """Let go of the threads that work beside the database."""
        self._beside.shutdown()
        self._before.shutdown()

    def load(self, part: Part[Draft], *, now: datetime, ahead: Ahead[Part[Draft]] | None = None) -> None:
        """Load every row of a part that can be; count and keep the others.

        `ahead` has the part that comes next read and planned while the database stores this one.

        Raises RejectionsUnwritable, CheckFailed, archive.actions.MoveFailed, and whatever the database says.
        """
        before, plan = self.outcome.loaded, self._planned(part)
        self._insert(plan, ahead)
        if ahead:
            self._plan_ahead(ahead)
        if plan.loads:
            checksum = self._store(plan.loads, part, now)
            facts = {"loaded": len(plan.loads), "checksum": checksum}
            self.note_part(part, facts, now)
        self._tell(plan)
        self.quarantine()
        self.outcome.loaded = before + len(plan.loads)
        self.run.position = part.last

    def _planned(self, part: Part[Draft]) -> Plan:
        coming, self._coming = self._coming, None
        if coming and coming[0] is part:
            return coming[1].result()
        return self._planner.plan(part.rows, self._planner.ask(part.rows))

    def _plan_ahead(self, ahead: Ahead[Part[Draft]]) -> None:
        """Have the next part planned while the rest of this one is stored, which it may refer to by now."""
        part = ahead.peek()
        if part is None:
            return
        facts = self._planner.ask(part.rows)
        if facts.certain:
            self._coming = part, self._before.submit(self._planner.plan, part.rows, facts)

    def _tell(self, plan: Plan) -> None:
        """Count what isn't stored, and say why."""
        for row in plan.unchanged:
            self.unchanged(*row)
        for number in plan.other_contacts:
            self.say(_CONTACTS_KEPT, number)
        for raw, found in plan.rejected:
            self.reject(raw, found)

    def _insert(self, plan: Plan, ahead: Ahead[Part[Draft]] | None) -> None:
        """Insert people, applications, interviews and the rows they come from.

        All are brought to the database first, which Python has its part in; it has none in the inserting.
        """
        loads, new = plan.loads, [*plan.people.staged()]
        if loads:
            new += self.places.staged([load.place for load in loads])
            rows = map(_interview, loads)
            new.append(staged(_INTERVIEWS, rows, company_id=self.company.id, **_INTERVIEW_STARTS_WITH))
        sealed = self._beside.submit(lambda: [_imported(load) for load in loads])
        if ahead:
            ahead.go_on()
        for waiting in new:
            waiting.insert()
        if loads:
            insert_rows(_IMPORTED, sealed.result(), company_id=self.company.id, run_id=self.run.id)

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
                self.say(said, load.draft.number)
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
