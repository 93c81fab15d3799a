"""Expiry: what is old enough loses its text and keeps its hash, so that the tree still stands.

Only the owner may, and only with the audit key: a signed statement says up to which leaf, without which a text that
is gone counts as deleted.
"""

from datetime import datetime
from uuid import UUID

from django.db import connections, transaction

from raincheck.audit.catalogue import Action
from raincheck.audit.deeds import Deed, Subject
from raincheck.audit.findings import Finding
from raincheck.audit.ledger import Expiry, Seal
from raincheck.audit.models import Entry
from raincheck.audit.notes import NotOurs, Signer, Verifier
from raincheck.core.actor import Actor

_HEADING = "raincheck audit expiry"


class NothingToExpire(Exception):
    """No seal is so old."""

    code = "nothing_to_expire"


def expire(
    *, before: datetime, companies: list[UUID], key: Signer, now: datetime, owner: str = "owner"
) -> int:
    """Drop the texts of all entries sealed before an instant; return up to which leaf.

    Each company concerned finds an entry that says so. Raises NothingToExpire.
    """
    with transaction.atomic(using=owner):
        last = Seal.objects.using(owner).filter(sealed_at__lt=before).order_by("size").last()
        if last is None or Expiry.objects.using(owner).filter(below__gte=last.size).exists():
            raise NothingToExpire
        text = f"{key.verifier.name}\n{_HEADING}\n{last.size}\ntime {int(now.timestamp())}\n"
        Expiry.objects.using(owner).create(below=last.size, note=key.sign(text), expired_at=now)
        with connections[owner].cursor() as cursor:
            cursor.execute("SELECT set_config('raincheck.expire', 'on', true)")
            for company_id in companies:
                cursor.execute("SELECT set_config('raincheck.company', %s, true)", [str(company_id)])
                cursor.execute(
                    "DELETE FROM audit_entry e USING audit_leaf l WHERE l.entry_id = e.id AND l.index < %s",
                    [last.size],
                )
                dropped = cursor.rowcount
                if dropped:
                    facts = {"entries": dropped, "below": last.size, "before": before.isoformat()}
                    deed = Deed(Action.EXPIRED, Subject("company", company_id), facts)
                    entry = Entry.of(actor=Actor.system(company_id), deed=deed, at=now)
                    cursor.execute("INSERT INTO audit_entry (canonical) VALUES (%s)", [entry.canonical])
    return int(last.size)


def expired_below(verifier: Verifier) -> tuple[int, list[Finding]]:
    """Return up to which leaf texts were dropped rightly, and the statements that nobody signed."""
    below, forged = 0, []
    for row in Expiry.objects.order_by("below"):
        try:
            said = verifier.open(row.note).splitlines()
        except NotOurs as error:
            forged.append(Finding("expiry_not_ours", row.below, detail=str(error)))
            continue
        if said[:3] != [verifier.name, _HEADING, str(row.below)]:
            forged.append(Finding("expiry_not_ours", row.below, detail="signed, but for something else"))
            continue
        below = row.below
    return below, forged
