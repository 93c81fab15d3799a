"""Who a row is about: somebody known already, or somebody new. Never merged on a name alone.

ID number, phone and candidate id each say who it is; an e-mail address does together with the name. A row
without any of them is a person of its own. Someone known keeps their contacts as they are.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from raincheck.accounts.models import Company
from raincheck.core.bulk import Packed, Packer, Shape, each
from raincheck.core.bulk import hashes as as_array
from raincheck.core.crypto import DataKey, Finder
from raincheck.core.ids import ids_to_come, new_ids
from raincheck.migration.fields import Field
from raincheck.migration.rows.drafts import Person
from raincheck.migration.values.dates import Fault
from raincheck.migration.words import Words

ANOTHER_NAME = Fault(
    "known_by_another_name",
    Words(
        "该号码已属于另一姓名的候选人，无法确定是谁",
        "this already belongs to a candidate of another name; who is meant can't be known",
    ),
)
SEVERAL_PEOPLE = Fault(
    "several_people",
    Words(
        "该行的证件号、手机号、编号分属不同的候选人",
        "the row's ID number, phone and id belong to different candidates",
    ),
)
ERASED = Fault("erased", Words("该候选人的个人信息已被删除", "this candidate's data was erased"))
#: Hashes of people whom rows were about, at most.
_REMEMBERED = 300_000
_KINDS = {"id_number": Field.ID_NUMBER, "phone": Field.PHONE, "candidate_id": Field.CANDIDATE_ID}
_CONTACTS = ("phone", "email", "id_number")
_IDENTIFYING = attrgetter(*_KINDS)
_IDENTITIES = Shape(
    "accounts_candidateidentity",
    {"id": "uuid", "data_key": "bytea"}
    | {f"{kind}_{what}": "bytea" for kind in _CONTACTS for what in ("sealed", "hash")},
)
_CANDIDATES = Shape(
    "recruiting_candidate", {"id": "uuid", "identity_id": "uuid", "name": "text", "school": "text"}
)
_KEYS = Shape("migration_candidatekey", {"id": "uuid", "key_hash": "bytea", "candidate_id": "uuid"})
_LOOK = "SELECT c.id, c.name, c.school, c.pool_consent, i.id, i.data_key, i.phone_hash, i.email_hash, i.id_number_hash"
#: All that one index has of many hashes is asked for at once, which takes half of what asking one by one does.
_HAVING = "SELECT id FROM accounts_candidateidentity WHERE {}_hash = ANY (%s::bytea[]) AND company_id = %s"
_BY_CONTACT = " ".join(
    (
        # One question a kind, so that each finds its index.
        f"WITH s AS MATERIALIZED ({' UNION '.join(map(_HAVING.format, _CONTACTS))})",
        _LOOK + " FROM s",
        each("accounts_candidateidentity", "i.id", "s.id", "i.*"),
        each("recruiting_candidate", "c.identity_id", "i.id", "c.*"),
        "ORDER BY c.id",
    )
)
_BY_KEY = " ".join(
    (
        "WITH k AS MATERIALIZED (SELECT k.* FROM migration_candidatekey k",
        "WHERE k.key_hash = ANY (%s::bytea[]) AND k.company_id = %s)",
        _LOOK + ", k.key_hash FROM k",
        each("recruiting_candidate", "c.id", "k.candidate_id", "c.*"),
        each("accounts_candidateidentity", "i.id", "c.identity_id", "i.*"),
    )
)


@dataclass(slots=True)
class Known:
    """A candidate with the key their data is sealed under, None once erased; `fresh` if this part makes them."""

    candidate_id: UUID
    name: str
    school: str
    consent: bool | None
    identity_id: UUID
    key: DataKey | None
    contacts: dict[str, bytes | None]
    fresh: bool = False

    @classmethod
    def of(cls, row: Sequence[Any]) -> "Known":
        """Return one that the database has."""
        candidate_id, name, school, consent, identity_id, wrapped, *hashes = row[:9]
        key = DataKey.unwrap(identity_id, wrapped) if wrapped else None
        found = zip(_CONTACTS, hashes, strict=True)
        contacts = {kind: bytes(value) if value else None for kind, value in found}
        return cls(candidate_id, name, school, consent, identity_id, key, contacts)


class Newcomer(NamedTuple):
    """Somebody as they are to be stored if nobody knows them yet: ids, key, and the identity's columns, sealed."""

    candidate_id: UUID
    identity_id: UUID
    key: DataKey
    contacts: dict[str, bytes | None]
    columns: tuple[Any, ...]


class Hashes(NamedTuple):
    """A person's keyed hashes, by what they are of; the e-mail's goes with the name. `newcomer` if it was seen to."""

    strong: Mapping[str, bytes]
    email: bytes | None
    name: str
    newcomer: Newcomer | None = None


