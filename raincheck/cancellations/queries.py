"""Every read of the heart."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from raincheck.accounts.abilities import Ability, demand
from raincheck.accounts.queries import is_working_time
from raincheck.audit.catalogue import Action
from raincheck.audit.models import Entry
from raincheck.cancellations import policy
from raincheck.cancellations.models import (
    LIVE,
    Agreement,
    Cancellation,
    Policy,
    Reason,
    State,
)
from raincheck.core.actor import Actor, ActorKind
from raincheck.core.errors import NotFound
from raincheck.core.prepared import Prepared
from raincheck.recruiting import queries as recruiting
from raincheck.recruiting.models import Interview

_INITIATORS = {
    ActorKind.CANDIDATE: policy.Initiator.CANDIDATE,
    ActorKind.STAFF: policy.Initiator.HR,
    ActorKind.COMPANY_RULE: policy.Initiator.COMPANY,
    ActorKind.INTEGRATION: policy.Initiator.COMPANY,
}
_YEAR = timedelta(days=366)


@dataclass(frozen=True)
class ActivePolicy:
    """The rules in force and their version."""

    version: int
    rules: tuple[policy.Rule, ...]


def active_policy(company_id: UUID) -> ActivePolicy:
    """Return the company's rules; the standard preset, as version 0, where none were ever saved."""
    found = Policy.objects.filter(company_id=company_id, active=True).first()
    if found is None:
        return ActivePolicy(0, policy.STANDARD)
    return ActivePolicy(found.version, _rules_of(found.id))


def rules_as_of(company_id: UUID, version: int) -> tuple[policy.Rule, ...]:
    """Return the rules of one version, the standard preset for version 0: what something was judged by."""
    found = Policy.objects.filter(company_id=company_id, version=version).first()
    return policy.STANDARD if found is None else _rules_of(found.id)


def policy_versions(actor: Actor) -> "QuerySet[Policy]":
    """Return every saved version of the rules, newest first. Raises NotAllowed."""
    demand(actor, Ability.VIEW_RULES)
    return Policy.objects.filter(company_id=actor.company_id).select_related("saved_by").order_by("-version")


@lru_cache(maxsize=1024)
def _rules_of(policy_id: UUID) -> tuple[policy.Rule, ...]:
    # A saved version never changes, so what was read once may be kept.
    bodies = Policy.objects.get(id=policy_id).rules.values_list("body", flat=True)
    return tuple(policy.Rule.from_json(body) for body in bodies)


def facts_for(
    *, interview: Interview, actor: Actor, rules: tuple[policy.Rule, ...], now: datetime
) -> policy.Facts:
    """Gather what the policy may look at, from the interview's own row and the candidate's past."""
    counts = any(rule.cancellations_at_least is not None for rule in rules)
    recent = _recent_cancellations(interview, now) if counts else ()
    return facts_of(interview, actor, recent=recent, now=now)


def facts_of(
    interview: Interview, actor: Actor, *, recent: tuple[datetime, ...], now: datetime
) -> policy.Facts:
    """Put together what the policy may look at; `recent` is when the candidate cancelled before."""
    position = interview.application.position
    return policy.Facts(
        initiator=_INITIATORS[actor.kind],
        now=now,
        interview_kind=interview.kind,
        interview_state=interview.state,
        starts_at=interview.starts_at,
        ends_at=interview.ends_at,
        progress=policy.Progress(interview.vendor_progress),
        vendor_said_at=interview.vendor_said_at,
        recent_cancellations=recent,
        position_state=position.state,
        department=str(position.department_id),
        vendor=str(interview.vendor_account_id) if interview.vendor_account_id else None,
        working_hours=is_working_time(interview.company, now),
    )


