"""After a part was loaded: what stands in the tables is what the file said, counted, summed and hashed.

Both sides write each row's plain values as one line of text: here from what was read, in the database from what was
stored. How somebody is reached is in it as its keyed hash, which is the same for the same plain value alone. Of the
seals a few are opened, so that a key that fits nothing would be seen.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from raincheck.core.bulk import each, ids
from raincheck.core.crypto import DataKey
from raincheck.migration.originals import open_original
from raincheck.migration.people import Known
from raincheck.migration.refusals import CheckFailed
from raincheck.migration.rows import Draft

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SEPARATOR = "\x1f"
#: Originals opened again of each part.
OPENED = 10
_US = "(extract(epoch FROM i.{0}) * 1000000)::bigint"
_TEXT = (
    f"concat_ws(E'\\x1f', r.number, i.kind, i.precision, {_US.format('starts_at')}, {_US.format('ends_at')},"
    " i.state, a.position_id, c.name, c.school, COALESCE(encode(n.phone_hash, 'hex'), ''),"
    " COALESCE(encode(n.email_hash, 'hex'), ''), COALESCE(encode(n.id_number_hash, 'hex'), ''),"
    " encode(r.fingerprint, 'hex'))"
)
_ROWS = "\n".join(
    (
        "FROM unnest(%s::uuid[]) AS s (id)",
        each("migration_importedrow", "r.id", "s.id", "r.*"),
        each("recruiting_interview", "i.id", "r.interview_id", "i.*"),
        each("recruiting_application", "a.id", "i.application_id", "a.*"),
        each("recruiting_candidate", "c.id", "a.candidate_id", "c.*"),
        each("accounts_candidateidentity", "n.id", "c.identity_id", "n.*"),
    )
)
_STORED = f"""
SELECT count(*), COALESCE(sum({_US.format("starts_at")}), 0)::text,
    COALESCE(sum({_US.format("ends_at")}), 0)::text,
    COALESCE(string_agg(sha256(convert_to({_TEXT}, 'UTF8')), ''::bytea ORDER BY r.number), ''::bytea)
{_ROWS}
WHERE r.company_id = %s AND r.run_id = %s
"""
_SEALED = f"SELECT r.id, r.original_sealed, n.id, n.data_key {_ROWS} WHERE r.company_id = %s"


@dataclass(frozen=True)
class Tally:
    """Of one part: how many rows, the sums of starts and ends (µs since 1970), and the hash of all plain values."""

    count: int
    starts: int
    ends: int
    checksum: str


def tally_of(rows: Iterable[tuple[Draft, Known, UUID]]) -> Tally:
    """Reckon from what was read (row, person, position), in the order of the file."""
    count = starts = ends = 0
    hashes = []
    for draft, known, position_id in rows:
        begins, ends_at = _microseconds(draft.span.starts_at), _microseconds(draft.span.ends_at)
        hashes.append(hashlib.sha256(_line(draft, known, position_id, (begins, ends_at)).encode()).digest())
        count, starts, ends = count + 1, starts + begins, ends + ends_at
    return Tally(count, starts, ends, hashlib.sha256(b"".join(hashes)).hexdigest())


def tally_stored(*, company_id: UUID, run_id: UUID, row_ids: Iterable[UUID]) -> Tally:
    """Reckon from what the tables hold of these rows of a run."""
    with connection.cursor() as cursor:
        cursor.execute(_STORED, [ids(row_ids), company_id, run_id])
        count, starts, ends, hashes = cursor.fetchone()
    return Tally(count, int(starts), int(ends), hashlib.sha256(bytes(hashes)).hexdigest())


def check_seals(company_id: UUID, originals: Sequence[tuple[UUID, str]]) -> None:
    """Open some (id, original as JSON) with the keys that are stored. Raises CheckFailed, InvalidTag."""
    wanted: dict[UUID, str] = dict(originals)
    with connection.cursor() as cursor:
        cursor.execute(_SEALED, [ids(wanted), company_id])
        found: list[tuple[Any, ...]] = list(cursor.fetchall())
    opened = {
        row_id: open_original(row_id, DataKey.unwrap(owner, wrapped), sealed)
        for row_id, sealed, owner, wrapped in found
    }
    if opened != wanted:
        raise CheckFailed(check="seals", first="?", last="?")


def _line(draft: Draft, known: Known, position_id: UUID, when: tuple[int, int]) -> str:
    span, of = draft.span, known.contacts
    phone, email, id_number = of["phone"], of["email"], of["id_number"]
    return _SEPARATOR.join(
        (
            str(draft.raw.number),
            span.kind,
            span.precision,
            str(when[0]),
            str(when[1]),
            draft.standing.state,
            str(position_id),
            known.name,
            known.school,
            phone.hex() if phone else "",
            email.hex() if email else "",
            id_number.hex() if id_number else "",
            draft.raw.fingerprint.hex(),
        )
    )


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)


def chained(before: str, checksum: str) -> str:
    """Return the checksum of all parts so far, from that of those before and the next one's."""
    return hashlib.sha256(f"{before}{checksum}".encode()).hexdigest()
