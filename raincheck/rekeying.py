"""Sealing anew, under the newest master key, whatever another one sealed: batch by batch, each a transaction.

It can be killed at any moment and begun again: what is done is known by its mark, and both keys open all the while.
Hashes aren't touched: their key is kept as a key of its own, and only that is sealed anew.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from cryptography.exceptions import InvalidTag
from django.db import connection, transaction

from raincheck.accounts.models import Company
from raincheck.core import crypto
from raincheck.core.scope import Purpose, company_scope, system_scope

BATCH = 500
FIRST = UUID(int=0)


@dataclass(frozen=True)
class Place:
    """A column of what a master key seals directly; `name` is what it is bound to, `where` which rows of the table."""

    table: str
    column: str
    name: str
    purpose: str = "secret"
    where: str = "true"


IDENTITIES = Place("accounts_candidateidentity", "data_key", "data-key:{}", "wrap")
RUNS = Place("migration_importrun", "data_key", "data-key:{}", "wrap")
ROWS = Place("migration_broughtrow", "data_key", "data-key:{}", "wrap")
#: All there are: a test knows of every sealed column, and would find one that is missing here.
PLACES = (
    IDENTITIES,
    RUNS,
    ROWS,
    Place("migration_export", "data_key", "data-key:{}", "wrap"),
    Place("migration_upload", "data_key", "data-key:{}", "wrap"),
    Place("vendors_vendoraccount", "api_key_sealed", "vendor:{}:api_key"),
    Place("vendors_vendoraccount", "webhook_secret_sealed", "vendor:{}:webhook_secret"),
    Place("vendors_vendoraccount", "credentials_sealed", "vendor:{}:credentials"),
    Place("notifications_channelaccount", "secrets_sealed", "channel:{}:secrets"),
    Place("notifications_calendarserver", "password_sealed", "calendar:{}:password"),
    Place(
        "notifications_contactpoint", "address_sealed", "point:{}", where="recipient_kind = 'staff'"
    ),
)  # fmt: skip


#: Those of whose rows batches keep what they were.
KEPT = (IDENTITIES, RUNS, ROWS)
#: Second factors: the sign-in library keeps their secrets as text in a document, under these names.
FACTORS, FACTOR = ("secret", "seed", "migrated_codes"), "second-factor"


@dataclass
class Rekeyed:
    """What came of it: how many were sealed anew, and what none of our keys opens, by table and id."""

    done: int = 0
    unreadable: list[str] = field(default_factory=list)


class KeyMissing(Exception):
    """None of the master keys is one that this installation's data is sealed under: nothing was written."""

    code = "key_missing"


def keep_hash_key() -> None:
    """Keep the key of hashes as a key of its own, if it isn't yet: that of the master key which was the first here.

    Before it is kept, which key is the oldest could only be told from where it stands, and a new one may stand behind
    the old. So what counts is what each of them opens. Raises KeyMissing where none opens anything that is there.
    """
    if crypto.find_key_is_kept():
        return
    counts = counted()
    opening = [mark for mark in crypto.key_marks() if counts[mark]]
    if not opening and counts.get(""):
        raise KeyMissing
    crypto.keep_find_key((opening or crypto.key_marks())[-1])


def rekey(*, batch: int = BATCH) -> Iterator[Rekeyed]:
    """Seal everything anew; yields how far it is after each batch, the same object each time. Raises KeyMissing."""
    so_far = Rekeyed()
    keep_hash_key()
    with transaction.atomic():
        try:
            crypto.seal_find_key_anew()
        except InvalidTag as error:
            raise KeyMissing from error
    for company_id in _companies():
        for place in PLACES:
            for ids in _batches(company_id, place, batch, so_far):
                so_far.done += len(ids)
                yield so_far
        for place in KEPT:
            for changed in _images(company_id, place, so_far):
                so_far.done += changed
                yield so_far
        so_far.done += _factors(company_id, so_far)
    yield so_far