@dataclass
class Hasher:
    """Hashes what identifies the people of one company; where they are to be stored, seals those who seem to be new.

    Whoever reads ahead has the time for it: the database is busy with the part before.
    """

    company_id: UUID
    seals: bool = True
    _finders: dict[str, Finder] = field(init=False)
    _met: set[bytes] = field(default_factory=set)
    _ids: Iterator[UUID] = field(default_factory=ids_to_come)

    def __post_init__(self) -> None:
        self._finders = {kind: Finder(self.company_id, kind) for kind in (*_KINDS, "email")}

    def of(self, person: Person) -> Hashes:
        """Hash what identifies a person."""
        strong = {
            kind: self._finders[kind](value)
            for kind, value in zip(_KINDS, _IDENTIFYING(person), strict=True)
            if value
        }
        email = self._finders["email"](person.email) if person.email else None
        new = (
            newcomer(person, strong, email, self._ids) if self.seals and self._is_new(strong, email) else None
        )
        return Hashes(strong, email, folded(person.name), new)

    def _is_new(self, strong: Mapping[str, bytes], email: bytes | None) -> bool:
        """Say whether no row so far was about them, as far as is remembered: so they may be new to the company, too."""
        marks = [*strong.values()] or ([email] if email else [])
        if not self._met.isdisjoint(marks):
            return False
        if len(self._met) < _REMEMBERED:
            self._met.update(marks)
        return True


class Found(NamedTuple):
    """What the database has of the people a part may be about, as rows: by their contacts, and by what rows said."""

    by_contact: Sequence[Sequence[Any]]
    by_key: Sequence[Sequence[Any]]

    @property
    def candidates(self) -> set[UUID]:
        """Who they are."""
        return {row[0] for rows in self for row in rows}


class Sought(NamedTuple):
    """All hashes of the people of a part, as the database is asked about them: of each kind of contact, and at all."""

    contacts: Sequence[bytes]
    strong: bytes

    @classmethod
    def of(cls, hashes: Iterable[Hashes]) -> "Sought":
        """Gather what is known of people."""
        given: dict[str, set[bytes]] = {kind: set() for kind in (*_KINDS, "email")}
        for one in hashes:
            for kind, value in one.strong.items():
                given[kind].add(value)
            if one.email:
                given["email"].add(one.email)
        strong = set[bytes]().union(*(given[kind] for kind in _KINDS))
        return cls([as_array(given[kind]) for kind in _CONTACTS], as_array(strong))


def look_up(company_id: UUID, sought: Sought) -> Found:
    """Look up everyone a part may be about."""
    by_contact = [one for hashes in sought.contacts for one in (hashes, company_id)]
    return Found(_rows(_BY_CONTACT, by_contact), _rows(_BY_KEY, [sought.strong, company_id]))


