"""Between an account's row and an adapter: opening a line, keeping its calls, translating its word."""

from datetime import datetime
from uuid import UUID

from raincheck.cancellations.outcomes import Score, Word
from raincheck.recruiting.models import Progress
from raincheck.vendors.adapters.base import Line, Status, View
from raincheck.vendors.models import VendorAccount, VendorCall


def line_to(account: VendorAccount) -> Line:
    """Open a line to the account's vendor, its key unsealed in memory."""
    return Line(account.id, account.base_url.rstrip("/"), account.secret("api_key"))


def keep_calls(
    line: Line, company_id: UUID, interview_id: UUID, cancellation_id: UUID | None, now: datetime
) -> None:
    """Store every call made on a line; the line is empty afterwards."""
    VendorCall.objects.bulk_create(
        VendorCall(
            company_id=company_id,
            account_id=line.account_id,
            interview_id=interview_id,
            cancellation_id=cancellation_id,
            at=now,
            **vars(call),
        )
        for call in line.calls
    )
    line.calls.clear()


def word_of(view: View, now: datetime) -> Word:
    """Translate a vendor's view into what the heart understands."""
    known = set(Progress.values)
    return Word(
        status=view.word[:64],
        progress=Progress(view.progress) if view.progress in known else Progress.UNKNOWN,
        version=view.version,
        said_at=now,
        begun=view.status is Status.IN_PROGRESS,
        cancelled=view.status is Status.CANCELLED,
        expired=view.status is Status.EXPIRED,
        # Once a dimension, the last word counts: one statement can't write a row twice.
        scores=list(
            {
                s.dimension[:60]: Score(s.dimension[:60], s.score, s.max_score, s.partial)
                for s in view.scores
            }.values()
        ),
    )
