"""A part of a batch: some hundred interviews called off by the company in one transaction, in set-wise statements.

The plain case alone: the rule lets it through and nobody else is at it. Whatever needs a second thought goes the way of
every single request. Where no AI interview system is involved, the interview is cancelled here and now.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import DataError, IntegrityError, transaction

from raincheck.archive.actions import Departure, MoveFailed
from raincheck.archive.together import move_out_together
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, announce, note_all
from raincheck.cancellations import errors, policy
from raincheck.cancellations.actions import (
    Ask,
    Judged,
    ask_vendor,
    check_ask,
    new_cancellation,
    refusal_of,
    request_cancellation,
    request_of,
    subject_of,
)
from raincheck.cancellations.models import LIVE, Agreement, Batch, Cancellation, Reason, State
from raincheck.cancellations.outcomes import leads_to
from raincheck.cancellations.queries import active_policy, facts_of
from raincheck.core.actor import Actor
from raincheck.core.jobs import job
from raincheck.core.scope import company_scope
from raincheck.recruiting.actions import move_applications
from raincheck.recruiting.models import ON_SCHEDULE, Application, Interview, InterviewState
from raincheck.worklist.actions import close_for_subject
from raincheck.worklist.models import Kind, Task
from raincheck.worklist.models import State as TaskState

_YEAR = timedelta(days=366)


@dataclass
class _Sorted:
    """What the rules said of a part, interview by interview."""

    opened: list[tuple[Cancellation, Interview]] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    #: To be asked for one by one: under review, asked for already, or for a person to look at.
    single: list[Interview] = field(default_factory=list)
    kept: int = 0


@job("cancellations.open_part", queue="bulk")
def open_part(*, company_id: str, batch_id: str, interview_ids: Sequence[str]) -> None:
    """Call these interviews of a batch off. Run again, it finds them gone from the schedule."""
    with company_scope(UUID(company_id)) as now:
        batch = Batch.objects.get(id=batch_id)
        actor = Actor.company_rule(batch.company_id, batch.asked_by)
        cancelled, kept = _open(batch, [UUID(i) for i in interview_ids], actor=actor, now=now)
        # Last, for every part of the batch waits here for the one before it.
        mine = Batch.objects.select_for_update(no_key=True).get(id=batch_id)
        mine.left, mine.cancelled, mine.kept = mine.left - 1, mine.cancelled + cancelled, mine.kept + kept
        mine.save(update_fields=["left", "cancelled", "kept"])


def _open(batch: Batch, interview_ids: Sequence[UUID], *, actor: Actor, now: datetime) -> tuple[int, int]:
    """Open what can be opened; returns how many cancellations there are of it and how many interviews stay."""
    ask = Ask(reason=batch.reason_code, channel="freeze", batch_id=batch.id)
    found = _sort(_lock(batch.company_id, interview_ids), actor=actor, ask=ask, now=now)
    _store(found, actor=actor, now=now)
    singles = _ask_singly(found, actor=actor, ask=ask, now=now)
    # A link of a system without an account here is a person's to revoke, one by one.
    alone = [(c, i) for c, i in found.opened if i.vendor_account_id is None and not i.vendor_link]
    together = [c for c, i in found.opened if i.vendor_account_id is not None or i.vendor_link]
    complete_together(alone, actor=Actor.system(batch.company_id), now=now)
    # One its candidate called off before is no deed of the batch: it has a job of its own, which may be done or not.
    mine = [c for c in singles if c.batch_id == batch.id]
    waiting = [c.id for c in [*together, *mine] if c.state == State.PROCESSING]
    if waiting:
        ask_vendor(batch.company_id, waiting, bulk=True)
    return len(found.opened) + len(mine), found.kept


def _lock(company_id: UUID, interview_ids: Sequence[UUID]) -> list[Interview]:
    # In the order every batch locks them in, so that two can't wait for each other.
    there = Interview.objects.filter(company_id=company_id, id__in=interview_ids, state__in=ON_SCHEDULE)
    related = there.select_related("application__candidate", "application__position", "company")
    return list(related.select_for_update(of=("self",), no_key=True).order_by("id"))


def _sort(interviews: Sequence[Interview], *, actor: Actor, ask: Ask, now: datetime) -> _Sorted:
    """Have the rules judge each, under the lock."""
    company_id = actor.company_id
    reason = check_ask(actor, ask, Reason.objects.filter(company_id=company_id, code=ask.reason).first())
    rules = active_policy(company_id)
    live = set(
        Cancellation.objects.filter(interview__in=interviews, state__in=LIVE).values_list(
            "interview_id", flat=True
        )
    )
    recent = (
        _recent(interviews, now) if any(r.cancellations_at_least is not None for r in rules.rules) else {}
    )
    found = _Sorted()
    for interview in interviews:
        past = tuple(recent.get(interview.application.candidate_id, ()))
        facts = facts_of(interview, actor, recent=past, now=now)
        verdict = policy.evaluate(rules=rules.rules, facts=facts)
        judged = Judged(verdict, facts, rules.version)
        if interview.id in live or verdict.outcome is policy.Outcome.REVIEW:
            found.single.append(interview)
        elif verdict.outcome is policy.Outcome.REFUSE:
            found.kept += 1
            found.deeds.append(refusal_of(interview, judged, ask))
        else:
            cancellation = new_cancellation(interview, judged, actor=actor, ask=ask, reason=reason)
            found.opened.append((cancellation, interview))
            found.deeds.append(request_of(cancellation, interview))
    return found


def _recent(interviews: Sequence[Interview], now: datetime) -> dict[UUID, list[datetime]]:
    """Return by candidate when they cancelled before."""
    people = {interview.application.candidate_id for interview in interviews}
    mine = Cancellation.objects.filter(
        initiator=policy.Initiator.CANDIDATE,
        interview__application__candidate_id__in=people,
        requested_at__gt=now - _YEAR,
    ).exclude(state=State.WITHDRAWN)
    found: dict[UUID, list[datetime]] = defaultdict(list)
    for candidate_id, at in mine.values_list("interview__application__candidate_id", "requested_at"):
        found[candidate_id].append(at)
    return found


def _store(found: _Sorted, *, actor: Actor, now: datetime) -> None:
    Cancellation.objects.bulk_create([cancellation for cancellation, _ in found.opened])
    for _, interview in found.opened:
        interview.state = InterviewState.CANCELLING
    ids = [interview.id for _, interview in found.opened]
    Interview.objects.filter(id__in=ids).update(state=InterviewState.CANCELLING)
    note_all(actor=actor, deeds=found.deeds, now=now)


def _ask_singly(found: _Sorted, *, actor: Actor, ask: Ask, now: datetime) -> list[Cancellation]:
    opened = []
    for interview in found.single:
        try:
            opened.append(request_cancellation(interview_id=interview.id, actor=actor, ask=ask, now=now))
        except errors.CancellationRefused:
            found.kept += 1
    return opened


def complete_together(
    pairs: Sequence[tuple[Cancellation, Interview]], *, actor: Actor, now: datetime
) -> None:
    """Complete cancellations in which no AI interview system is involved; one job tells everyone of all.

    Both rows of each are locked or new. What a check refuses is left to the vendors' job, one by one, which finds
    which one it was.
    """
    if not pairs:
        return
    try:
        with transaction.atomic():
            entries = _complete(pairs, actor=actor, now=now)
    except (MoveFailed, IntegrityError, DataError):
        ask_vendor(actor.company_id, [cancellation.id for cancellation, _ in pairs], bulk=True)
    else:
        announce(company_id=actor.company_id, entry_ids=entries, bulk=True)


def _complete(pairs: Sequence[tuple[Cancellation, Interview]], *, actor: Actor, now: datetime) -> list[UUID]:
    agreed = [Deed(Action.AGREED, subject_of(c), {"agreement": Agreement.NOT_NEEDED.value}) for c, _ in pairs]
    deeds = agreed + _leave_the_schedule(pairs, actor=actor, now=now)
    Cancellation.objects.filter(id__in=[c.id for c, _ in pairs]).update(
        state=State.COMPLETED,
        agreement=Agreement.NOT_NEEDED,
        agreed_at=now,
        completed_at=now,
        due_at=None,
        next_attempt_at=None,
    )
    deeds += move_out_together(leaving=[(i, _departure(c)) for c, i in pairs], now=now)
    _close_what_is_over(pairs, actor=actor, now=now)
    note_all(actor=actor, deeds=deeds, now=now)
    ended = [Deed(Action.COMPLETED, subject_of(c), _facts(c, i)) for c, i in pairs]
    return [entry.id for entry in note_all(actor=actor, deeds=ended, now=now)]


def _leave_the_schedule(
    pairs: Sequence[tuple[Cancellation, Interview]], *, actor: Actor, now: datetime
) -> list[Deed]:
    """Mark interviews cancelled and move their applications, which are locked and read anew."""
    for _, interview in pairs:
        interview.state = InterviewState.CANCELLED
        interview.sequence += 1
    by_sequence: dict[int, list[UUID]] = defaultdict(list)
    for _, interview in pairs:
        by_sequence[interview.sequence].append(interview.id)
    for sequence, ids in by_sequence.items():
        Interview.objects.filter(id__in=ids).update(state=InterviewState.CANCELLED, sequence=sequence)
    wanted = {interview.application_id for _, interview in pairs}
    locked = Application.objects.select_for_update(no_key=True).filter(id__in=wanted).order_by("id")
    states = dict(locked.values_list("id", "state"))
    ways, seen = [], set[UUID]()
    for cancellation, interview in pairs:
        application = interview.application
        application.state = states[application.id]
        if application.id not in seen:
            seen.add(application.id)
            ways.append((application, leads_to(cancellation, interview)))
    return move_applications(ways, actor=actor, reason=pairs[0][0].reason.code, now=now)


def _departure(cancellation: Cancellation) -> Departure:
    return Departure(
        cancellation_id=cancellation.id,
        reason_code=cancellation.reason.code,
        initiator=cancellation.initiator,
        requested_at=cancellation.requested_at,
        note_given=bool(cancellation.note),
    )


def _facts(cancellation: Cancellation, interview: Interview) -> dict[str, object]:
    return {
        "agreement": Agreement.NOT_NEEDED.value,
        "reason": cancellation.reason.code,
        "sequence": interview.sequence,
    }


def _close_what_is_over(
    pairs: Sequence[tuple[Cancellation, Interview]], *, actor: Actor, now: datetime
) -> None:
    """Close the tasks that these leave without an object; there are few, if any."""
    kinds = [Kind.MISMATCH, Kind.INVITE_FAILED, Kind.RESCHEDULE_FAILED, Kind.OTHER_TIME_WANTED]
    about = [interview.id for _, interview in pairs]
    waiting = Task.objects.filter(subject_id__in=about, kind__in=kinds, state=TaskState.OPEN)
    for subject_id in set(waiting.values_list("subject_id", flat=True)):
        close_for_subject(subject_id=subject_id, kinds=kinds, actor=actor, resolution="completed", now=now)
