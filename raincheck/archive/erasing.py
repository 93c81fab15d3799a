"""Erasing a candidate: their data key is destroyed, and with it everything sealed under it, wherever a copy lies.

What stays is what happened: interviews, history, the trail, all of them about somebody without a name.
"""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.accounts.models import CandidateSession, SignInCode
from raincheck.archive.holds import OnHold, is_held
from raincheck.archive.models import EntryKind, ProfileEntry, TalentProfile
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core.actor import Actor
from raincheck.core.errors import Conflict, NotFound
from raincheck.recruiting.models import Candidate, Interview, InterviewState

NOBODY = "（已删除）"
_LIVE = (InterviewState.SCHEDULED, InterviewState.IN_PROGRESS, InterviewState.CANCELLING)


class StillExpected(Conflict):
    """Whoever is erased can't be told anything any more, so what is arranged with them ends first."""

    code = "still_expected"
    message = _("该候选人还有未结束的面试")
    advice = _("请先取消或完成这些面试，再删除个人信息")


def erase_candidate(*, candidate_id: UUID, actor: Actor, now: datetime) -> Candidate:
    """Erase one candidate; doing it again changes nothing. Raises NotAllowed, NotFound, OnHold, StillExpected."""
    candidate = _locked(candidate_id, actor)
    if candidate.identity.data_key is not None and is_held(candidate):
        raise OnHold
    standing = Interview.objects.filter(application__candidate=candidate, state__in=_LIVE)
    if candidate.identity.data_key is not None and standing.exists():
        raise StillExpected
    return _erase(candidate, actor=actor, now=now, replayed=False)


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
    deed = Deed(Action.ERASED, Subject("candidate", candidate.id), {"replayed": replayed})
    note(actor=actor, deed=deed, now=now)
    return candidate