@dataclass
class People:
    """The people of one part: those known already were looked up at once, new ones are made as they come."""

    company: Company
    _strong: dict[tuple[str, bytes], Known] = field(default_factory=dict)
    _mails: dict[tuple[bytes, str], Known] = field(default_factory=dict)
    _keys: list[tuple[bytes, UUID]] = field(default_factory=list)
    _fresh: list[tuple[Known, tuple[Any, ...]]] = field(default_factory=list)
    _ids: Iterator[UUID] = field(default_factory=ids_to_come)

    @classmethod
    def known_to(cls, company: Company, hashes: Sequence[Hashes]) -> "People":
        """Look up everyone a part may be about."""
        return cls.of(company, look_up(company.id, Sought.of(hashes)), hashes)

    @classmethod
    def of(cls, company: Company, found: Found, hashes: Sequence[Hashes]) -> "People":
        """Know those who were found for these hashes."""
        people = cls(company)
        people._know_contacts(found.by_contact)
        people._know_keys(found.by_key, {value: kind for h in hashes for kind, value in h.strong.items()})
        return people

    def find(self, person: Person, hashes: Hashes) -> "tuple[Known, bool] | tuple[Field, Fault]":
        """Return who it is, and whether contacts of theirs differ from what is known; or why it can't be said."""
        found = {
            kind: self._strong[kind, h] for kind, h in hashes.strong.items() if (kind, h) in self._strong
        }
        people = {known.candidate_id.int: known for known in found.values()}
        first = next(iter(found), "phone")
        if len(people) > 1:
            return _KINDS[first], SEVERAL_PEOPLE
        known = next(iter(people.values()), None)
        if known is not None and folded(known.name) != hashes.name:
            return _KINDS[first], ANOTHER_NAME
        if known is None and hashes.email:
            known = self._mails.get((hashes.email, hashes.name))
        if known is None:
            return self._add(person, hashes), False
        if known.key is None:
            return _KINDS[first], ERASED
        self._learn(known, hashes)
        return known, _differs(known, hashes)

    def behind(self, hashes: Hashes) -> Known | None:
        """Return whom all of a person's numbers lead to, under whatever name; None where that is no one alone."""
        found = [self._strong[mark] for mark in hashes.strong.items() if mark in self._strong]
        return found[0] if len({known.candidate_id for known in found}) == 1 else None

    def keep_only(self, candidates: Collection[UUID]) -> None:
        """Forget everyone who is new but these, before they are stored: what spoke of them was left out."""
        dropped = {known.candidate_id for known, _ in self._fresh} - set(candidates)
        self._fresh = [one for one in self._fresh if one[0].candidate_id not in dropped]
        self._keys = [(value, id_) for value, id_ in self._keys if id_ not in dropped]

    def packed(self, packer: Packer) -> Iterator[Packed]:
        """Pack everyone who is new, sealed, in the order in which they are to be inserted."""
        company_id = self.company.id
        if self._fresh:
            identities = (columns for _, columns in self._fresh)
            yield packer.pack(
                _IDENTITIES, identities, company_id=company_id, language=self.company.language, timezone=""
            )
            candidates = ((k.candidate_id, k.identity_id, k.name, k.school) for k, _ in self._fresh)
            yield packer.pack(_CANDIDATES, candidates, company_id=company_id, headline="")
        if self._keys:
            keys = zip(new_ids(len(self._keys)), self._keys, strict=True)
            yield packer.pack(_KEYS, ((id_, *key) for id_, key in keys), company_id=company_id)

    def _add(self, person: Person, hashes: Hashes) -> Known:
        new = hashes.newcomer or newcomer(person, hashes.strong, hashes.email, self._ids)
        candidate_id, identity_id, key, contacts, columns = new
        known = Known(candidate_id, person.name, person.school, None, identity_id, key, contacts, fresh=True)
        self._fresh.append((known, columns))
        self._learn(known, hashes)
        return known

    def _learn(self, known: Known, hashes: Hashes) -> None:
        """Know a person by all that a row says, whichever row said it first; contacts on record aren't changed."""
        for kind, value in hashes.strong.items():
            if (kind, value) not in self._strong and value != known.contacts.get(kind):
                self._keys.append((value, known.candidate_id))
            self._strong[kind, value] = known
        # No part after this one could know them by an address that isn't on record.
        if hashes.email and hashes.email == known.contacts["email"]:
            self._mails.setdefault((hashes.email, hashes.name), known)

    def _know_contacts(self, rows: Iterable[Sequence[Any]]) -> None:
        for row in rows:
            known = Known.of(row)
            for kind in ("phone", "id_number"):
                if value := known.contacts[kind]:
                    self._strong[kind, value] = known
            if value := known.contacts["email"]:
                self._mails.setdefault((value, folded(known.name)), known)

    def _know_keys(self, rows: Iterable[Sequence[Any]], kinds: Mapping[bytes, str]) -> None:
        """Know who an earlier row named so; `kinds` says of each hash what it is of."""
        by_candidate = {known.candidate_id: known for known in self._strong.values()}
        for row in rows:
            known = by_candidate.get(row[0]) or Known.of(row)
            by_candidate[known.candidate_id] = known
            value = bytes(row[-1])
            # Contacts on record come before what a row once said.
            self._strong.setdefault((kinds[value], value), known)


def newcomer(
    person: Person, strong: Mapping[str, bytes], email: bytes | None, ids: Iterator[UUID]
) -> Newcomer:
    """Return somebody ready to be stored, with a key of their own."""
    identity_id, candidate_id = next(ids), next(ids)
    phone, id_number = strong.get("phone"), strong.get("id_number")
    key = DataKey.create(identity_id)
    seal = key.seal
    # In the order of the table's columns.
    columns = (
        identity_id,
        key.wrapped(),
        *(seal("phone", person.phone), phone),
        *(seal("email", person.email), email),
        *(seal("id_number", person.id_number), id_number),
    )
    contacts = {"phone": phone, "email": email, "id_number": id_number}
    return Newcomer(candidate_id, identity_id, key, contacts, columns)


def _differs(known: Known, hashes: Hashes) -> bool:
    """Say whether the row names a contact that isn't the one on record."""
    said = {**hashes.strong, "email": hashes.email}
    return any(said.get(kind) not in {None, known.contacts[kind]} for kind in known.contacts)


def _rows(query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def folded(name: str) -> str:
    """Return a name as it is compared: without blanks, whatever its case."""
    return "".join(name.casefold().split())
