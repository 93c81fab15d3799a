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
from raincheck.cancellations.actions import ask_vendor, lease
from raincheck.cancellations.outcomes import Word
from raincheck.cancellations.queries import Errand
from raincheck.cancellations.settling import Answer, VendorAnswer, settle
from raincheck.core.actor import Actor
from raincheck.core.jobs import job
from raincheck.core.scope import company_scope
from raincheck.recruiting.models import Progress
from raincheck.vendors.adapters.base import (
    Adapter,
    Cancel,
    Held,
    Line,
    NeedsPerson,
    Permanent,
    Retry,
    Status,
    View,
)
from raincheck.vendors.bookings import asked_to_invite, is_inviting
from raincheck.vendors.lines import adapter_of, keep_calls, line_to, perhaps_heard, word_of
from raincheck.vendors.models import VendorAccount

log = structlog.get_logger(__name__)
CHUNK = 20
#: How long an errand is ours before the sweep thinks it forgotten; a fifth of it for each one more.
LEASE_EACH = timedelta(seconds=25)
#: While an invitation may still be on its way, a missing reference isn't yet “no vendor involved”.
INVITE_GRACE_ATTEMPTS = 5
#: … and one that may have been heard there is asked for again, longer than an invitation is tried.
INVITE_LOST_ATTEMPTS = 12
LONGEST_WAIT = 300.0


@dataclass(frozen=True)
class _Trip:
    """An errand with the line to run it on: no line where no vendor is involved, no adapter where none is left.

    `deleted`: the vendor was asked before to delete it, and may have. `invited`: it was asked to invite, or is being
    asked, and may have, though no answer came home.
    """

    errand: Errand
    line: Line | None
    adapter: Adapter | None
    deleted: bool = False
    invited: bool = False


@job("vendors.agree", queue="vendors")
def agree(*, company_id: str, cancellation_ids: Sequence[str]) -> None:
    """Ask a vendor to cancel each of these, and settle them with what it said, a chunk a transaction.

    What concerns other accounts goes to jobs of its own: no vendor's candidates wait for another vendor.
    """
    company = UUID(company_id)
    for start in range(0, len(cancellation_ids), CHUNK):
        chunk = [UUID(i) for i in cancellation_ids[start : start + CHUNK]]
        with company_scope(company) as now:
            errands = _of_one_account(company, cancellations.errands(company, chunk, now=now))
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


def _of_one_account(company: UUID, errands: Sequence[Errand]) -> list[Errand]:
    """Return those of the first one's account; the others are handed on, a job an account."""
    by_account: dict[UUID | None, list[Errand]] = {}
    for errand in errands:
        by_account.setdefault(errand.account_id, []).append(errand)
    first, *others = by_account.values() or [[]]
    for other in others:
        ask_vendor(company, [errand.cancellation_id for errand in other])
    return first


def _trips(errands: Sequence[Errand]) -> list[_Trip]:
    """Open a line for each errand; behind all of them stands one gate, which learns from the first what is wrong."""
    accounts = {a.id: a for a in VendorAccount.objects.filter(id__in={e.account_id for e in errands})}
    trips = []
    for errand in errands:
        account = accounts.get(errand.account_id) if errand.account_id else None
        adapter = adapter_of(account) if account else None
        deletes = adapter is not None and adapter.can.cancel is Cancel.DELETE
        deleted = deletes and _asked_to_cancel(errand)
        invited = account is not None and not errand.vendor_ref and _perhaps_invited(errand)
        line = line_to(account) if account else None
        trips.append(_Trip(errand, line, adapter, deleted=deleted, invited=invited))
    return trips


def _perhaps_invited(errand: Errand) -> bool:
    # Sooner, nobody wants to know.
    late = errand.attempts >= INVITE_GRACE_ATTEMPTS
    return late and (asked_to_invite(errand.interview_id) or is_inviting(errand.interview_id))


def _asked_to_cancel(errand: Errand) -> bool:
    """Say whether the vendor may have done what this cancellation asked of it."""
    calls = perhaps_heard(errand.interview_id, "cancel")
    return calls.filter(cancellation_id=errand.cancellation_id).exists()


def _run(trip: _Trip, now: datetime) -> VendorAnswer:
    """Ask one vendor about one interview and say what came of it; never raises for what a peer did."""
    answer = VendorAnswer(trip.errand.cancellation_id, Answer.NOT_NEEDED)
    try:
        return _ask(trip, answer, now)
    except Held as held:
        return _put_off(answer, now, why=str(held), after=held.after)
    except Retry as retry:
        return _silent(answer, trip.errand, now, why=str(retry), after=retry.after)
    except (NeedsPerson, Permanent) as error:
        return replace(answer, answer=Answer.NEEDS_PERSON, detail=str(error)[:200])
    except Exception as error:
        # An adapter may be anybody's; its fault in one errand must not hold up the others of its job.
        log.exception("an adapter failed", account=str(trip.errand.account_id))
        return _silent(answer, trip.errand, now, why=type(error).__name__, after=30.0)


