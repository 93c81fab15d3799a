"""The load: everything in one transaction, batch by batch, or nothing at all. A dry run is a load undone.

No message goes out and no vendor is called: what is imported was arranged elsewhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db import connection

from raincheck.accounts.models import Company
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note, note_all
from raincheck.cancellations.models import Reason
from raincheck.core.actor import Actor
from raincheck.core.ids import new_id
from raincheck.migration.cells import Row
from raincheck.migration.dates import Fault
from raincheck.migration.departures import cancel_all
from raincheck.migration.fields import Field
from raincheck.migration.models import ImportedRow, ImportRun
from raincheck.migration.originals import seal_original
from raincheck.migration.outcome import Outcome, mapping_of
from raincheck.migration.people import Known, People
from raincheck.migration.places import Places
from raincheck.migration.rejections import RejectionsFile
from raincheck.migration.rows import Draft, Rejection, RowReader
from raincheck.migration.survey import Study
from raincheck.migration.words import Words
from raincheck.recruiting.models import Application, Interview

BATCH = 1000
CHANGED = Fault(
    "changed_since",
    Words(
        "同一候选人、岗位和时间的面试已存在，而该行内容不同：请在平台中修改",
        "an interview of this candidate, position and time is already here, and this row differs: change it there",
    ),
)


@dataclass
class Loading:
    """One load of one file into one company, within the company's open transaction."""

    company: Company
    study: Study
    reader: RowReader
    rejections: RejectionsFile
    outcome: Outcome
    run: ImportRun
    now: datetime
    reasons: Mapping[str, Reason]
    places: Places = field(init=False)
    _waiting: list[Rejection] = field(default_factory=list)
    _copies: list[Draft] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.places = Places(self.company.id, self.now)

    def load(self) -> None:
        """Load every row that can be, and write the run that did it; `outcome` holds the figures.

        Raises RejectionsUnwritable, and whatever the database says.
        """
        _plan_for_growth()
        rows = self.study.rows()
        while batch := list(islice(rows, BATCH)):
            self._load_batch(batch)
        self.places.settle()
        self.outcome.check()
        for name in ("loaded", "rejected", "unchanged"):
            setattr(self.run, name, getattr(self.outcome, name))
        self.run.rows_in = self.outcome.rows_in
        self.run.warnings, self.run.mapping = self.outcome.notices.all(), mapping_of(self.study)
        self.run.save()
        self._note_run()

    def _load_batch(self, batch: Sequence[tuple[int, Row]]) -> None:
        drafts = list(self._drafts(batch))
        people = People.known_to(self.company, drafts)
        fitting = list(self._fitting(people, drafts))
        people.store()
        placed = self.places.place([(draft, known.candidate) for draft, known in fitting])
        loads = []
        for (draft, known), application in zip(fitting, placed, strict=True):
            if self.places.stands(application, draft):
                self._reject([self._against(draft, Field.START, CHANGED)])
            else:
                loads.append((draft, known, application))
        self._settle_copies(loads)
        self._store(loads)
        self._write_rejections()

    def _drafts(self, batch: Sequence[tuple[int, Row]]) -> Iterator[Draft]:
        """Yield what is new and can be read; count and explain the rest."""
        originals = [self.reader.original(row) for _, row in batch]
        prints = [self.reader.fingerprint(original) for original in originals]
        found = ImportedRow.objects.filter(company_id=self.company.id, fingerprint__in=prints)
        seen = {
            bytes(print_): (run, number)
            for print_, run, number in found.values_list("fingerprint", "run_id", "number")
        }
        for (number, row), print_ in zip(batch, prints, strict=True):
            if print_ in seen:
                self._unchanged(number, *seen[print_])
                continue
            draft = self.reader.read(number, row, fingerprint=print_)
            if isinstance(draft, Draft):
                yield draft
            else:
                self._reject(draft)

    def _fitting(self, people: People, drafts: Sequence[Draft]) -> Iterator[tuple[Draft, Known]]:
        """Yield those whose person is known or can be made, each row once; further copies wait in `_copies`."""
        accepted: set[bytes] = set()
        for draft in drafts:
            if draft.fingerprint in accepted:
                self._copies.append(draft)
            elif known := self._who(people, draft):
                accepted.add(draft.fingerprint)
                yield draft, known

    def _settle_copies(self, loads: Sequence[tuple[Draft, Known, Application]]) -> None:
        """Let a copy share its first's fate: unchanged where that is loaded, else rejected for the same reason."""
        loaded = {draft.fingerprint: draft.number for draft, _, _ in loads}
        for copy in self._copies:
            if copy.fingerprint in loaded:
                self._unchanged(copy.number, self.run.id, loaded[copy.fingerprint])
            else:
                self._reject([self._against(copy, Field.START, CHANGED)])
        self._copies.clear()

    def _unchanged(self, number: int, run_id: UUID, first: int) -> None:
        self.outcome.unchanged += 1
        if run_id == self.run.id:
            self.outcome.notices.row(
                "same_row_twice",
                lambda n: Words(
                    f"{n} 行与本文件中较早的一行完全相同，只载入一次",
                    f"{n} rows are the same as an earlier one of this file and are loaded once",
                ),
                f"{number}={first}",
            )

    def _who(self, people: People, draft: Draft) -> Known | None:
        first, second = people.find(draft.person)
        if isinstance(first, Known):
            if second:
                self.outcome.notices.row(
                    "contacts_kept",
                    lambda n: Words(
                        f"{n} 行的候选人已在册，联系方式不同，册中的保持不变",
                        f"{n} rows are about people known already with other contacts; what is known was left as it is",
                    ),
                    draft.number,
                )
            return first
        if isinstance(second, Fault):
            self._reject([self._against(draft, first, second)])
        return None

    def _store(self, loads: Sequence[tuple[Draft, Known, Application]]) -> None:
        pairs = [(draft, self._interview(draft, application)) for draft, _, application in loads]
        Interview.objects.bulk_create(interview for _, interview in pairs)
        ImportedRow.objects.bulk_create(
            self._imported(draft, known, interview)
            for (draft, known, _), (_, interview) in zip(loads, pairs, strict=True)
        )
        actor = Actor.system(self.company.id)
        note_all(
            actor=actor, deeds=[self._deed(draft, interview) for draft, interview in pairs], now=self.now
        )
        cancel_all(pairs, reasons=self.reasons, moves=self.places.made, now=self.now)
        for draft, _ in pairs:
            for code, words in draft.notices:
                self.outcome.notices.row(code, words, draft.number)
        self.outcome.loaded += len(loads)

    def _interview(self, draft: Draft, application: Application) -> Interview:
        return Interview(
            company_id=self.company.id,
            application=application,
            kind=draft.span.kind,
            precision=draft.span.precision,
            starts_at=draft.span.starts_at,
            ends_at=draft.span.ends_at,
            state=draft.standing.state,
        )

    def _imported(self, draft: Draft, known: Known, interview: Interview) -> ImportedRow:
        row_id = new_id()
        return ImportedRow(
            id=row_id,
            company_id=self.company.id,
            run=self.run,
            number=draft.number,
            fingerprint=draft.fingerprint,
            interview=interview,
            original_sealed=seal_original(row_id, known.key, draft.original),
        )

    def _deed(self, draft: Draft, interview: Interview) -> Deed:
        position = interview.application.position
        facts = {
            "run": str(self.run.id),
            "row": draft.number,
            "state": interview.state,
            "kind": interview.kind,
            "precision": interview.precision,
            "starts_at": interview.starts_at.isoformat(),
            "ends_at": interview.ends_at.isoformat(),
            "position": str(position.id),
            "department": str(position.department_id),
            "school": draft.person.school,
            "source": draft.source,
        }
        subject = Subject("interview", interview.id, interview_id=interview.id)
        return Deed(Action.INTERVIEW_IMPORTED, subject, facts)

    def _note_run(self) -> None:
        figures = {
            name: getattr(self.outcome, name) for name in ("rows_in", "loaded", "rejected", "unchanged")
        }
        facts = {**figures, "sha256": self.run.sha256, "timezone": self.run.timezone}
        deed = Deed(Action.IMPORTED, Subject("import", self.run.id), facts)
        note(actor=Actor.system(self.company.id), deed=deed, now=self.now)

    def _against(self, draft: Draft, known: Field, fault: Fault) -> Rejection:
        column = self.study.mapping.column(known)
        value = dict(draft.original).get(column.key, "") if column else ""
        return Rejection(draft.number, column.label.strip() if column else known, known, value, fault)

    def _reject(self, found: Sequence[Rejection]) -> None:
        self.outcome.rejected += 1
        self._waiting += found

    def _write_rejections(self) -> None:
        """Write what the batch rejected, in the order of the file."""
        for rejection in sorted(self._waiting, key=lambda rejection: rejection.row):
            self.rejections.add(rejection)
            self.outcome.show(rejection)
        self._waiting.clear()


def _plan_for_growth() -> None:
    """Have this transaction's checks use indexes.

    The tables may be empty when its plans are made, so that reading all of them seems cheapest, and nobody counts
    them anew before the commit: checking references would take longer with every batch.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
