"""Contact points: browsers, app aliases and chat robots through which a person is reached.

A candidate's address is sealed under their own data key, so that erasing them erases it; staff's under the
master key. In the clear it exists in memory alone.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from raincheck.accounts.models import CandidateIdentity
from raincheck.core import crypto
from raincheck.core.crypto import DataKey
from raincheck.core.errors import NotFound
from raincheck.core.ids import new_id
from raincheck.core.scope import take_turns
from raincheck.notifications.models import ContactPoint, RecipientKind


def add(
    *, company_id: UUID, kind: RecipientKind, recipient_id: UUID, channel: str, address: str, now: datetime
) -> ContactPoint:
    """Note where a person is reached; the same address again gives the point there is.

    An address that was another's becomes this person's: a browser belongs to who signed in last. Raises NotFound
    for a candidate who doesn't exist or was erased.
    """
    found_by = crypto.keyed_hash(company_id, f"point:{channel}", address)
    take_turns(f"point:{company_id}:{found_by.hex()}")
    in_force = ContactPoint.objects.filter(
        company_id=company_id, channel=channel, address_hash=found_by, ended_at=None
    )
    mine = in_force.filter(recipient_kind=kind, recipient_id=recipient_id).first()
    if mine is not None:
        return mine
    in_force.update(ended_at=now, ended_why="another_person")
    point_id = new_id()
    return ContactPoint.objects.create(
        id=point_id,
        company_id=company_id,
        recipient_kind=kind,
        recipient_id=recipient_id,
        channel=channel,
        address_sealed=_seal(kind, recipient_id, point_id, address),
        address_hash=found_by,
        made_at=now,
    )


def end(*, point_ids: Iterable[UUID], why: str, now: datetime) -> int:
    """End contact points: unsubscribed, signed out, gone; returns how many were in force."""
    in_force = ContactPoint.objects.filter(id__in=list(point_ids), ended_at=None)
    return in_force.update(ended_at=now, ended_why=why[:24])


def end_address(*, company_id: UUID, channel: str, address: str, why: str, now: datetime) -> int:
    """End whatever contact point has this address; returns how many were in force."""
    found_by = crypto.keyed_hash(company_id, f"point:{channel}", address)
    in_force = ContactPoint.objects.filter(company_id=company_id, channel=channel, address_hash=found_by)
    return in_force.filter(ended_at=None).update(ended_at=now, ended_why=why[:24])


def points_of(recipient_ids: Iterable[UUID]) -> list[ContactPoint]:
    """Return the contact points in force of these people, oldest first."""
    return list(
        ContactPoint.objects.filter(recipient_id__in=set(recipient_ids), ended_at=None).order_by(
            "made_at", "id"
        )
    )


def open_all(points: Iterable[ContactPoint]) -> dict[UUID, str]:
    """Open addresses, by the point's id; those of people who were erased are not there."""
    wanted = list(points)
    candidates = {p.recipient_id for p in wanted if p.recipient_kind == RecipientKind.CANDIDATE}
    wrapped = CandidateIdentity.objects.filter(id__in=candidates).values_list("id", "data_key")
    keys = {owner: DataKey.unwrap(owner, key) for owner, key in wrapped if key is not None}
    opened = {}
    for point in wanted:
        if point.recipient_kind == RecipientKind.STAFF:
            opened[point.id] = crypto.open_secret(_name(point.id), point.address_sealed)
        elif point.recipient_id in keys:
            opened[point.id] = keys[point.recipient_id].open(_name(point.id), point.address_sealed)
    return opened


def _seal(kind: RecipientKind, recipient_id: UUID, point_id: UUID, address: str) -> bytes:
    if kind == RecipientKind.STAFF:
        return crypto.seal_secret(_name(point_id), address)
    identity = CandidateIdentity.objects.filter(id=recipient_id).first()
    if identity is None or identity.data_key is None or not address:
        raise NotFound
    sealed = DataKey.unwrap(identity.id, identity.data_key).seal(_name(point_id), address)
    return sealed or b""


def _name(point_id: UUID) -> str:
    return f"point:{point_id}"
