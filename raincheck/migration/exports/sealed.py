"""Columns that are sealed here, or hashed with a key: told in plain values, and sealed anew where they come to.

Each table's `open` takes rows as the database has them and gives them their plain columns; `seal` does the reverse,
under keys of the place it runs in. Both take some thousand rows at a time.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import models

from raincheck.accounts.models import CandidateIdentity
from raincheck.core import crypto
from raincheck.core.crypto import DataKey
from raincheck.migration.kinds.reading import print_field
from raincheck.migration.loading.originals import open_original, seal_original
from raincheck.migration.loading.quarantine import new_key
from raincheck.migration.models import ImportRun
from raincheck.recruiting.models import Candidate, Interview

Row = dict[str, Any]
_CONTACTS = ("phone", "email", "id_number")


@dataclass(frozen=True)
class Shown:
    """A column that only the plain form has: what it holds, and a field that could hold it."""

    meaning: str
    kind: "models.Field[Any, Any]" = field(default_factory=lambda: models.TextField(null=True))


@dataclass(frozen=True)
class Sealed:
    """How one table is told: the columns that are `hidden`, those that are `shown` instead with what they mean."""

    hidden: tuple[str, ...]
    shown: Mapping[str, Shown]
    open: Callable[[list[Row]], None]
    seal: Callable[[UUID, list[Row]], None]


def _open_identities(rows: list[Row]) -> None:
    for row in rows:
        wrapped = row.pop("data_key")
        key = DataKey.unwrap(row["id"], wrapped) if wrapped else None
        for contact in _CONTACTS:
            row.pop(f"{contact}_hash")
            sealed = row.pop(f"{contact}_sealed")
            row[contact] = key.open(contact, sealed) if key else ""
        row["erased"] = key is None


def _seal_identities(company_id: UUID, rows: list[Row]) -> None:
    for row in rows:
        key = None if row.pop("erased") else DataKey.create(row["id"])
        row["data_key"] = key.wrapped() if key else None
        for contact in _CONTACTS:
            value = row.pop(contact)
            row[f"{contact}_sealed"] = key.seal(contact, value) if key else None
            row[f"{contact}_hash"] = crypto.keyed_hash(company_id, contact, value) if key and value else None


def _open_points(rows: list[Row]) -> None:
    keys = _keys(row["recipient_id"] for row in rows if row["recipient_kind"] == "candidate")
    for row in rows:
        sealed, name = row.pop("address_sealed"), _point(row["id"])
        row.pop("address_hash")
        if row["recipient_kind"] != "candidate":
            row["address"] = crypto.open_secret(name, sealed)
        else:
            key = keys.get(row["recipient_id"])
            row["address"] = key.open(name, sealed) if key else None


def _seal_points(company_id: UUID, rows: list[Row]) -> None:
    keys = _keys(row["recipient_id"] for row in rows if row["recipient_kind"] == "candidate")
    for row in rows:
        address, name = row.pop("address"), _point(row["id"])
        row["address_hash"] = crypto.keyed_hash(company_id, f"point:{row['channel']}", address or name)
        if row["recipient_kind"] != "candidate":
            row["address_sealed"] = crypto.seal_secret(name, address)
        else:
            key = keys.get(row["recipient_id"])
            row["address_sealed"] = (key.seal(name, address) if key and address else None) or b""


def _point(point_id: Any) -> str:
    return f"point:{point_id}"


def _open_originals(rows: list[Row]) -> None:
    keys = _keys_of_interviews(row["interview_id"] for row in rows)
    for row in rows:
        sealed, print_ = row.pop("original_sealed"), bytes(row.pop("fingerprint"))
        key = keys.get(row["interview_id"])
        row["original"] = json.loads(open_original(row["id"], key, sealed)) if key and sealed else None
        # Known again by its cells, hashed where they come to; without them the hash is all there is.
        row["fingerprint_of_erased"] = None if row["original"] is not None else print_.hex()


def _seal_originals(company_id: UUID, rows: list[Row]) -> None:
    keys = _keys_of_interviews(row["interview_id"] for row in rows)
    for row in rows:
        original, print_ = row.pop("original"), row.pop("fingerprint_of_erased")
        if original is None:
            row["original_sealed"], row["fingerprint"] = b"", bytes.fromhex(print_)
            continue
        canonical = json.dumps(original, ensure_ascii=False, separators=(",", ":"))
        row["fingerprint"] = crypto.keyed_hash(company_id, "imported-row", canonical)
        row["original_sealed"] = seal_original(row["id"], keys[row["interview_id"]], canonical)


def _open_brought(rows: list[Row]) -> None:
    keys = _keys_of_candidates(row["candidate_id"] for row in rows if row["candidate_id"])
    for row in rows:
        wrapped, sealed, print_ = (row.pop(name) for name in ("data_key", "original_sealed", "fingerprint"))
        key = DataKey.unwrap(row["id"], wrapped) if wrapped else keys.get(row["candidate_id"])
        row["original"] = json.loads(open_original(row["id"], key, sealed)) if key and sealed else None
        row["fingerprint_of_erased"] = None if row["original"] is not None else bytes(print_).hex()


def _seal_brought(company_id: UUID, rows: list[Row]) -> None:
    keys = _keys_of_candidates(row["candidate_id"] for row in rows if row["candidate_id"])
    for row in rows:
        original, print_ = row.pop("original"), row.pop("fingerprint_of_erased")
        own = None if row["candidate_id"] else DataKey.create(row["id"])
        row["data_key"] = own.wrapped() if own else None
        if original is None:
            row["original_sealed"], row["fingerprint"] = b"", bytes.fromhex(print_)
            continue
        canonical = json.dumps(original, ensure_ascii=False, separators=(",", ":"))
        row["fingerprint"] = crypto.keyed_hash(company_id, print_field(row["kind"]), canonical)
        row["original_sealed"] = seal_original(row["id"], own or keys[row["candidate_id"]], canonical)


def _open_waiting(rows: list[Row]) -> None:
    found = ImportRun.objects.filter(id__in={row["run_id"] for row in rows}, data_key__isnull=False)
    keys = {
        run: DataKey.unwrap(run, wrapped) for run, wrapped in found.values_list("id", "data_key") if wrapped
    }
    for row in rows:
        sealed, key = row.pop("sealed"), keys.get(row["run_id"])
        row["content"] = json.loads(key.open(str(row["number"]), sealed)) if key and sealed else None


def _seal_waiting(company_id: UUID, rows: list[Row]) -> None:
    waiting = {row["run_id"] for row in rows if row["content"] is not None}
    keys = {}
    for run in ImportRun.objects.filter(company_id=company_id, id__in=waiting):
        if run.data_key is None:
            run.data_key = new_key(run.id)
            run.save(update_fields=["data_key"])
        keys[run.id] = DataKey.unwrap(run.id, run.data_key)
    for row in rows:
        content = row.pop("content")
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        key = keys[row["run_id"]] if content is not None else None
        row["sealed"] = key.seal(str(row["number"]), text) if key else None


def _in_hex(column: str) -> tuple[Callable[[list[Row]], None], Callable[[UUID, list[Row]], None]]:
    """Return how a hash is told that can't be made again: as it stands."""

    def tell(rows: list[Row]) -> None:
        for row in rows:
            row[f"{column}_hex"] = bytes(row.pop(column)).hex()

    def take(company_id: UUID, rows: list[Row]) -> None:
        for row in rows:
            row[column] = bytes.fromhex(row.pop(f"{column}_hex"))

    return tell, take