def _recent_cancellations(interview: Interview, now: datetime) -> tuple[datetime, ...]:
    mine = Cancellation.objects.filter(
        company_id=interview.company_id,
        initiator=policy.Initiator.CANDIDATE,
        interview__application__candidate_id=interview.application.candidate_id,
        requested_at__gt=now - _YEAR,
    ).exclude(state=State.WITHDRAWN)
    return tuple(mine.values_list("requested_at", flat=True))


@dataclass(frozen=True)
class Forecast:
    """What a request made now would meet.

    `rule` is None where a guard or the fallback decides; `clock` is there under review alone.
    """

    verdict: policy.Verdict
    rule: policy.Rule | None
    clock: policy.Clock | None


def forecast(*, interview: Interview, actor: Actor, now: datetime) -> Forecast:
    """Return what a request made now would meet; shown before one commits, decides nothing."""
    rules = active_policy(interview.company_id).rules
    facts = facts_for(interview=interview, actor=actor, rules=rules, now=now)
    verdict = policy.evaluate(rules=rules, facts=facts)
    rule = next((rule for rule in rules if rule.code == verdict.rule), None)
    clock = policy.clock(plan=verdict.review, facts=facts) if verdict.review else None
    return Forecast(verdict, rule, clock)


def foresee(*, interview: Interview, actor: Actor, now: datetime) -> policy.Verdict:
    """Return the verdict a request made now would get."""
    return forecast(interview=interview, actor=actor, now=now).verdict


def reasons_for(actor: Actor) -> "QuerySet[Reason]":
    """Return the reasons this actor may choose from, in the company's order."""
    mine = Q(for_candidate=True) if actor.is_candidate else Q(for_staff=True)
    return Reason.objects.filter(mine, company_id=actor.company_id, active=True).order_by("position", "code")


@dataclass(frozen=True)
class Files:
    """What the company's files say to a request: the reason it names, the rules in force, the same asked before."""

    reason: Reason | None
    rules: ActivePolicy
    earlier_id: UUID | None


def look_up(*, interview: Interview, reason: str, key: str | None) -> Files:
    """Read, in one statement, all that a request is judged by beside its interview, which is locked.

    `earlier_id` is the interview's open cancellation; else the one, of any interview, asked for under this key.
    """
    company_id = interview.company_id
    found: Any = _files.first(company=company_id, interview=interview.id, reason=reason, key=key)
    if found is None:
        # Nobody has such a reason, but it may have been asked before under one that was. Whoever gave no key asked
        # under none: to Django, a key of None is that of all who gave none.
        live, same_key = _asked(company_id, interview.id, key)
        earlier = chain(live, same_key if key is not None else ())
        return Files(None, active_policy(company_id), next((one.id for one in earlier), None))
    rules = ActivePolicy(0, policy.STANDARD)
    if found.policy_id is not None:
        rules = ActivePolicy(found.policy_version, _rules_of(found.policy_id))
    return Files(found, rules, found.earlier_id)


@Prepared
def _files(company: UUID, interview: UUID, reason: str, key: str) -> "QuerySet[Reason]":
    in_force = Policy.objects.filter(company_id=company, active=True)
    live, same_key = _asked(company, interview, key)
    return Reason.objects.filter(company_id=company, code=reason).annotate(
        policy_id=Subquery(in_force.values("id")),
        policy_version=Subquery(in_force.values("version")),
        earlier_id=Coalesce(Subquery(live.values("id")), Subquery(same_key.values("id"))),
    )


def _asked(
    company: UUID, interview: UUID, key: str | None
) -> "tuple[QuerySet[Cancellation], QuerySet[Cancellation]]":
    mine = Cancellation.objects.filter(company_id=company)
    return mine.filter(interview_id=interview, state__in=LIVE), mine.filter(idempotency_key=key)


def get_reason(actor: Actor, code: str) -> Reason | None:
    """Return the reason of this code, if the actor may choose it."""
    return reasons_for(actor).filter(code=code).first()


def get_asked(cancellation_id: UUID) -> Cancellation:
    """Return a cancellation that `look_up` named, for whoever holds its interview's lock."""
    return Cancellation.objects.select_related("reason").get(id=cancellation_id)