def _ask(trip: _Trip, not_needed: VendorAnswer, now: datetime) -> VendorAnswer:
    errand = trip.errand
    if trip.line is None:
        if errand.linked:
            raise NeedsPerson("the link is of a system without an account here")
        return not_needed
    if trip.adapter is None:
        raise NeedsPerson("no adapter is installed for this vendor")
    if errand.vendor_ref:
        answer = _agree_with(trip.adapter, trip.line, errand, now)
        gone = answer.answer is Answer.UNKNOWN_THERE and trip.deleted
        return replace(answer, answer=Answer.AGREED) if gone else answer
    if errand.attempts < (INVITE_LOST_ATTEMPTS if trip.invited else INVITE_GRACE_ATTEMPTS):
        raise Retry("invitation under way", after=2.0)
    if trip.invited:
        raise NeedsPerson("an invitation may exist there, of which no answer came home")
    return not_needed


def _agree_with(adapter: Adapter, line: Line, errand: Errand, now: datetime) -> VendorAnswer:
    """Compare with what the vendor has (known, same time, begun or not), cancel there, and look again.

    A success that isn't to be seen afterwards is none, and a lost or wrong answer may have been one.
    """
    answer = VendorAnswer(errand.cancellation_id, Answer.AGREED)
    view = adapter.read(line, errand.vendor_ref)
    if view is None:
        return replace(answer, answer=Answer.UNKNOWN_THERE)
    done = _needs_no_cancel(answer, errand, view, now)
    if done is not None:
        return done
    # A new time that was still on its way when the cancel came is no disagreement.
    if not errand.moving and not view.is_at(errand.starts_at, errand.ends_at):
        return replace(answer, answer=Answer.OTHER_TIME, word=word_of(view, now), detail=view.times)
    key = f"cancel-{errand.cancellation_id}"
    if errand.agreed_at is not None:
        # It agreed before and admits the candidate again: a wish of its own, which the old key's answer would swallow.
        key += f"-{errand.agreed_at.timestamp():.0f}"
    try:
        adapter.cancel(line, errand.vendor_ref, reason=errand.reason_code, key=key)
    except Permanent:
        # Handed in, or gone, between our look and our call?
        found = adapter.read(line, errand.vendor_ref)
        done = _needs_no_cancel(answer, errand, found, now) if found else None
        if done is None:
            raise
        return done
    return _as_seen(adapter, answer, errand, before=view, after=adapter.read(line, errand.vendor_ref))


def _as_seen(
    adapter: Adapter, answer: VendorAnswer, errand: Errand, *, before: View, after: View | None
) -> VendorAnswer:
    """Judge a cancel that the vendor took by what it shows afterwards."""
    seen_at = timezone.now()
    if after is None:
        return replace(answer, word=word_of(before, seen_at))
    done = _needs_no_cancel(answer, errand, after, seen_at)
    if done is not None:
        return done
    if adapter.can.cancel is Cancel.ARCHIVE:
        raise NeedsPerson("archived there; whether the candidate's link is dead isn't known")
    if after.status is Status.UNMAPPED and after.word != before.word:
        # A word of its own for what it has just done; no one documents every one.
        return replace(answer, word=word_of(after, seen_at))
    raise Retry(f"says cancelled, shows {after.word[:40]}")


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


def _put_off(answer: VendorAnswer, now: datetime, *, why: str, after: float) -> VendorAnswer:
    """Ask when the vendor may be asked again: it wasn't, so that no attempt is used up."""
    again_at = now + timedelta(seconds=after + random.uniform(0.2, 0.5) * max(after, 2.0))  # noqa: S311
    return replace(answer, answer=Answer.SILENT, detail=why[:200], again_at=again_at, asked=False)


def _silent(answer: VendorAnswer, errand: Errand, now: datetime, *, why: str, after: float) -> VendorAnswer:
    """Ask again after a while that doubles, with jitter so that many don't come back at once."""
    wait = min(after * 2 ** min(errand.attempts, 6), LONGEST_WAIT) * random.uniform(0.8, 1.2)  # noqa: S311
    again_at = now + timedelta(seconds=wait)
    return replace(answer, answer=Answer.SILENT, detail=why[:200], again_at=again_at)