def _tell_nothing(rows: list[Row]) -> None:
    """Leave the rows as they are: a secret isn't told, and so isn't read."""


def _without_password(company_id: UUID, rows: list[Row]) -> None:
    for row in rows:
        row["password_sealed"] = crypto.seal_secret(f"calendar:{row['id']}:password", "")


def _no_password(company_id: UUID, rows: list[Row]) -> None:
    for row in rows:
        row["password"] = make_password(None)


def _keys(identity_ids: Any) -> dict[UUID, DataKey]:
    found = CandidateIdentity.objects.filter(id__in=set(identity_ids), data_key__isnull=False)
    return {
        owner: DataKey.unwrap(owner, wrapped)
        for owner, wrapped in found.values_list("id", "data_key")
        if wrapped
    }


def _keys_of_interviews(interview_ids: Any) -> dict[UUID, DataKey]:
    whose = "application__candidate__identity"
    found = Interview.objects.filter(id__in=set(interview_ids), **{f"{whose}__data_key__isnull": False})
    return {
        interview: DataKey.unwrap(owner, wrapped)
        for interview, owner, wrapped in found.values_list("id", f"{whose}_id", f"{whose}__data_key")
    }


def _keys_of_candidates(candidate_ids: Any) -> dict[UUID, DataKey]:
    found = Candidate.objects.filter(id__in=set(candidate_ids), identity__data_key__isnull=False)
    return {
        candidate: DataKey.unwrap(owner, wrapped)
        for candidate, owner, wrapped in found.values_list("id", "identity_id", "identity__data_key")
        if wrapped
    }


_ORIGINAL = {
    "original": Shown(
        "every cell of the source's row, [heading, text] each; empty for a candidate who was erased",
        models.JSONField(null=True),
    ),
    "fingerprint_of_erased": Shown("hex; only where `original` is empty"),
}

SEALED = {
    "accounts.CandidateIdentity": Sealed(
        ("data_key", *(f"{c}_{how}" for c in _CONTACTS for how in ("sealed", "hash"))),
        {
            "phone": Shown("in the clear, E.164"),
            "email": Shown("in the clear"),
            "id_number": Shown("in the clear"),
            "erased": Shown(
                "true: the data key was destroyed, and what was sealed under it is gone for good",
                models.BooleanField(),
            ),
        },
        _open_identities,
        _seal_identities,
    ),
    "notifications.ContactPoint": Sealed(
        ("address_sealed", "address_hash"),
        {"address": Shown("in the clear; empty for a candidate who was erased")},
        _open_points,
        _seal_points,
    ),
    "migration.ImportedRow": Sealed(
        ("original_sealed", "fingerprint"),
        _ORIGINAL,
        _open_originals,
        _seal_originals,
    ),
    "migration.BroughtRow": Sealed(
        ("original_sealed", "fingerprint", "data_key"),
        _ORIGINAL,
        _open_brought,
        _seal_brought,
    ),
    "migration.QuarantinedRow": Sealed(
        ("sealed",),
        {
            "content": Shown(
                "[cells as [heading, text], what stands against them, texts]; empty once the row is settled",
                models.JSONField(null=True),
            )
        },
        _open_waiting,
        _seal_waiting,
    ),
    "migration.SourceMapping": Sealed(
        ("headings_hash",),
        {"headings_hash_hex": Shown("SHA-256 of the compared headings")},
        *_in_hex("headings_hash"),
    ),
    "migration.CandidateKey": Sealed(
        ("key_hash",),
        {"key_hash_hex": Shown("a keyed hash; found again only under the master key named in the manifest")},
        *_in_hex("key_hash"),
    ),
    "accounts.Staff": Sealed((), {}, _tell_nothing, _no_password),
    "notifications.CalendarServer": Sealed((), {}, _tell_nothing, _without_password),
}