def reasons_by_code(company_id: UUID) -> dict[str, Reason]:
    """Return all of a company's reasons, retired ones included, for saying what was chosen once."""
    return {reason.code: reason for reason in Reason.objects.filter(company_id=company_id)}


def live_cancellation(interview: Interview) -> Cancellation | None:
    """Return the interview's open cancellation, if there is one."""
    return Cancellation.objects.filter(interview=interview, state__in=LIVE).select_related("reason").first()


def latest_cancellation(interview: Interview) -> Cancellation | None:
    """Return the last cancellation of this interview, open or ended."""
    found = Cancellation.objects.filter(interview=interview).select_related("reason")
    return found.order_by("-requested_at").first()


def cancellations_of(interview: Interview) -> "QuerySet[Cancellation]":
    """Return every cancellation of an interview already allowed to be seen, oldest first."""
    return (
        Cancellation.objects.filter(interview=interview)
        .select_related("reason")
        .order_by("requested_at", "id")
    )


def latest_by_interview(interview_ids: Iterable[UUID]) -> dict[UUID, Cancellation]:
    """Return the last cancellation of each of these interviews, already allowed to be seen, that has one."""
    found = Cancellation.objects.filter(interview_id__in=list(interview_ids)).select_related("reason")
    return {c.interview_id: c for c in found.order_by("requested_at", "id")}


def visible_cancellations(actor: Actor) -> "QuerySet[Cancellation]":
    """Return the cancellations of the interviews this actor sees."""
    interviews = recruiting.visible_interviews(actor).values("id")
    return Cancellation.objects.filter(
        company_id=actor.company_id, interview_id__in=interviews
    ).select_related(
        "reason",
        "interview__company",
        "interview__application__candidate",
        "interview__application__position__department",
    )


def get_cancellation(actor: Actor, cancellation_id: UUID) -> Cancellation:
    """Return one cancellation this actor sees. Raises NotAllowed, NotFound."""
    found = visible_cancellations(actor).filter(id=cancellation_id).first()
    if found is None:
        raise NotFound
    return found


def review_inbox(actor: Actor) -> "QuerySet[Cancellation]":
    """Return what waits for a reviewer, the clock that ends first on top. Raises NotAllowed."""
    demand(actor, Ability.VIEW_REVIEWS)
    return visible_cancellations(actor).filter(state=State.IN_REVIEW).order_by("due_at")


def mismatches(actor: Actor) -> "QuerySet[Cancellation]":
    """Return what stands still because the vendor's record differs, for HR to decide. Raises NotAllowed."""
    demand(actor, Ability.VIEW_REVIEWS)
    return visible_cancellations(actor).filter(state=State.PROCESSING).exclude(mismatch="").order_by("due_at")


def past_requests(cancellation: Cancellation) -> "QuerySet[Cancellation]":
    """Return the same candidate's requests before this one, newest first, for whoever may see this one."""
    candidate_id = cancellation.interview.application.candidate_id
    at = cancellation.requested_at
    theirs = Cancellation.objects.filter(
        Q(requested_at__lt=at) | Q(requested_at=at, id__lt=cancellation.id),
        company_id=cancellation.company_id,
        initiator=policy.Initiator.CANDIDATE,
        interview__application__candidate_id=candidate_id,
    )
    return theirs.select_related("reason", "interview__application__position").order_by("-requested_at")


def counts_of_past_requests(cancellations: Sequence[Cancellation]) -> dict[UUID, int]:
    """Return how many `past_requests` each of these has, by its id, from one look at the database."""
    whose = {one.id: one.interview.application.candidate_id for one in cancellations}
    theirs = Cancellation.objects.filter(
        company_id__in={one.company_id for one in cancellations},
        initiator=policy.Initiator.CANDIDATE,
        interview__application__candidate_id__in=set(whose.values()),
    )
    asked = defaultdict[UUID, list[tuple[datetime, UUID]]](list)
    facts = "interview__application__candidate_id", "requested_at", "id"
    for candidate_id, requested_at, id_ in theirs.values_list(*facts):
        asked[candidate_id].append((requested_at, id_))
    return {
        one.id: sum(when < (one.requested_at, one.id) for when in asked[whose[one.id]])
        for one in cancellations
    }


