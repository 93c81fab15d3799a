"""Interviews of a list that stand at an AI interview system, too: tied to it, and held against it once all are loaded.

Only what is still ahead is tied: what is over was settled elsewhere, and nothing is to be asked of a vendor about it.
The comparison is the hourly reconciliation (vendors/reconciliation), asked for by name when the run is done: a time
that differs there is a task, as at any hour. No vendor is called while a file is loaded.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection

from raincheck.core.actor import Actor
from raincheck.core.bulk import ids
from raincheck.core.errors import Conflict, NotFound
from raincheck.migration.loading.people import folded
from raincheck.migration.models import ImportRun
from raincheck.migration.notices import Notices, notice
from raincheck.migration.rows.drafts import Draft
from raincheck.migration.words import Words
from raincheck.recruiting.models import InterviewState
from raincheck.vendors.models import VendorAccount
from raincheck.vendors.reconciliation.actions import ask_worker, begin

_UNKNOWN = notice(
    "vendor_unknown",
    lambda n: Words(
        f"{n} 行写了AI面试系统的编号，但没有这个名称的系统账号，未关联",
        f"{n} rows name an interview at an AI interview system of which there is no account by that name; not tied",
    ),
)
_TAKEN = notice(
    "vendor_ref_taken",
    lambda n: Words(
        f"{n} 行的AI面试系统编号已属于另一场面试，未关联，请核对",
        f"{n} rows name an interview at an AI interview system that is another one's here; not tied, please check",
    ),
)
_ALIVE = (InterviewState.SCHEDULED, InterviewState.IN_PROGRESS)
_TIE = """
UPDATE recruiting_interview i SET vendor_account_id = w.account_id, vendor_ref = w.ref
FROM unnest(%s::uuid[], %s::uuid[], %s::text[]) w (id, account_id, ref)
WHERE i.id = w.id AND i.company_id = %s AND NOT EXISTS (
    SELECT FROM recruiting_interview o WHERE o.vendor_account_id = w.account_id AND o.vendor_ref = w.ref)
RETURNING i.id
"""
_TIED = """
SELECT DISTINCT i.vendor_account_id FROM migration_importedrow r JOIN recruiting_interview i ON i.id = r.interview_id
WHERE r.company_id = %s AND r.run_id = %s AND i.vendor_account_id IS NOT NULL
"""


def tie(company_id: UUID, loaded: Iterable[tuple[UUID, Draft]], notices: Notices) -> None:
    """Tie stored interviews to the accounts and references that their rows name, where that is certain."""
    named = [(id_, draft) for id_, draft in loaded if draft.vendor_ref and draft.standing.state in _ALIVE]
    if not named:
        return
    accounts = list(VendorAccount.objects.filter(company_id=company_id, active=True))
    by_name = {folded(account.name): account for account in accounts}
    wanted: dict[tuple[UUID, str], tuple[UUID, int]] = {}
    for id_, draft in named:
        only = accounts[0] if len(accounts) == 1 and not draft.vendor else None
        account = by_name.get(folded(draft.vendor)) or only
        if account is None:
            notices.row(_UNKNOWN, draft.number)
        elif (account.id, draft.vendor_ref) in wanted:
            notices.row(_TAKEN, draft.number)
        else:
            wanted[account.id, draft.vendor_ref] = id_, draft.number
    tied = _tie(company_id, wanted)
    for id_, number in wanted.values():
        if id_ not in tied:
            notices.row(_TAKEN, number)


def _tie(company_id: UUID, wanted: dict[tuple[UUID, str], tuple[UUID, int]]) -> set[UUID]:
    if not wanted:
        return set()
    accounts, refs = zip(*wanted, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_TIE, [ids(id_ for id_, _ in wanted.values()), ids(accounts), list(refs), company_id])
        return {id_ for (id_,) in cursor.fetchall()}


def compare_later(run: ImportRun, *, now: datetime) -> None:
    """Have every account that this run tied interviews to be reconciled, once what is loaded is committed."""
    with connection.cursor() as cursor:
        cursor.execute(_TIED, [run.company_id, run.id])
        accounts = [account for (account,) in cursor.fetchall()]
    for account_id in accounts:
        try:
            row = begin(actor=Actor.system(run.company_id), account_id=account_id, trigger="command", now=now)
        except (NotFound, Conflict):
            # One that is under way lists what we have by now, or the next hour's does.
            continue
        ask_worker(row)
