"""Between an account's row and an adapter: opening a line, keeping its calls, translating its word."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from raincheck.cancellations.outcomes import Score, Word
from raincheck.recruiting.models import Progress
from raincheck.vendors import adapters
from raincheck.vendors.adapters.base import Adapter, Line, Permanent, Status, View
from raincheck.vendors.gates import AccountGate
from raincheck.vendors.models import VendorAccount, VendorCall

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def line_to(account: VendorAccount, *, gate: type[AccountGate] = AccountGate) -> Line:
    """Open a line to the account's vendor, its secrets unsealed in memory, its gate as the row has it."""
    return Line(
        account_id=account.id,
        base_url=account.base_url.rstrip("/"),
        api_key=account.secret("api_key"),
        webhook_secret=account.secret("webhook_secret"),
        credentials=json.loads(account.secret("credentials") or "{}"),
        options=account.options,
        gate=gate(account, calls_per_minute=_calls_per_minute(account)),
    )


def adapter_of(account: VendorAccount) -> Adapter | None:
    """Return the account's adapter; None where none is installed, or its declaration makes none."""
    try:
        return adapters.find(account.adapter, account.options)
    except (KeyError, Permanent):
        return None


def _calls_per_minute(account: VendorAccount) -> int:
    adapter = adapter_of(account)
    return adapter.can.calls_per_minute if adapter else 0


def keep_calls(
    line: Line,
    company_id: UUID,
    interview_id: UUID | None,
    cancellation_id: UUID | None,
    now: datetime,
    *,
    attempt: int = 1,
) -> None:
    """Store every call made on a line; the line is empty afterwards."""
    VendorCall.objects.bulk_create(
        VendorCall(
            company_id=company_id,
            account_id=line.account_id,
            interview_id=interview_id,
            cancellation_id=cancellation_id,
            attempt=attempt,
            at=now,
            **vars(call),
        )
        for call in line.calls
    )
    line.calls.clear()


def perhaps_heard(interview_id: UUID, operation: str) -> "QuerySet[VendorCall]":
    """Return the calls about an interview that weren't answered with a plain no, nor kept from leaving."""
    calls = VendorCall.objects.filter(interview_id=interview_id, operation=operation)
    return calls.exclude(outcome="refused", detail__startswith="4").exclude(detail="private network")


def storable(text: str, length: int) -> str:
    """Return what a column can hold of a vendor's text: no NUL, no half of a character, and no more than `length`."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:length]


def word_of(view: View, asked_at: datetime) -> Word:
    """Translate what a vendor said when it was asked, or sent, at `asked_at` into what the heart understands.

    Of a vendor that counts no versions, what was asked for later counts as newer: it can't be older.
    """
    known = set(Progress.values)
    # A status that tells what the candidate does leaves no more to say; of one that doesn't, the vendor's own word.
    progress = view.status.progress or view.progress
    return Word(
        status=storable(view.word, 64),
        progress=Progress(progress) if progress in known else Progress.UNKNOWN,
        version=view.version or (asked_at - _EPOCH) // timedelta(microseconds=1),
        said_at=asked_at,
        begun=view.status is Status.IN_PROGRESS,
        cancelled=view.status in {Status.CANCELLED, Status.DECLINED},
        expired=view.status in {Status.EXPIRED, Status.NO_SHOW},
        awaited=view.status in {Status.DRAFT, Status.INVITED, Status.SCHEDULED},
        is_at=view.is_at,
        times=view.times,
        # Once a dimension, the last word counts: one statement can't write a row twice.
        scores=list(
            {
                storable(s.dimension, 60): Score(storable(s.dimension, 60), s.score, s.max_score, s.partial)
                for s in view.scores
            }.values()
        ),
    )
