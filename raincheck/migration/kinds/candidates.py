"""Candidates: whoever isn't known is made; of somebody known, what is empty is filled in and the rest stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.db import connection

from raincheck.core.bulk import hashes, ids
from raincheck.migration.fields import Field
from raincheck.migration.kinds.checking import CONTACTS, PERSON, contacts_of
from raincheck.migration.kinds.keeping import Item, Keeper, Refusal
from raincheck.migration.kinds.names import Kind
from raincheck.migration.kinds.reading import KindDraft, KindRow
from raincheck.migration.loading.people import Hasher, Known
from raincheck.migration.notices import notice
from raincheck.migration.rows.drafts import Person, Raw
from raincheck.migration.values import checks
from raincheck.migration.words import Words

_CONTACTS = ("phone", "email", "id_number")
SCHOOL_KEPT = notice(
    "school_kept",
    lambda n: Words(
        f"{n} 行的候选人已在册，学校不同，册中的保持不变",
        f"{n} rows are about people known already with another school; what is known was left as it is",
    ),
)
HEADLINE_KEPT = notice(
    "headline_kept",
    lambda n: Words(
        f"{n} 行的候选人已在册，简历一栏不同，册中的保持不变",
        f"{n} rows are about people known already with another CV line; what is known was left as it is",
    ),
)
_HEADLINES = "SELECT id, headline FROM recruiting_candidate WHERE id = ANY (%s::uuid[]) AND company_id = %s"
_FILL = """
UPDATE recruiting_candidate c SET school = CASE WHEN c.school = '' THEN w.school ELSE c.school END,
    headline = CASE WHEN c.headline = '' THEN w.headline ELSE c.headline END
FROM unnest(%s::uuid[], %s::text[], %s::text[]) w (id, school, headline)
WHERE c.id = w.id AND c.company_id = %s
"""
_REACH = """
UPDATE accounts_candidateidentity n SET {kind}_sealed = w.sealed, {kind}_hash = w.hash
FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[]) w (id, sealed, hash)
WHERE n.id = w.id AND n.company_id = %s AND n.{kind}_hash IS NULL
"""


@dataclass(frozen=True, slots=True)
class CandidateDraft(KindDraft):
    """A candidate as a row tells of them."""

    headline: str


class CandidateRow(KindRow):
    """One row of a list of candidates."""

    kind = Kind.CANDIDATES

    def draft(self, raw: Raw) -> CandidateDraft:
        """Return the candidate."""
        person = self.person()
        headline = self._checked(Field.HEADLINE, lambda text: checks.text(text, field="headline"))
        return CandidateDraft(raw, person, tuple(self.notices), headline)


class CandidateKeeper(Keeper):
    """Stores candidates."""

    kind = Kind.CANDIDATES
    row = CandidateRow
    makes_people = True
    joins = PERSON
    texts = ("c.name", "c.school", *CONTACTS)

    def settle(self, drafts: Sequence[tuple[KindDraft, Known | None]]) -> list[Item | Refusal]:
        """Every candidate fits: who can't be told apart was left out before."""
        made: set[UUID] = set()
        items: list[Item | Refusal] = []
        for draft, known in drafts:
            if known is None or draft.person is None:
                raise ValueError("a candidate is somebody")
            item = Item(draft, known, known.candidate_id, known.fresh and known.candidate_id not in made)
            made.add(known.candidate_id)
            if known.school and draft.person.school not in {"", known.school}:
                item.notices.append(SCHOOL_KEPT)
            items.append(item)
        return items

    def store(self, items: Sequence[Item], *, now: datetime) -> None:
        """Fill in what is empty of school, CV line and contacts; the first row that tells it counts."""
        told: dict[UUID, tuple[str, str]] = {}
        for item in items:
            draft, known = cast("CandidateDraft", item.draft), item.known
            if known is None or draft.person is None:
                continue
            known.school = known.school or draft.person.school
            headline = told.get(known.candidate_id, ("", ""))[1] or draft.headline
            told[known.candidate_id] = known.school, headline
        wanted = {id_: pair for id_, pair in told.items() if any(pair)}
        if wanted:
            schools, lines = map(list, zip(*wanted.values(), strict=True))
            self._run(_FILL, ids(wanted), schools, lines)
        self._say_what_was_kept(items)
        self._reach([(item.known, item.draft.person) for item in items if item.known and item.draft.person])

    def _say_what_was_kept(self, items: Sequence[Item]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_HEADLINES, [ids(item.subject_id for item in items), self.setting.company.id])
            stands: dict[UUID, str] = dict(cursor.fetchall())
        for item in items:
            told = cast("CandidateDraft", item.draft).headline
            if told and told != stands[item.subject_id]:
                item.notices.append(HEADLINE_KEPT)

    def _reach(self, people: Sequence[tuple[Known, Person]]) -> None:
        hasher = Hasher(self.setting.company.id)
        for kind in _CONTACTS:
            filled: list[tuple[UUID, bytes, bytes]] = []
            for known, person in people:
                value = getattr(person, kind)
                if known.contacts[kind] is None and value and known.key:
                    hashed = hasher.of(person)
                    print_ = hashed.email if kind == "email" else hashed.strong[kind]
                    sealed = known.key.seal(kind, value)
                    if print_ is not None and sealed is not None:
                        known.contacts[kind] = print_
                        filled.append((known.identity_id, sealed, print_))
            if filled:
                owners, seals, prints = zip(*filled, strict=True)
                self._run(_REACH.format(kind=kind), ids(owners), hashes(seals), hashes(prints))

    def _run(self, query: str, *values: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(query, [*values, self.setting.company.id])

    def plain(self, item: Item) -> Sequence[str]:
        """Return name, school and the hashes of the contacts, as they stand once all rows were taken in."""
        known = item.known
        return (known.name, known.school, *contacts_of(known)) if known else ()