def counted() -> Mapping[str, int]:
    """Return how many sealed values there are by the mark of the key they are under, the newest first.

    Under `""` are those that none of our keys opens: a key is missing from the settings.
    """
    counts = dict.fromkeys(crypto.key_marks(), 0)
    for company_id in _companies():
        with company_scope(company_id):
            for place in PLACES:
                _count(place, counts)
            for factor in Authenticator.objects.all():
                for sealed in _secrets(factor).values():
                    _add(counts, "secret", FACTOR, sealed)
    return counts


def _count(place: Place, counts: dict[str, int]) -> None:
    """Count a table's column by mark; what has none of our marks is read, since only trying tells whose it is."""
    marks = {prefix: mark for mark, prefix in crypto.prefixes().items()}
    for prefix, count in _rows(
        f"SELECT substring({place.column} for 5), count(*) FROM {place.table}"  # noqa: S608
        f" WHERE {place.where} AND substring({place.column} for 5) = ANY(%s) GROUP BY 1",
        [[*marks]],
    ):
        counts[marks[bytes(prefix)]] += count
    for id_, sealed in _rows(
        f"SELECT id, {place.column} FROM {place.table}"  # noqa: S608
        f" WHERE {place.where} AND substring({place.column} for 5) <> ALL(%s)",
        [[*marks]],
    ):
        _add(counts, place.purpose, place.name.format(id_), sealed)


def _add(counts: dict[str, int], purpose: str, name: str, sealed: bytes) -> None:
    mark = crypto.opened_by(purpose, name, sealed)
    counts[mark] = counts.get(mark, 0) + 1


def _companies() -> list[UUID]:
    with system_scope(Purpose.OPERATIONS):
        return list(Company.objects.order_by("id").values_list("id", flat=True))


def _batches(company_id: UUID, place: Place, size: int, so_far: Rekeyed) -> Iterator[list[UUID]]:
    after = FIRST
    while True:
        with company_scope(company_id):
            rows = _rows(
                f"SELECT id, {place.column} FROM {place.table} WHERE id > %s AND {place.where}"  # noqa: S608
                f" AND substring({place.column} for 5) <> %s ORDER BY id LIMIT {size} FOR NO KEY UPDATE",
                [after, crypto.newest_prefix()],
            )
            fresh = _anew(place, rows, so_far)
            _store(place, fresh)
        if not rows:
            return
        after = rows[-1][0]
        yield list(fresh)


def _anew(place: Place, rows: Sequence[tuple[UUID, Any]], so_far: Rekeyed) -> dict[UUID, bytes]:
    fresh = {}
    for id_, sealed in rows:
        try:
            fresh[id_] = crypto.sealed_anew(place.purpose, place.name.format(id_), sealed)
        except (InvalidTag, ValueError):
            so_far.unreadable.append(f"{place.table}.{place.column} {id_}")
    return fresh


def _store(place: Place, fresh: Mapping[UUID, bytes]) -> None:
    """Write them; where a batch of an import knows its rows by their hashes, it knows them by the new ones."""
    if not fresh:
        return
    ids = list(fresh)
    before = _known_hashes(place, ids) if place in KEPT else {}
    _rows(
        f"UPDATE {place.table} t SET {place.column} = n.value"  # noqa: S608
        " FROM unnest(%s::uuid[], %s::bytea[]) AS n (id, value) WHERE t.id = n.id",
        [ids, list(fresh.values())],
    )
    after = _known_hashes(place, ids) if before else {}
    for columns, hashes in before.items():
        pairs = [(id_, old, after[columns][id_]) for id_, old in hashes.items()]
        _rows(
            _REHASH, [*([list(side) for side in zip(*pairs, strict=True)]), place.table, list(columns), ids]
        )


