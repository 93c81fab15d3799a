"""What may be done about a difference without a person: what the saga would have done, had it heard or been heard.

Nothing here decides. The newer word goes the way a webhook's goes, and a link that lives on is asked for again;
whatever needs a judgement is left to a task.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from raincheck.accounts.abilities import Ability
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.audit.models import Entry
from raincheck.cancellations.hearing import vendor_said
from raincheck.cancellations.models import Agreement, Cancellation, State
from raincheck.cancellations.outcomes import Word, keep_word
from raincheck.cancellations.settling import invited_after_all
from raincheck.core.actor import Actor
from raincheck.core.scope import company_scope
from raincheck.recruiting.models import Interview, InterviewState, Progress
from raincheck.recruiting.queries import lock_interview
from raincheck.vendors.adapters.base import View
from raincheck.vendors.lines import word_of
from raincheck.vendors.models import VendorAccount
from raincheck.vendors.reconciliation.differences import Difference, Kind
from raincheck.worklist.actions import close_for_subject
from raincheck.worklist.models import Kind as TaskKind
from raincheck.worklist.models import State as TaskState
from raincheck.worklist.models import Task


def repair(difference: Difference, view: View | None, *, account: VendorAccount, asked_at: datetime) -> bool:
    """Mend one difference in a transaction of its own, `view` being what the vendor just said; say whether it could."""
    if difference.interview_id is None or view is None:
        return False
    with company_scope(account.company_id) as now:
        actor = Actor.vendor(account.company_id, account.id)
        word = word_of(view, asked_at)
        if difference.unclaimed:
            done = _claim(difference.interview_id, view, word, actor=actor, now=now)
        elif difference.kind == Kind.ALIVE_THERE:
            done = _ask_again(difference.interview_id, word, actor=actor, now=now)
        elif difference.kind in {Kind.OTHER_STATE, Kind.LET_GO}:
            done = vendor_said(interview_id=difference.interview_id, word=word, actor=actor, now=now)
        else:
            return False
        if done:
            subject = Subject("interview", difference.interview_id, interview_id=difference.interview_id)
            facts = {"kind": difference.kind, "word": word.status}
            note(actor=actor, deed=Deed(Action.RECONCILED, subject, facts), now=now)
    return done


def asked_in_vain(interview_ids: Iterable[UUID]) -> set[UUID]:
    """Return those whose vendor an earlier reconciliation asked already, and who live on there all the same."""
    asked = Entry.objects.filter(interview_id__in=list(interview_ids), action=Action.RECONCILED)
    times = Counter(asked.filter(facts__kind=Kind.ALIVE_THERE).values_list("interview_id", flat=True))
    return {interview_id for interview_id, n in times.items() if interview_id is not None and n > 1}


def _ask_again(interview_id: UUID, word: Word, *, actor: Actor, now: datetime) -> bool:
    """Have a cancel asked for again. If the candidate began since, that is a contradiction, for a person."""
    if word.begun or word.progress in {Progress.PARTLY_RECORDED, Progress.SUBMITTED}:
        vendor_said(interview_id=interview_id, word=word, actor=actor, now=now)
    interview = lock_interview(actor, interview_id, ability=Ability.CANCEL_INTERVIEW)
    done = Cancellation.objects.filter(interview=interview, state=State.COMPLETED).first()
    if done is None or interview.state != InterviewState.CANCELLED:
        return False
    if done.agreement == Agreement.CONTRADICTED:
        return True
    if done.agreement == Agreement.PERSON and _with_a_person(done):
        return False
    invited_after_all(interview=interview, now=now)
    return True


def _with_a_person(cancellation: Cancellation) -> bool:
    kinds = (TaskKind.REVOKE_BY_HAND, TaskKind.MISMATCH)
    about = Task.objects.filter(subject_id=cancellation.id, kind__in=kinds)
    return about.filter(state=TaskState.OPEN).exists()


def _claim(interview_id: UUID, view: View, word: Word, *, actor: Actor, now: datetime) -> bool:
    """Take an invitation home whose answer was lost; if its interview was called off since, have it revoked."""
    interview: Interview = lock_interview(actor, interview_id, ability=Ability.CANCEL_INTERVIEW)
    if interview.vendor_ref:
        return False
    interview.vendor_ref, interview.vendor_link = view.ref[:128], view.link[:500]
    interview.save(update_fields=["vendor_ref", "vendor_link"])
    keep_word(interview, word)
    subject = Subject("interview", interview.id, interview_id=interview.id)
    note(actor=actor, deed=Deed(Action.INTERVIEW_INVITED, subject), now=now)
    close_for_subject(
        subject_id=interview.id, kinds=[TaskKind.INVITE_FAILED], actor=actor, resolution="done", now=now
    )
    if interview.state == InterviewState.CANCELLED:
        invited_after_all(interview=interview, now=now)
    return True
