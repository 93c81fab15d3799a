"""Who a row is about: somebody known already, or somebody new. Never merged on a name alone.

ID number, phone and candidate id each say who it is; an e-mail address does together with the name. A row
without any of them is a person of its own. Someone known keeps their contacts as they are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from raincheck.accounts.identities import Contacts, new_identity
from raincheck.accounts.models import CandidateIdentity, Company
from raincheck.core.crypto import DataKey, keyed_hash
from raincheck.migration.dates import Fault
from raincheck.migration.fields import Field
from raincheck.migration.models import CandidateKey
from raincheck.migration.rows import Draft, Person
from raincheck.migration.words import Words
from raincheck.recruiting.models import Candidate

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
_KINDS = {"id_number": Field.ID_NUMBER, "phone": Field.PHONE, "candidate_id": Field.CANDIDATE_ID}


@dataclass
class Known:
    """A candidate with the key their data is sealed under; `fresh` until stored."""

    candidate: Candidate
    key: DataKey | None
    contacts: Mapping[str, bytes | None]
    fresh: bool = False


@dataclass(frozen=True)
class Hashes:
    """A person's keyed hashes, by what they are of; the e-mail's goes with the name."""

    strong: Mapping[str, bytes]
    email: bytes | None
    name: str

    @classmethod
    def of(cls, person: Person, company_id: UUID) -> "Hashes":
        """Hash what identifies a person."""
        given = {kind: value for kind in _KINDS if (value := getattr(person, kind))}
        strong = {kind: keyed_hash(company_id, kind, value) for kind, value in given.items()}
        email = keyed_hash(company_id, "email", person.email) if person.email else None
        return cls(strong, email, _folded(person.name))


@dataclass
class People:
    """The people of one batch: those known already are looked up at once, new ones are made as they come."""

    company: Company
    _strong: dict[tuple[str, bytes], Known] = field(default_factory=dict)
    _mails: dict[tuple[bytes, str], Known] = field(default_factory=dict)
    _new_keys: list[CandidateKey] = field(default_factory=list)
    _fresh: list[Known] = field(default_factory=list)
    _identities: list[CandidateIdentity] = field(default_factory=list)

    @classmethod
    def known_to(cls, company: Company, drafts: Iterable[Draft]) -> "People":
        """Look up everyone a batch may be about."""
        people = cls(company)
        hashes = [Hashes.of(draft.person, company.id) for draft in drafts]
        people._look_up_identities(hashes)
        people._look_up_keys({value: kind for h in hashes for kind, value in h.strong.items()})
        return people

    def find(self, person: Person) -> "tuple[Known, bool] | tuple[Field, Fault]":
        """Return who it is, and whether contacts of theirs differ from what is known; or why it can't be said."""
        hashes = Hashes.of(person, self.company.id)
        found = {
            kind: self._strong[kind, h] for kind, h in hashes.strong.items() if (kind, h) in self._strong
        }
        people = {known.candidate.id: known for known in found.values()}
        first = next(iter(found), "phone")
        if len(people) > 1:
            return _KINDS[first], SEVERAL_PEOPLE
        known = next(iter(people.values()), None)
        if known is not None and _folded(known.candidate.name) != hashes.name:
            return _KINDS[first], ANOTHER_NAME
        if known is None and hashes.email:
            known = self._mails.get((hashes.email, hashes.name))
        if known is None:
            return self._add(person, hashes), False
        if known.key is None:
            return _KINDS[first], ERASED
        self._learn(known, hashes)
        return known, self._differs(known, hashes)

    def store(self) -> None:
        """Store everyone who is new."""
        CandidateIdentity.objects.bulk_create(self._identities)
        Candidate.objects.bulk_create(known.candidate for known in self._fresh)
        CandidateKey.objects.bulk_create(self._new_keys)

    def _add(self, person: Person, hashes: Hashes) -> Known:
        contacts = Contacts(phone=person.phone, email=person.email, id_number=person.id_number)
        identity = new_identity(company_id=self.company.id, contacts=contacts, language=self.company.language)
        candidate = Candidate(
            company_id=self.company.id, identity=identity, name=person.name, school=person.school
        )
        key = DataKey.unwrap(identity.id, identity.data_key or b"")
        known = Known(candidate, key, _contacts(identity), fresh=True)
        self._identities.append(identity)
        self._fresh.append(known)
        self._learn(known, hashes)
        return known

    def _learn(self, known: Known, hashes: Hashes) -> None:
        """Know a person by all that a row says, whichever row said it first; contacts on record aren't changed."""
        for kind, value in hashes.strong.items():
            if (kind, value) not in self._strong and value != known.contacts.get(kind):
                self._new_keys.append(
                    CandidateKey(company_id=self.company.id, key_hash=value, candidate=known.candidate)
                )
        self._strong.update(dict.fromkeys(hashes.strong.items(), known))
        if hashes.email:
            self._mails.setdefault((hashes.email, hashes.name), known)

    def _differs(self, known: Known, hashes: Hashes) -> bool:
        """Say whether the row names a contact that isn't the one on record."""
        said = {**hashes.strong, "email": hashes.email}
        return any(said.get(kind) not in {None, known.contacts[kind]} for kind in known.contacts)

    def _look_up_identities(self, hashes: Sequence[Hashes]) -> None:
        ids: set[UUID] = set()
        for kind in ("phone", "id_number", "email"):
            # One question a kind, so that each finds its index.
            wanted = [h.email if kind == "email" else h.strong.get(kind) for h in hashes]
            given = [value for value in wanted if value]
            if given:
                mine = CandidateIdentity.objects.filter(company_id=self.company.id)
                ids |= set(mine.filter(**{f"{kind}_hash__in": given}).values_list("id", flat=True))
        found = Candidate.objects.filter(company_id=self.company.id, identity_id__in=ids)
        found = found.select_related("identity")
        for candidate in found.order_by("id"):
            known = _known(candidate)
            for kind in ("phone", "id_number"):
                if known.contacts[kind]:
                    self._strong[kind, known.contacts[kind] or b""] = known
            if known.contacts["email"]:
                self._mails.setdefault((known.contacts["email"] or b"", _folded(candidate.name)), known)

    def _look_up_keys(self, kinds: Mapping[bytes, str]) -> None:
        """Find who an earlier row named so; `kinds` says of each hash what it is of."""
        found = CandidateKey.objects.filter(company_id=self.company.id, key_hash__in=list(kinds))
        by_candidate = {known.candidate.id: known for known in self._strong.values()}
        for key in found.select_related("candidate__identity"):
            known = by_candidate.get(key.candidate_id) or _known(key.candidate)
            value = bytes(key.key_hash)
            # Contacts on record come before what a row once said.
            self._strong.setdefault((kinds[value], value), known)


def _known(candidate: Candidate) -> Known:
    identity = candidate.identity
    key = DataKey.unwrap(identity.id, identity.data_key) if identity.data_key else None
    return Known(candidate, key, _contacts(identity))


def _contacts(identity: CandidateIdentity) -> dict[str, bytes | None]:
    hashes = {kind: getattr(identity, f"{kind}_hash") for kind in ("phone", "email", "id_number")}
    return {kind: bytes(value) if value else None for kind, value in hashes.items()}


def _folded(name: str) -> str:
    return "".join(name.casefold().split())
