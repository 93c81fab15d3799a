"""What people do to a cancellation: ask for it, decide on it, take it back. Each one transaction.

Lock order everywhere: the interview's row first, then the cancellation's. No call to the outside is made
here; the vendor is asked by the job that commits with the request.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from raincheck.accounts.abilities import Ability
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note, record
from raincheck.cancellations import errors, policy, queries
from raincheck.cancellations.models import Agreement, Cancellation, Reason, State
from raincheck.core.actor import Actor, ActorKind
from raincheck.core.errors import NotFound
from raincheck.core.jobs import BULK, defer
from raincheck.core.prepared import insert, together, update
from raincheck.recruiting import queries as recruiting
from raincheck.recruiting.actions import invite
from raincheck.recruiting.models import Interview, InterviewState
from raincheck.worklist.actions import close_for_subject
from raincheck.worklist.models import Kind

NOTE_LIMIT = 500
#: How long a vendor may stay silent before the cancellation is completed without its word.
VENDOR_LIMIT = timedelta(minutes=2)


@dataclass(frozen=True)
class Ask:
    """What was asked, as it came in. `batch_id` marks one of many, whose vendor job the batch defers.

    `seen`: the interview's sequence as the asker was shown it, where they were.
    """

    reason: str
    note: str = ""
    channel: str = "portal"
    idempotency_key: str | None = None
    batch_id: UUID | None = None
    seen: int | None = None


def request_cancellation(*, interview_id: UUID, actor: Actor, ask: Ask, now: datetime) -> Cancellation:
    """Ask for an interview to be cancelled; the rule decides under the lock.

    Asking again answers with the same cancellation. HR or the company asking for one under review counts as
    its approval. Raises NotFound, NotAllowed, KeyReused, UnknownReason, NoteBlank, NoteTooLong,
    CancellationRefused, InterviewMoved.
    """
    interview = recruiting.lock_interview(actor, interview_id, ability=Ability.CANCEL_INTERVIEW)
    files = queries.look_up(interview=interview, reason=ask.reason, key=ask.idempotency_key)
    if files.earlier_id is not None:
        earlier = _asked_before(interview, files.earlier_id)
        if earlier.state == State.IN_REVIEW and not actor.is_candidate:
            earlier.batch_id = ask.batch_id or earlier.batch_id
            _approve(earlier, interview, actor=actor, now=now, in_batch=ask.batch_id is not None)
        return earlier
    reason = check_ask(actor, ask, files.reason)
    facts = queries.facts_for(interview=interview, actor=actor, rules=files.rules.rules, now=now)
    verdict = policy.evaluate(rules=files.rules.rules, facts=facts)
    judged = Judged(verdict, facts, files.rules.version)
    if ask.seen not in {None, interview.sequence} and verdict.outcome is not policy.Outcome.REFUSE:
        raise errors.InterviewMoved
    if verdict.outcome is policy.Outcome.REFUSE:
        _refuse(interview, judged, actor=actor, ask=ask)
    with together():
        cancellation = _open(interview, judged, actor=actor, ask=ask, reason=reason)
        interview.state = InterviewState.CANCELLING
        update(interview, "state")
        _announce_request(cancellation, interview, actor=actor, now=now)
    return cancellation


@dataclass(frozen=True)
class Judged:
    """What the rules said of a request, on which facts, and which version of them."""

    verdict: policy.Verdict
    facts: policy.Facts
    version: int


def _asked_before(interview: Interview, earlier_id: UUID) -> Cancellation:
    earlier = queries.get_asked(earlier_id)
    if earlier.interview_id != interview.id:
        raise errors.KeyReused
    return earlier


def check_ask(actor: Actor, ask: Ask, reason: Reason | None) -> Reason:
    """Return the reason, if this actor may choose it with this note. Raises UnknownReason, NoteBlank, NoteTooLong."""
    if reason is None or not reason.is_for(actor):
        raise errors.UnknownReason(field="reason")
    if ask.note and not ask.note.strip():
        raise errors.NoteBlank(field="note")
    if len(ask.note) > NOTE_LIMIT:
        raise errors.NoteTooLong(field="note")
    return reason


def _refuse(interview: Interview, judged: Judged, *, actor: Actor, ask: Ask) -> None:
    """Record what was asked and why it was refused: no row will ever say so. Raises CancellationRefused."""
    note(actor=actor, deed=refusal_of(interview, judged, ask), now=judged.facts.now)
    refusal = errors.REFUSALS.get(judged.verdict.refusal, errors.CancellationRefused)
    raise refusal(contact=interview.company.contact)


def refusal_of(interview: Interview, judged: Judged, ask: Ask) -> Deed:
    """Return what is recorded of a request that was refused."""
    verdict = judged.verdict
    facts = {
        "rule": verdict.rule,
        "refusal": verdict.refusal,
        "policy_version": judged.version,
        "reason": ask.reason,
        "initiator": judged.facts.initiator,
        "channel": ask.channel,
        "note_given": bool(ask.note.strip()),
        "starts_at": interview.starts_at.isoformat(),
        "ends_at": interview.ends_at.isoformat(),
        **_circumstances(interview),
    }
    return Deed(Action.REFUSED, Subject("interview", interview.id, interview_id=interview.id), facts)


def _open(interview: Interview, judged: Judged, *, actor: Actor, ask: Ask, reason: Reason) -> Cancellation:
    cancellation = new_cancellation(interview, judged, actor=actor, ask=ask, reason=reason)
    insert(cancellation)
    return cancellation


def new_cancellation(
    interview: Interview, judged: Judged, *, actor: Actor, ask: Ask, reason: Reason
) -> Cancellation:
    """Return the (unsaved) cancellation that a request not refused opens."""
    now, verdict = judged.facts.now, judged.verdict
    automatic = verdict.outcome is policy.Outcome.AUTO
    clock = policy.clock(plan=verdict.review, facts=judged.facts) if verdict.review else None
    return Cancellation(
        company_id=interview.company_id,
        interview=interview,
        state=State.PROCESSING if automatic else State.IN_REVIEW,
        initiator=judged.facts.initiator,
        requested_by=actor.id,
        requested_at=now,
        channel=ask.channel,
        reason=reason,
        note=ask.note.strip(),
        idempotency_key=ask.idempotency_key,
        batch_id=ask.batch_id,
        outcome=verdict.outcome,
        rule=verdict.rule,
        policy_version=judged.version,
        checks=[vars(check) for check in verdict.checks],
        facts=judged.facts.as_json(),
        review=verdict.review.to_json() if verdict.review else None,
        due_at=clock.first_due if clock else now + VENDOR_LIMIT,
        final_due_at=clock.final_due if clock else None,
        though_begun=judged.facts.begun and judged.facts.initiator is not policy.Initiator.CANDIDATE,
        next_attempt_at=now if automatic else None,
        agreement=Agreement.PENDING,
    )


def _announce_request(
    cancellation: Cancellation, interview: Interview, *, actor: Actor, now: datetime
) -> None:
    """Record the request. Under review people are told now; else the vendor's job tells in one go."""
    deed = request_of(cancellation, interview)
    if cancellation.state == State.IN_REVIEW:
        record(actor=actor, action=deed.action, subject=deed.subject, now=now, **deed.facts)
        return
    note(actor=actor, deed=deed, now=now)
    if cancellation.batch_id is None:
        ask_vendor(cancellation.company_id, [cancellation.id])