#: An import can be rolled back as long as its rows are as it left them; a new seal is no change of theirs.
_REHASH = """
WITH anew AS (SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[]) AS n (id, old, new))
UPDATE migration_touched t SET after = (
    SELECT array_agg(COALESCE(anew.new, a.hash) ORDER BY a.place)
    FROM unnest(t.ids, t.after) WITH ORDINALITY AS a (id, hash, place)
    LEFT JOIN anew ON anew.id = a.id AND anew.old = a.hash)
WHERE t.table_name = %s AND t.after IS NOT NULL AND t.columns = %s AND t.ids && %s
"""


def _known_hashes(place: Place, ids: list[UUID]) -> dict[tuple[str, ...], dict[UUID, int]]:
    """Return the hashes of these rows, over each set of columns that a batch knows any of them by."""
    known = _rows(
        "SELECT DISTINCT columns FROM migration_touched WHERE table_name = %s AND ids && %s",
        [place.table, ids],
    )
    hashes = {}
    for (columns,) in known:
        listed = ", ".join(f'"{name}"' for name in columns)
        query = f"SELECT id, hash_record_extended(ROW({listed}), 0) FROM {place.table} WHERE id = ANY(%s)"  # noqa: S608
        hashes[tuple(columns)] = dict(_rows(query, [ids]))
    return hashes


def _images(company_id: UUID, place: Place, so_far: Rekeyed) -> Iterator[int]:
    """Seal anew the data keys in what batches keep of rows as they were, so that a rollback brings back what opens."""
    after = FIRST
    while True:
        with company_scope(company_id):
            found = _rows(
                "SELECT id, before::text FROM migration_touched WHERE table_name = %s AND before IS NOT NULL"
                " AND id > %s ORDER BY id LIMIT 1 FOR NO KEY UPDATE",
                [place.table, after],
            )
            changed = _image(found[0], place, so_far) if found else 0
        if not found:
            return
        after = found[0][0]
        yield changed


def _image(row: tuple[UUID, str], place: Place, so_far: Rekeyed) -> int:
    id_, images = row[0], json.loads(row[1])
    stale = [
        (image, sealed)
        for image in images
        if (sealed := bytes.fromhex((image.get("data_key") or "").removeprefix("\\x")))
        and not crypto.is_newest(sealed)
    ]
    fresh: dict[UUID, bytes] = {}
    for image, sealed in stale:
        fresh |= _anew(place, [(UUID(image["id"]), sealed)], so_far)
        if UUID(image["id"]) in fresh:
            image["data_key"] = f"\\x{fresh[UUID(image['id'])].hex()}"
    if fresh:
        _rows("UPDATE migration_touched SET before = %s::jsonb WHERE id = %s", [json.dumps(images), id_])
    return len(fresh)


def _factors(company_id: UUID, so_far: Rekeyed) -> int:
    """Seal anew the secrets of a company's second factors; returns how many."""
    done = 0
    with company_scope(company_id):
        for factor in Authenticator.objects.select_for_update(no_key=True).order_by("id"):
            stale = {place: one for place, one in _secrets(factor).items() if not crypto.is_newest(one)}
            for (name, nth), sealed in stale.items():
                try:
                    fresh = base64.b64encode(crypto.sealed_anew("secret", FACTOR, sealed)).decode()
                except (InvalidTag, ValueError):
                    so_far.unreadable.append(f"mfa_authenticator.{name} {factor.pk}")
                    continue
                if nth is None:
                    factor.data[name] = fresh
                else:
                    factor.data[name][nth] = fresh
                done += 1
            if stale:
                factor.save(update_fields=["data"])
    return done


def _secrets(factor: Authenticator) -> dict[tuple[str, int | None], bytes]:
    """Return what of a factor is sealed, by where it stands in its document."""
    found: dict[tuple[str, int | None], bytes] = {}
    for name in FACTORS:
        value = factor.data.get(name, ())
        texts = [(None, value)] if isinstance(value, str) else list(enumerate(value))
        found |= {(name, nth): base64.b64decode(text) for nth, text in texts}
    return found


def _rows(query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall()) if cursor.description else []
