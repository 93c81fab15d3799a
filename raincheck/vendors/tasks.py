"""Agreeing with AI interview systems: ask, compare, act, note. No row is held while a vendor is called.

Each job reloads, calls, then writes in one transaction. Whatever changed meanwhile, the action that takes
the answer in decides.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from raincheck.cancellations import queries as cancellations
from raincheck.cancellations.queries import Errand
from raincheck.cancellations.settling import Answer, VendorAnswer, settle
from raincheck.core.actor import Actor
from raincheck.core.jobs import job
from raincheck.core.scope import company_scope
from raincheck.vendors import adapters
from raincheck.vendors.adapters.base import Adapter, Line, NeedsPerson, Permanent, Retry, Status
from raincheck.vendors.lines import keep_calls, line_to, word_of
from raincheck.vendors.models import VendorAccount

CHUNK = 20
#: While an invitation may still be on its way, a missing reference isn't yet “no vendor involved”.
INVITE_GRACE_ATTEMPTS = 5
LONGEST_WAIT = 300.0


@dataclass(frozen=True)
class _Trip:
    """An errand with the line to run it on; no line where no vendor is involved."""

    errand: Errand
    line: Line | None
    adapter: Adapter | None


@job("vendors.agree", queue="vendors")
def agree(*, company_id: str, cancellation_ids: Sequence[str]) -> None:
    """Ask the vendors to cancel each of these, and settle them with what they said, a chunk a transaction."""
    company = UUID(company_id)
    for start in range(0, len(cancellation_ids), CHUNK):
        chunk = [UUID(i) for i in cancellation_ids[start : start + CHUNK]]
        with company_scope(company) as now:
            trips = _trips(cancellations.errands(company, chunk))
        answers = [_run(trip, now) for trip in trips]
        with company_scope(company) as now:
            for trip in trips:
                if trip.line is not None:
                    errand = trip.errand
                    keep_calls(trip.line, company, errand.interview_id, errand.cancellation_id, now)
            settle(answers=answers, actor=Actor.system(company), now=now)


def _trips(errands: Sequence[Errand]) -> list[_Trip]:
    accounts = {a.id: a for a in VendorAccount.objects.filter(id__in={e.account_id for e in errands})}
    trips = []
    for errand in errands:
        account = accounts.get(errand.account_id) if errand.account_id else None
        line = line_to(account) if account else None
        trips.append(_Trip(errand, line, adapters.find(account.adapter) if account else None))
    return trips


def _run(trip: _Trip, now: datetime) -> VendorAnswer:
    """Ask one vendor about one interview and say what came of it; never raises for what a peer did."""
    answer = VendorAnswer(trip.errand.cancellation_id, Answer.NOT_NEEDED)
    if trip.line is None or trip.adapter is None:
        return answer
    if not trip.errand.vendor_ref:
        if trip.errand.attempts >= INVITE_GRACE_ATTEMPTS:
            return answer
        return _silent(answer, trip.errand, now, why="invitation under way", after=2.0)
    try:
        return _agree_with(trip.adapter, trip.line, trip.errand, now)
    except Retry as retry:
        return _silent(answer, trip.errand, now, why=str(retry), after=retry.after)
    except (NeedsPerson, Permanent) as error:
        return replace(answer, answer=Answer.NEEDS_PERSON, detail=str(error)[:200])


def _agree_with(adapter: Adapter, line: Line, errand: Errand, now: datetime) -> VendorAnswer:
    """Known there, same time, begun or not? Then cancel there. A lost or wrong answer is read back."""
    answer = VendorAnswer(errand.cancellation_id, Answer.AGREED)
    view = adapter.read(line, errand.vendor_ref)
    if view is None:
        return replace(answer, answer=Answer.UNKNOWN_THERE)
    word = word_of(view, now)
    if view.status is Status.SUBMITTED:
        return replace(answer, answer=Answer.SUBMITTED, word=word)
    if view.status in {Status.CANCELLED, Status.EXPIRED}:
        return replace(answer, word=word)
    if (view.starts_at, view.ends_at) != (errand.starts_at, errand.ends_at):
        there = f"{view.starts_at.isoformat()}/{view.ends_at.isoformat()}"
        return replace(answer, answer=Answer.OTHER_TIME, word=word, detail=there)
    gone = adapter.cancel(line, errand.vendor_ref, reason=errand.reason_code, key=f"cancel-{errand.cancellation_id}")
    return replace(answer, word=word_of(gone, now) if gone else word)


def _silent(answer: VendorAnswer, errand: Errand, now: datetime, *, why: str, after: float) -> VendorAnswer:
    """Ask again after a while that doubles, with jitter so that many don't come back at once."""
    wait = min(after * 2 ** min(errand.attempts, 6), LONGEST_WAIT) * random.uniform(0.8, 1.2)  # noqa: S311
    again_at = now + timedelta(seconds=wait)
    return replace(answer, answer=Answer.SILENT, detail=why[:200], again_at=again_at)
