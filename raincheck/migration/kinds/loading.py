"""The load of a file of any kind but interviews, part by part: who is who, what fits, store, check what was stored."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from raincheck.cancellations.models import Reason
from raincheck.core.bulk import Packer, Shape, insert_rows
from raincheck.core.crypto import DataKey
from raincheck.migration.fields import Field
from raincheck.migration.kinds.checking import check
from raincheck.migration.kinds.keeping import Item, Keeper, Refusal, Setting
from raincheck.migration.kinds.reading import KindDraft
from raincheck.migration.loading.originals import seal_original
from raincheck.migration.loading.parts import Ahead, Part
from raincheck.migration.loading.people import Hashes, Known, People
from raincheck.migration.loading.settling import UNMERGED, Settling, known_as, prints_of
from raincheck.migration.notices import notice
from raincheck.migration.rows.drafts import Raw, Rejection
from raincheck.migration.values.dates import Fault
from raincheck.migration.words import Words

NOBODY = Fault(
    "no_such_candidate",
    Words(
        "没有这位候选人，请先导入候选人或面试",
        "there is no such candidate: import candidates or interviews first",
    ),
)
OTHER_CONTACTS = notice(
    "other_contacts_kept",
    lambda n: Words(
        f"{n} 行的候选人已在册，联系方式不同，册中的保持不变",
        f"{n} rows are about people known already with other contacts; what is known was left as it is",
    ),
)
_ROWS = Shape(
    "migration_broughtrow",
    {
        "id": "uuid",
        "number": "integer",
        "fingerprint": "bytea",
        "subject_id": "uuid",
        "made": "boolean",
        "candidate_id": "uuid",
        "original_sealed": "bytea",
        "data_key": "bytea",
    },
)


@dataclass
class KindLoading(Settling):
    """One run of one file; what is the kind's own is its keeper's."""

    table = "migration_broughtrow"

    reasons: Mapping[str, Reason]
    make_keeper: type[Keeper]
    keeper: Keeper = field(init=False)
    _copies: list[Raw] = field(default_factory=list, kw_only=True)

    def __post_init__(self) -> None:
        self.keeper = self.make_keeper(Setting(self.company, self.run.id, self.reasons, self.run.at))

    def load(
        self, part: Part[KindDraft], *, now: datetime, ahead: Ahead[Part[KindDraft]] | None = None
    ) -> None:
        """Load every row of a part that can be; count and keep the others.

        `ahead` has the part that comes next read once it is the database that has most to do.

        Raises RejectionsUnwritable, CheckFailed, archive.actions.MoveFailed, and whatever the database says.
        """
        before = self.outcome.loaded
        items = self._items(part)
        if ahead:
            ahead.go_on()
        if items:
            self.keeper.store(items, now=now)
            insert_rows(
                _ROWS, map(_row, items), company_id=self.company.id, run_id=self.run.id, kind=self.keeper.kind
            )
            for item in items:
                for said in (*item.draft.notices, *item.notices):
                    self.say(said, item.draft.number)
            self.count_anew(before + len(items))
            checksum = check(self.keeper, items, part)
            self.note_part(part, {"loaded": len(items), "checksum": checksum, "kind": self.keeper.kind}, now)
        self._settle_copies(items)
        self.quarantine()
        self.outcome.loaded = before + len(items)
        self.run.position = part.last

    def _items(self, part: Part[KindDraft]) -> list[Item]:
        new = list(self._new(part))
        people = People.known_to(self.company, [known_by for _, known_by in new if known_by])
        fitting = list(self._fitting(people, new))
        items: list[Item] = []
        for (draft, _), found in zip(fitting, self.keeper.settle(fitting), strict=True):
            if isinstance(found, Refusal):
                self.reject(draft.raw, [self.against(draft, found.field, found.fault)])
            else:
                items.append(found)
        if self.keeper.makes_people:
            # Whoever only a rejected row speaks of stays unknown.
            people.keep_only({item.known.candidate_id for item in items if item.known})
            for rows in people.packed(Packer()):
                rows.stage().insert()
        return items

    def _new(self, part: Part[KindDraft]) -> Iterator[tuple[KindDraft, Hashes | None]]:
        """Yield what is new and could be read; count and explain the rest."""
        seen, accepted = self.seen(prints_of(raw for raw, _, _ in part.rows)), set[bytes]()
        for raw, draft, known_by in part.rows:
            there, unmerged = known_as(raw, seen, self.run.id)
            if there:
                self.unchanged(raw.number, *there)
                if unmerged:
                    self.say(UNMERGED, raw.number)
            elif isinstance(draft, list):
                self.reject(raw, draft)
            elif raw.fingerprint in accepted:
                self._copies.append(raw)
            else:
                accepted.add(raw.fingerprint)
                yield draft, known_by

    def _fitting(
        self, people: People, new: Sequence[tuple[KindDraft, Hashes | None]]
    ) -> Iterator[tuple[KindDraft, Known | None]]:
        """Yield those whose person is known or can be made, or who speak of none."""
        for draft, known_by in new:
            if draft.person is None or known_by is None:
                yield draft, None
                continue
            first, second = people.find(draft.person, known_by)
            if isinstance(first, Known):
                if second:
                    self.say(OTHER_CONTACTS, draft.number)
                yield draft, first
            elif isinstance(second, Fault):
                self.reject(draft.raw, [self.against(draft, first, second)])

    def _settle_copies(self, items: Sequence[Item]) -> None:
        """Let a copy share its first's fate: unchanged where that is loaded, else rejected for the same reason."""
        loaded = {item.draft.fingerprint: item.draft.number for item in items}
        why: dict[bytes, list[Rejection]] = {raw.fingerprint: found for raw, found in self._rejected}
        for raw in self._copies:
            if raw.fingerprint in loaded:
                self.unchanged(raw.number, self.run.id, loaded[raw.fingerprint])
            else:
                found = why[raw.fingerprint]
                self.reject(raw, [Rejection(raw.number, r.column, r.field, r.value, r.fault) for r in found])
        self._copies.clear()


def _row(item: Item) -> tuple[Any, ...]:
    raw, known = item.draft.raw, item.known
    key = known.key if known else DataKey.create(item.row_id)
    if key is None:
        raise ValueError("no key to seal under")
    candidate: UUID | None = known.candidate_id if known else None
    sealed = seal_original(item.row_id, key, raw.canonical)
    wrapped = None if known else key.wrapped()
    return (
        item.row_id, raw.number, raw.fingerprint, item.subject_id, item.made, candidate, sealed, wrapped,
    )  # fmt: skip


def nobody() -> Refusal:
    """Return why a row about somebody unknown is left out, where its kind makes nobody."""
    return Refusal(Field.NAME, NOBODY)
