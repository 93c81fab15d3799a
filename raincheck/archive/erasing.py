"""Erasing a candidate: their data key is destroyed, and with it everything sealed under it, wherever a copy lies.

What else speaks of them, a job deals with, kind by kind (raincheck/forgetting.py). What stays is what happened:
interviews, history, the trail, all of them about somebody without a name.
"""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.accounts.models import CandidateSession, SignInCode
from raincheck.archive.holds import OnHold, is_held
from raincheck.archive.models import DataRequest, EntryKind, ProfileEntry, RequestState, TalentProfile
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core.actor import Actor
from raincheck.core.errors import Conflict, NotFound
from raincheck.core.jobs import defer
from raincheck.recruiting.models import ON_SCHEDULE, Candidate, Interview
from raincheck.worklist.actions import close_for_subject
from raincheck.worklist.models import Kind

NOBODY = "（已删除）"


class StillExpected(Conflict):
    """Whoever is erased can't be told anything any more, so what is arranged with them ends first."""

    code = "still_expected"
    message = _("该候选人还有未结束的面试")
    advice = _("请先取消或完成这些面试，再删除个人信息")


def erase_candidate(*, candidate_id: UUID, actor: Actor, now: datetime) -> Candidate:
    """Erase one candidate; doing it again changes nothing. Raises NotAllowed, NotFound, OnHold, StillExpected."""
    candidate = _locked(candidate_id, actor)
    if candidate.identity.data_key is not None:
        require_erasable(candidate)
    return _erase(candidate, actor=actor, now=now, replayed=False)


def require_erasable(candidate: Candidate) -> None:
    """Raise OnHold or StillExpected where somebody can't be erased now."""
    if is_held(candidate):
        raise OnHold
    if still_expected(candidate).exists():
        raise StillExpected


def still_expected(candidate: Candidate) -> "QuerySet[Interview]":
    """Return the interviews that must end before somebody can be erased."""
    theirs = Interview.objects.filter(application__candidate=candidate, state__in=ON_SCHEDULE)
    return theirs.select_related("application__position")


def erase_again(*, candidate_id: UUID, actor: Actor, now: datetime) -> bool:
    """Repeat an erasure that a restored backup doesn't know of; say whether there was anything to erase.

    What was asked for once counts whatever the backup still has arranged with them.
    """
    try:
        candidate = _locked(candidate_id, actor)
    except NotFound:
        return False
    if candidate.identity.data_key is None:
        return False
    _erase(candidate, actor=actor, now=now, replayed=True)
    return True


def _locked(candidate_id: UUID, actor: Actor) -> Candidate:
    demand(actor, Ability.ERASE_CANDIDATE)
    found = Candidate.objects.select_for_update(of=("self", "identity")).select_related("identity")
    candidate = found.filter(company_id=actor.company_id, id=candidate_id).first()
    if candidate is None:
        raise NotFound(detail=str(candidate_id))
    return candidate


def _erase(candidate: Candidate, *, actor: Actor, now: datetime, replayed: bool) -> Candidate:
    identity = candidate.identity
    if identity.data_key is None:
        return candidate
    SignInCode.objects.filter(identity=identity).update(spent_at=now)
    CandidateSession.objects.filter(identity=identity, ended_at=None).update(ended_at=now)
    identity.data_key = None
    for field in ("phone", "email", "id_number"):
        setattr(identity, f"{field}_sealed", None)
        setattr(identity, f"{field}_hash", None)
    identity.save()
    candidate.name, candidate.headline = NOBODY, ""
    candidate.pool_consent, candidate.pool_consent_at = False, now
    candidate.save()
    TalentProfile.objects.filter(candidate=candidate).update(in_pool=False, pooled_at=None)
    ProfileEntry.objects.filter(profile__candidate=candidate, kind=EntryKind.CV).update(data={})
    _end_requests(candidate, actor=actor, now=now)
    # By name: messages, webhooks, notes and before-images belong to rooms above this one.
    defer(
        "candidates.forget",
        queue="sweep",
        company_id=str(candidate.company_id),
        candidate_id=str(candidate.id),
    )
    deed = Deed(Action.ERASED, Subject("candidate", candidate.id), {"replayed": replayed})
    note(actor=actor, deed=deed, now=now)
    return candidate


def _end_requests(candidate: Candidate, *, actor: Actor, now: datetime) -> None:
    """End what they had asked for about their data: erasure is done, and of a copy nothing is left to copy."""
    standing = list(
        DataRequest.objects.select_for_update().filter(candidate=candidate, state=RequestState.OPEN)
    )
    for request in standing:
        request.state, request.decided_at = RequestState.GRANTED, now
        request.decided_by_id = actor.id if actor.kind == "staff" else None
        request.save()
        close_for_subject(
            subject_id=request.id,
            kinds=[Kind.COPY_WANTED, Kind.ERASURE_WANTED],
            actor=actor,
            resolution="erased",
            now=now,
        )
    DataRequest.objects.filter(candidate=candidate).update(answer="", open_until=None)
