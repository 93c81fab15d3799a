"""After a part was loaded: what stands in the tables is what the file said, counted and hashed, and its seals open."""

import hashlib
from collections.abc import Sequence
from typing import Any

from django.db import connection

from raincheck.core.bulk import each, ids
from raincheck.core.crypto import DataKey
from raincheck.migration.kinds.keeping import Item, Keeper
from raincheck.migration.kinds.reading import KindDraft
from raincheck.migration.loading.aftercheck import OPENED
from raincheck.migration.loading.originals import open_original
from raincheck.migration.loading.parts import Part
from raincheck.migration.loading.people import Known
from raincheck.migration.refusals import CheckFailed

_SEPARATOR = "\x1f"
_STORED = """
SELECT count(*), COALESCE(string_agg(sha256(convert_to(concat_ws(E'\\x1f', r.number, r.subject_id,
    encode(r.fingerprint, 'hex'), {texts}), 'UTF8')), ''::bytea ORDER BY r.number), ''::bytea)
FROM unnest(%s::uuid[]) AS s (id) {row} {joins} WHERE r.company_id = %s AND r.run_id = %s
"""
_SEALED = (
    "SELECT r.id, r.original_sealed, COALESCE(n.id, r.id), COALESCE(n.data_key, r.data_key) FROM migration_broughtrow r"
    " LEFT JOIN recruiting_candidate c ON c.id = r.candidate_id"
    " LEFT JOIN accounts_candidateidentity n ON n.id = c.identity_id"
    " WHERE r.company_id = %s AND r.id = ANY (%s::uuid[])"
)


def check(keeper: Keeper, items: Sequence[Item], part: Part[KindDraft]) -> str:
    """Compare what was stored with what was read; returns the checksum of the plain values. Raises CheckFailed."""
    read = len(items), _digest([_line(keeper, item) for item in items])
    stored = _stored(keeper, items)
    if read != stored:
        which = "count" if read[0] != stored[0] else "checksum"
        raise CheckFailed(check=which, first=part.first, last=part.last)
    _check_seals(keeper, items[:: max(1, len(items) // OPENED)][:OPENED], part)
    return read[1]


def contacts_of(known: Known | None) -> tuple[str, str, str]:
    """Return the hashes of how somebody is reached, as `CONTACTS` has them."""
    if known is None:
        return "", "", ""
    phone, email, id_number = (known.contacts[kind] for kind in ("phone", "email", "id_number"))
    return phone.hex() if phone else "", email.hex() if email else "", id_number.hex() if id_number else ""


#: SQL of `contacts_of`, where `n` is the identity; and the joins to it.
CONTACTS = tuple(f"COALESCE(encode(n.{kind}_hash, 'hex'), '')" for kind in ("phone", "email", "id_number"))
PERSON = " ".join(
    (
        each("recruiting_candidate", "c.id", "r.candidate_id", "c.*"),
        each("accounts_candidateidentity", "n.id", "c.identity_id", "n.*"),
    )
)


def _line(keeper: Keeper, item: Item) -> str:
    draft = item.draft
    values = (str(draft.number), str(item.subject_id), draft.fingerprint.hex(), *keeper.plain(item))
    return _SEPARATOR.join(values)


def _digest(lines: Sequence[str]) -> str:
    hashes = b"".join(hashlib.sha256(line.encode()).digest() for line in lines)
    return hashlib.sha256(hashes).hexdigest()


def _stored(keeper: Keeper, items: Sequence[Item]) -> tuple[int, str]:
    query = _STORED.format(
        texts=", ".join(keeper.texts),
        row=each("migration_broughtrow", "r.id", "s.id", "r.*"),
        joins=keeper.joins,
    )
    values: list[Any] = [ids(item.row_id for item in items), keeper.setting.company.id, keeper.setting.run_id]
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        count, hashes = cursor.fetchone()
    return count, hashlib.sha256(bytes(hashes)).hexdigest()


def _check_seals(keeper: Keeper, items: Sequence[Item], part: Part[KindDraft]) -> None:
    wanted = {item.row_id: item.draft.raw.canonical for item in items}
    with connection.cursor() as cursor:
        cursor.execute(_SEALED, [keeper.setting.company.id, ids(wanted)])
        found: list[tuple[Any, ...]] = list(cursor.fetchall())
    opened = {
        row_id: open_original(row_id, DataKey.unwrap(owner, wrapped), sealed)
        for row_id, sealed, owner, wrapped in found
    }
    if opened != wanted:
        raise CheckFailed(check="seals", first=part.first, last=part.last)