@dataclass(frozen=True)
class Errand:
    """What the vendor is to be asked for one cancellation; all that a call needs, no row held."""

    cancellation_id: UUID
    interview_id: UUID
    account_id: UUID | None
    vendor_ref: str
    starts_at: datetime
    ends_at: datetime
    reason_code: str
    attempts: int
    moving: bool
    though_begun: bool
    agreed_at: datetime | None = None
    #: A link was given out, whoever gave it.
    linked: bool = False


#: An errand this much overdue has lost its job. With lease and sweep it is 40 seconds after its worker's death at
#: most, so that the acknowledgement still comes within its minute.
OVERDUE = timedelta(seconds=5)
#: Which cancellations still need the vendor's word.
WAITING = Q(state=State.PROCESSING, mismatch="") | Q(state=State.COMPLETED, agreement=Agreement.PENDING)


def errands(company_id: UUID, cancellation_ids: list[UUID], *, now: datetime) -> list[Errand]:
    """Return those of the given cancellations that need the vendor's word and whose turn it is.

    In the order in which batches lock interviews. One that is to be asked later has a job of its own for then,
    so that two jobs which met don't both go on for ever.
    """
    due = Cancellation.objects.filter(WAITING, next_attempt_at__lte=now, company_id=company_id)
    found = due.filter(id__in=cancellation_ids).select_related("interview", "reason")
    moving = moving_there(found.values_list("interview_id", flat=True))
    return [
        Errand(
            cancellation_id=c.id,
            interview_id=c.interview_id,
            account_id=c.interview.vendor_account_id,
            vendor_ref=c.interview.vendor_ref,
            starts_at=c.interview.starts_at,
            ends_at=c.interview.ends_at,
            reason_code=c.reason.code,
            attempts=c.attempts,
            moving=c.interview_id in moving,
            though_begun=c.though_begun,
            agreed_at=c.agreed_at,
            linked=bool(c.interview.vendor_link),
        )
        for c in found.order_by("interview_id")
    ]


def is_moving(interview_id: UUID) -> bool:
    """Say whether a new time of this interview is still on its way to the vendor."""
    return bool(moving_there([interview_id]))


def moving_there(interview_ids: Iterable[UUID]) -> set[UUID]:
    """Return those whose new time is still on its way to the vendor, or was overtaken by the cancel."""
    ends = (Action.RESCHEDULE_AGREED, Action.RESCHEDULE_FAILED)
    told = Entry.objects.filter(
        interview_id__in=list(interview_ids), action__in=[Action.INTERVIEW_RESCHEDULED, *ends]
    )
    last = dict(told.order_by("at", "id").values_list("interview_id", "action"))
    return {interview_id for interview_id, action in last.items() if interview_id and action not in ends}


def due_clocks(now: datetime, *, limit: int = 500) -> list[tuple[UUID, UUID]]:
    """Return (company, cancellation) of every clock that has ended; needs a system scope."""
    due = Cancellation.objects.filter(due_at__lte=now).order_by("due_at")
    return list(due.values_list("company_id", "id")[:limit])


def forgotten_errands(now: datetime, *, limit: int = 500) -> list[tuple[UUID, UUID]]:
    """Return (company, cancellation) whose next attempt is well overdue; needs a system scope."""
    late = Cancellation.objects.filter(WAITING, next_attempt_at__lt=now - OVERDUE)
    return list(late.order_by("company_id", "next_attempt_at").values_list("company_id", "id")[:limit])
