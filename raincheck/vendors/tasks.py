"""Agreeing with AI interview systems: ask, compare, act, note. No row is held while a vendor is called.

Each job reloads, calls, then writes in one transaction. Whatever changed meanwhile, the action that takes
the answer in decides.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.utils import timezone

from raincheck.cancellations import queries as cancellations
from raincheck.cancellations.actions import lease
from raincheck.cancellations.outcomes import Word
from raincheck.cancellations.queries import Errand
from raincheck.cancellations.settling import Answer, VendorAnswer, settle
from raincheck.core.actor import Actor
from raincheck.core.jobs import job
from raincheck.core.scope import company_scope
from raincheck.recruiting.models import Progress
from raincheck.vendors import adapters
from raincheck.vendors.adapters.base import Adapter, Line, NeedsPerson, Permanent, Retry, View
from raincheck.vendors.lines import keep_calls, line_to, word_of
from raincheck.vendors.models import VendorAccount

log = structlog.get_logger(__name__)
CHUNK = 20
#: How long an errand is ours before the sweep thinks it forgotten; a fifth of it for each one more.
LEASE_EACH = timedelta(seconds=25)
#: While an invitation may still be on its way, a missing reference isn't yet “no vendor involved”.
INVITE_GRACE_ATTEMPTS = 5
LONGEST_WAIT = 300.0


@dataclass(frozen=True)
class _Trip:
    """An errand with the line to run it on: no line where no vendor is involved, no adapter where none is left."""

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
            errands = cancellations.errands(company, chunk, now=now)
            trips = _trips(errands)
            lease(company, errands, until=now + LEASE_EACH * (1 + len(errands) / 5))
        answers = [_run(trip, timezone.now()) for trip in trips]
        with company_scope(company) as now:
            for trip in trips:
                if trip.line is not None:
                    errand = trip.errand
                    ids = (company, errand.interview_id, errand.cancellation_id)
                    keep_calls(trip.line, *ids, now, attempt=errand.attempts + 1)
            settle(answers=answers, actor=Actor.system(company), now=now)


def _trips(errands: Sequence[Errand]) -> list[_Trip]:
    accounts = {a.id: a for a in VendorAccount.objects.filter(id__in={e.account_id for e in errands})}
    trips = []
    for errand in errands:
        account = accounts.get(errand.account_id) if errand.account_id else None
        line = line_to(account) if account else None
        trips.append(_Trip(errand, line, _adapter_of(account) if account else None))
    return trips


def _adapter_of(account: VendorAccount) -> Adapter | None:
    try:
        return adapters.find(account.adapter, account.options)
    except (KeyError, Permanent):
        return None


def _run(trip: _Trip, now: datetime) -> VendorAnswer:
    """Ask one vendor about one interview and say what came of it; never raises for what a peer did."""
    answer = VendorAnswer(trip.errand.cancellation_id, Answer.NOT_NEEDED)
    try:
        return _ask(trip, answer, now)
    except Retry as retry:
        return _silent(answer, trip.errand, now, why=str(retry), after=retry.after)
    except (NeedsPerson, Permanent) as error:
        return replace(answer, answer=Answer.NEEDS_PERSON, detail=str(error)[:200])
    except Exception as error:
        # An adapter's fault in one errand must not hold up the others of its job.
        log.exception("an adapter failed", account=str(trip.errand.account_id))
        return _silent(answer, trip.errand, now, why=type(error).__name__, after=30.0)


def _ask(trip: _Trip, not_needed: VendorAnswer, now: datetime) -> VendorAnswer:
    errand = trip.errand
    if trip.line is None:
        return not_needed
    if trip.adapter is None:
        raise NeedsPerson("no adapter is installed for this vendor")
    if errand.vendor_ref:
        return _agree_with(trip.adapter, trip.line, errand, now)
    if errand.attempts < INVITE_GRACE_ATTEMPTS:
        raise Retry("invitation under way", after=2.0)
    return not_needed


def _agree_with(adapter: Adapter, line: Line, errand: Errand, now: datetime) -> VendorAnswer:
    """Compare with what the vendor has (known, same time, begun or not), then cancel there.

    A lost or wrong answer is read back.
    """
    answer = VendorAnswer(errand.cancellation_id, Answer.AGREED)
    view = adapter.read(line, errand.vendor_ref)
    if view is None:
        return replace(answer, answer=Answer.UNKNOWN_THERE)
    done = _needs_no_cancel(answer, errand, view, now)
    if done is not None:
        return done
    word = word_of(view, now)
    # A new time that was still on its way when the cancel came is no disagreement.
    if not errand.moving and not view.is_at(errand.starts_at, errand.ends_at):
        there = "/".join(at.isoformat() if at else "" for at in (view.starts_at, view.ends_at))
        return replace(answer, answer=Answer.OTHER_TIME, word=word, detail=there)
    key = f"cancel-{errand.cancellation_id}"
    try:
        gone = adapter.cancel(line, errand.vendor_ref, reason=errand.reason_code, key=key)
    except Permanent:
        # Handed in, or gone, between our look and our call?
        view = adapter.read(line, errand.vendor_ref)
        done = _needs_no_cancel(answer, errand, view, now) if view else None
        if done is None:
            raise
        return done
    return replace(answer, word=word_of(gone, now) if gone else word)


def _needs_no_cancel(answer: VendorAnswer, errand: Errand, view: View, now: datetime) -> VendorAnswer | None:
    """Return how the errand ends where nothing is to be cancelled: handed in, gone, or begun without a person's say."""
    word = word_of(view, now)
    if view.status.handed_in:
        return replace(answer, answer=Answer.SUBMITTED, word=word)
    if view.status.ended:
        return replace(answer, word=word)
    return replace(answer, answer=Answer.BEGUN, word=word) if begun(errand, word) else None


def begun(errand: Errand, word: Word) -> bool:
    """Say whether the candidate is in it, and nobody who knew so has said to cancel it all the same."""
    return word.progress == Progress.PARTLY_RECORDED and not errand.though_begun


def _silent(answer: VendorAnswer, errand: Errand, now: datetime, *, why: str, after: float) -> VendorAnswer:
    """Ask again after a while that doubles, with jitter so that many don't come back at once."""
    wait = min(after * 2 ** min(errand.attempts, 6), LONGEST_WAIT) * random.uniform(0.8, 1.2)  # noqa: S311
    again_at = now + timedelta(seconds=wait)
    return replace(answer, answer=Answer.SILENT, detail=why[:200], again_at=again_at)