def request_of(cancellation: Cancellation, interview: Interview) -> Deed:
    """Return what is recorded of a request that opened a cancellation."""
    facts = {
        "reason": cancellation.reason.code,
        "note_given": bool(cancellation.note),
        "initiator": cancellation.initiator,
        "channel": cancellation.channel,
        "outcome": cancellation.outcome,
        "rule": cancellation.rule,
        "policy_version": cancellation.policy_version,
        **_circumstances(interview),
    }
    return Deed(Action.REQUESTED, subject_of(cancellation), facts)


def ask_vendor(
    company_id: UUID, cancellation_ids: Iterable[UUID], *, at: datetime | None = None, bulk: bool = False
) -> None:
    """Defer the one job in which the vendor is asked. By name: the vendors' room lies above this one."""
    defer(
        "vendors.agree",
        queue=BULK if bulk else "vendors",
        at=at,
        company_id=str(company_id),
        cancellation_ids=[str(i) for i in cancellation_ids],
    )


def lease(company_id: UUID, errands: Iterable[queries.Errand], *, until: datetime) -> None:
    """Keep the sweep from taking errands for forgotten while somebody is at them; one ended meanwhile stays ended."""
    ids = [errand.cancellation_id for errand in errands]
    Cancellation.objects.filter(queries.WAITING, company_id=company_id, id__in=ids).update(
        next_attempt_at=until
    )


def approve(*, cancellation_id: UUID, actor: Actor, decision_note: str = "", now: datetime) -> Cancellation:
    """Approve what is under review; approving what is approved already changes nothing.

    Raises NotFound, NotAllowed, NoteTooLong, NotInReview.
    """
    cancellation, interview = lock(actor, cancellation_id, Ability.REVIEW_CANCELLATION)
    if cancellation.state == State.PROCESSING or (
        cancellation.state == State.COMPLETED and cancellation.decided_at
    ):
        return cancellation
    if cancellation.state != State.IN_REVIEW:
        raise errors.NotInReview
    if len(decision_note) > NOTE_LIMIT:
        raise errors.NoteTooLong(field="decision_note")
    cancellation.decision_note = decision_note.strip()
    _approve(cancellation, interview, actor=actor, now=now)
    return cancellation


