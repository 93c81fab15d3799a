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

from raincheck.core.bulk import each, ids, joined_by_hash
from raincheck.core.crypto import DataKey
from raincheck.migration.loading.originals import open_original
from raincheck.migration.loading.people import Known
from raincheck.migration.refusals import CheckFailed
from raincheck.migration.rows.drafts import Draft
from raincheck.migration.values.times import Span

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Originals opened again of each part.
OPENED = 10
_BORN = "timestamptz '1970-01-01 00:00+00'"
#: An instant as its own eight bytes: exact, and at a fifth of the price of arithmetic with numerics.
_INSTANT, _SINCE = "encode(timestamptz_send(i.{0}), 'hex')", datetime(2000, 1, 1, tzinfo=UTC)
_TEXT = (
    f"concat_ws(E'\\x1f', r.number, i.kind, i.precision, {_INSTANT.format('starts_at')},"
    f" {_INSTANT.format('ends_at')}, i.state, a.position_id, c.name, c.school,"
    " COALESCE(encode(n.phone_hash, 'hex'), ''), COALESCE(encode(n.email_hash, 'hex'), ''),"
    " COALESCE(encode(n.id_number_hash, 'hex'), ''), encode(r.fingerprint, 'hex'))"
)
#: No bigint: from 2028 on the microseconds of one part may be more than that holds.
_SUM = f"(extract(epoch FROM COALESCE(sum(i.{{0}} - {_BORN}), interval '0')) * 1000000)::numeric(38)"
#: Each table is asked once for all that it has of these rows, by key; then they are joined.
_KEYED = """
WITH r AS MATERIALIZED (SELECT number, fingerprint, interview_id FROM migration_importedrow
        WHERE id = ANY (%s::uuid[]) AND company_id = %s AND run_id = %s),
    i AS MATERIALIZED (SELECT id, application_id, kind, precision, starts_at, ends_at, state FROM recruiting_interview
        WHERE id = ANY (ARRAY(SELECT interview_id FROM r))),
    a AS MATERIALIZED (SELECT id, candidate_id, position_id FROM recruiting_application
        WHERE id = ANY (ARRAY(SELECT application_id FROM i))),
    c AS MATERIALIZED (SELECT id, identity_id, name, school FROM recruiting_candidate
        WHERE id = ANY (ARRAY(SELECT candidate_id FROM a))),
    n AS MATERIALIZED (SELECT id, phone_hash, email_hash, id_number_hash FROM accounts_candidateidentity
        WHERE id = ANY (ARRAY(SELECT identity_id FROM c)))
"""
_JOINED = """FROM r JOIN i ON i.id = r.interview_id JOIN a ON a.id = i.application_id
    JOIN c ON c.id = a.candidate_id JOIN n ON n.id = c.identity_id
"""
_STORED = f"""{_KEYED}
SELECT count(*), {_SUM.format("starts_at")}, {_SUM.format("ends_at")},
    encode(sha256(convert_to(COALESCE(string_agg({_TEXT}, E'\\n' ORDER BY r.number), ''), 'UTF8')), 'hex')
{_JOINED}
"""
_ROWS = "\n".join(
    (
        "FROM unnest(%s::uuid[]) AS s (id)",
        each("migration_importedrow", "r.id", "s.id", "r.*"),
        each("recruiting_interview", "i.id", "r.interview_id", "i.application_id"),
        each("recruiting_application", "a.id", "i.application_id", "a.candidate_id"),
        each("recruiting_candidate", "c.id", "a.candidate_id", "c.identity_id"),
        each("accounts_candidateidentity", "n.id", "c.identity_id", "n.id, n.data_key"),
    )
)
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
    starts = ends = 0
    lines: list[str] = []
    # Slots and positions come again; the drafts keep them, so that none of them changes place meanwhile.
    slots: dict[int, tuple[int, int, str]] = {}
    positions: dict[int, str] = {}
    for draft, known, position_id in rows:
        slot = slots.get(id(draft.span)) or slots.setdefault(id(draft.span), _slot(draft.span))
        position = positions.get(position_id.int) or positions.setdefault(position_id.int, str(position_id))
        lines.append(_line(draft, known, position, slot[2]))
        starts, ends = starts + slot[0], ends + slot[1]
    return Tally(len(lines), starts, ends, hashlib.sha256("\n".join(lines).encode()).hexdigest())


def tally_stored(*, company_id: UUID, run_id: UUID, row_ids: bytes) -> Tally:
    """Reckon from what the tables hold of the rows of a run of which these are the ids (bulk.ids)."""
    with joined_by_hash(), connection.cursor() as cursor:
        cursor.execute(_STORED, [row_ids, company_id, run_id])
        count, starts, ends, checksum = cursor.fetchone()
        return Tally(count, int(starts), int(ends), checksum)


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


def _line(draft: Draft, known: Known, position: str, slot: str) -> str:
    number, _, _, _, fingerprint, _ = draft.raw
    phone, email, id_number = map(known.contacts.__getitem__, ("phone", "email", "id_number"))
    return (
        f"{number}\x1f{slot}\x1f{draft.standing.state}\x1f{position}\x1f{known.name}\x1f{known.school}"
        f"\x1f{phone.hex() if phone else ''}\x1f{email.hex() if email else ''}"
        f"\x1f{id_number.hex() if id_number else ''}\x1f{fingerprint.hex()}"
    )


def _slot(span: Span) -> tuple[int, int, str]:
    """Return start and end in microseconds since 1970, and the part of a line that tells of both."""
    texts = [f"{_microseconds(when, _SINCE) % 2**64:016x}" for when in (span.starts_at, span.ends_at)]
    text = "\x1f".join((span.kind, span.precision, *texts))
    return _microseconds(span.starts_at, _EPOCH), _microseconds(span.ends_at, _EPOCH), text


def _microseconds(instant: datetime, since: datetime) -> int:
    return (instant - since) // timedelta(microseconds=1)


def chained(before: str, checksum: str) -> str:
    """Return the checksum of all parts so far, from that of those before and the next one's."""
    return hashlib.sha256(f"{before}{checksum}".encode()).hexdigest()
