"""An interview that has begun is never cancelled without a person's say (docs/adr/0012-begun-needs-a-person.md).

A person's say is a request of the company's own, or an approval, given while it was known here to have begun.
"""

from dataclasses import replace
from datetime import datetime

from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, note
from raincheck.cancellations import policy
from raincheck.cancellations.actions import subject_of
from raincheck.cancellations.models import Cancellation, State
from raincheck.cancellations.outcomes import Told, asked_entries
from raincheck.cancellations.queries import rules_as_of
from raincheck.core.actor import Actor
from raincheck.recruiting.models import Interview
from raincheck.worklist.actions import close_for_subject
from raincheck.worklist.models import Kind


def unsaid(cancellation: Cancellation, interview: Interview) -> bool:
    """Say whether it has begun and nobody who knew so has said to cancel it."""
    return interview.begun and not cancellation.though_begun


def back_to_review(
    cancellation: Cancellation, interview: Interview, *, actor: Actor, told: Told, now: datetime
) -> None:
    """Have a person decide on what was being cancelled and turns out to have begun; both are locked.

    It is judged anew, by the rules it was judged by, on the one fact that changed. Silence won't approve it.
    """
    facts = replace(
        policy.Facts.from_json(cancellation.facts),
        now=now,
        progress=policy.Progress.PARTLY_RECORDED,
        starts_at=interview.starts_at,
        ends_at=interview.ends_at,
    )
    rules = rules_as_of(cancellation.company_id, cancellation.policy_version)
    verdict = policy.evaluate(rules=rules, facts=facts)
    plan = verdict.review or policy.BEGUN_PLAN
    clock = policy.clock(plan=plan, facts=facts)
    cancellation.state, cancellation.outcome = State.IN_REVIEW, policy.Outcome.REVIEW
    cancellation.rule, cancellation.checks = verdict.rule, [vars(check) for check in verdict.checks]
    cancellation.facts, cancellation.review = facts.as_json(), plan.to_json()
    cancellation.due_at, cancellation.final_due_at = clock.first_due, clock.final_due
    cancellation.escalated_at = cancellation.next_attempt_at = None
    cancellation.decided_at = cancellation.decided_by = None
    cancellation.mismatch = ""
    cancellation.save()
    close_for_subject(
        subject_id=cancellation.id, kinds=[Kind.MISMATCH], actor=actor, resolution="begun", now=now
    )
    deed = Deed(Action.BEGUN, subject_of(cancellation), {"outcome": "review", "rule": verdict.rule})
    told.entries += [*asked_entries(cancellation), note(actor=actor, deed=deed, now=now).id]


def never_by_silence(cancellation: Cancellation) -> None:
    """Keep the clocks of what is under review as they run, but let them approve no interview that has begun."""
    plan = policy.ReviewPlan.from_json(cancellation.review)
    cancellation.review = plan.by_a_person().to_json()
    cancellation.save(update_fields=["review"])