def _approve(
    cancellation: Cancellation, interview: Interview, *, actor: Actor, now: datetime, in_batch: bool = False
) -> None:
    cancellation.state = State.PROCESSING
    cancellation.decided_at = now
    cancellation.decided_by = actor.id if actor.kind in {ActorKind.STAFF, ActorKind.COMPANY_RULE} else None
    cancellation.though_begun |= cancellation.decided_by is not None and interview.begun
    cancellation.due_at = now + VENDOR_LIMIT
    cancellation.next_attempt_at = now
    cancellation.save()
    subject = subject_of(cancellation)
    note(actor=actor, deed=Deed(Action.APPROVED, subject, _circumstances(interview)), now=now)
    close_for_subject(
        subject_id=cancellation.id, kinds=[Kind.REVIEW_ESCALATED], actor=actor, resolution="approved", now=now
    )
    if not in_batch:
        ask_vendor(cancellation.company_id, [cancellation.id])


def approve_by_rule(cancellation: Cancellation, interview: Interview, *, actor: Actor, now: datetime) -> None:
    """Approve a locked cancellation because its clock ended and the rule says so."""
    _approve(cancellation, interview, actor=actor, now=now)


def reject(*, cancellation_id: UUID, actor: Actor, decision_note: str, now: datetime) -> Cancellation:
    """Reject what is under review, saying why; the interview stands as the vendor last said.

    Raises NotFound, NotAllowed, DecisionNoteMissing, NoteTooLong, NotInReview.
    """
    cancellation, interview = lock(actor, cancellation_id, Ability.REVIEW_CANCELLATION)
    if cancellation.state != State.IN_REVIEW and not cancellation.mismatch:
        raise errors.NotInReview
    if cancellation.state not in {State.IN_REVIEW, State.PROCESSING}:
        raise errors.NotInReview
    if not decision_note.strip():
        raise errors.DecisionNoteMissing(field="decision_note")
    if len(decision_note) > NOTE_LIMIT:
        raise errors.NoteTooLong(field="decision_note")
    cancellation.decision_note = decision_note.strip()
    end_without_cancel(cancellation, interview, state=State.REJECTED, actor=actor, now=now)
    return cancellation


def withdraw(*, cancellation_id: UUID, actor: Actor, now: datetime) -> Cancellation:
    """Take a request under review back. Withdrawing twice changes nothing.

    Raises NotFound, NotAllowed, NotWithdrawable.
    """
    cancellation, interview = lock(actor, cancellation_id, Ability.WITHDRAW_CANCELLATION)
    if cancellation.state == State.WITHDRAWN:
        return cancellation
    if cancellation.state != State.IN_REVIEW or cancellation.initiator != policy.Initiator.CANDIDATE:
        raise errors.NotWithdrawable(contact=interview.company.contact)
    end_without_cancel(cancellation, interview, state=State.WITHDRAWN, actor=actor, now=now)
    return cancellation


def end_without_cancel(
    cancellation: Cancellation,
    interview: Interview,
    *,
    state: State,
    actor: Actor,
    now: datetime,
    why: str = "",
) -> None:
    """End a locked cancellation without cancelling: rejected or withdrawn; everyone is told."""
    cancellation.state = state
    cancellation.decided_at = now
    cancellation.decided_by = actor.id if actor.kind == ActorKind.STAFF else None
    cancellation.due_at = cancellation.next_attempt_at = None
    cancellation.save()
    interview.state = interview.state_as_vendor_said
    interview.save(update_fields=["state"])
    if interview.vendor_account_id and not interview.vendor_ref:
        # The invitation stood back while the request was open.
        invite(interview)
    action = Action.REJECTED if state == State.REJECTED else Action.WITHDRAWN
    facts = {"why": why, "interview_state": interview.state, **_circumstances(interview)}
    record(actor=actor, action=action, subject=subject_of(cancellation), now=now, **facts)
    kinds = [Kind.REVIEW_ESCALATED, Kind.MISMATCH, Kind.VENDOR_PENDING]
    close_for_subject(subject_id=cancellation.id, kinds=kinds, actor=actor, resolution=state, now=now)


def lock(actor: Actor, cancellation_id: UUID, ability: Ability) -> tuple[Cancellation, Interview]:
    """Return a cancellation and its interview, both locked, interview first. Raises NotFound, NotAllowed."""
    found = Cancellation.objects.filter(company_id=actor.company_id, id=cancellation_id)
    interview_id = found.values_list("interview_id", flat=True).first()
    if interview_id is None:
        raise NotFound
    interview = recruiting.lock_interview(actor, interview_id, ability=ability)
    cancellation = found.select_related("reason").select_for_update(of=("self",), no_key=True).get()
    return cancellation, interview


def subject_of(cancellation: Cancellation) -> Subject:
    """Return the audit subject that puts a deed on this cancellation's timeline."""
    return Subject("cancellation", cancellation.id, cancellation.interview_id, cancellation.id)


def _circumstances(interview: Interview) -> dict[str, str]:
    """Return the facts an auditor filters by, as they are at this moment."""
    application = interview.application
    return {
        "position": str(application.position_id),
        "department": str(application.position.department_id),
        "school": application.candidate.school,
        "source": application.source,
    }
