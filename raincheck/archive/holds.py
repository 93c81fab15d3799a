"""Legal holds: while one is in force, nothing of a candidate, or of the company, is deleted or erased."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.archive.models import LegalHold
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core.actor import Actor
from raincheck.core.errors import Conflict, Invalid, NotFound, TextTooLong
from raincheck.core.scope import take_turns
from raincheck.recruiting.models import Candidate


class OnHold(Conflict):
    """Somebody said that this must be kept."""

    code = "on_hold"
    message = _("该候选人的资料处于依法保留中，不能删除")
    advice = _("保留解除之后才能删除；见“保留期限”页")


class WhyNeeded(Invalid):
    """A hold says why it is there, for whoever may lift it."""

    code = "hold_why_needed"
    message = _("请写明保留的原因")
    advice = _("例如案号或要求保留的部门，不要写候选人的个人信息")


class NoSuchCandidate(NotFound):
    """Nobody has this number here; another system's isn't one."""

    code = "no_such_candidate"
    message = _("没有这个编号的候选人")
    advice = _("编号是候选人档案页网址的最后一段，不是其他系统的编号；也可直接在档案页设置")


def in_force(company_id: UUID) -> "QuerySet[LegalHold]":
    """Return the holds in force, newest first."""
    found = LegalHold.objects.filter(company_id=company_id, lifted_at=None)
    return found.select_related("candidate", "placed_by").order_by("-placed_at", "-id")


def is_held(candidate: Candidate) -> bool:
    """Say whether a hold, on them or on the whole company, keeps this candidate's data."""
    theirs = Q(candidate=candidate) | Q(candidate=None)
    return LegalHold.objects.filter(theirs, company_id=candidate.company_id, lifted_at=None).exists()


def place(*, candidate_id: UUID | None, why: str, actor: Actor, now: datetime) -> LegalHold:
    """Place a hold on a candidate, or with None on the company; one that is in force stays as it is.

    Raises NotAllowed, NoSuchCandidate, WhyNeeded, TextTooLong.
    """
    demand(actor, Ability.EDIT_RETENTION)
    said = TextTooLong.check(why, field="why")
    if not said:
        raise WhyNeeded(field="why")
    candidates = Candidate.objects.select_for_update(no_key=True).filter(company_id=actor.company_id)
    if candidate_id is not None and not candidates.filter(id=candidate_id).exists():
        raise NoSuchCandidate(field="candidate")
    take_turns(f"holds:{actor.company_id}")
    hold = next((one for one in in_force(actor.company_id) if one.candidate_id == candidate_id), None)
    if hold is None:
        hold = LegalHold.objects.create(
            company_id=actor.company_id,
            candidate_id=candidate_id,
            why=said,
            placed_at=now,
            placed_by_id=actor.person,
        )
        _note(hold, Action.HOLD_PLACED, actor, now)
    return hold


def lift(*, hold_id: UUID, actor: Actor, now: datetime) -> None:
    """Lift a hold; lifting it again changes nothing. Raises NotAllowed, NotFound."""
    demand(actor, Ability.EDIT_RETENTION)
    holds = LegalHold.objects.select_for_update(no_key=True).filter(company_id=actor.company_id, id=hold_id)
    hold = holds.first()
    if hold is None:
        raise NotFound(detail=str(hold_id))
    if hold.lifted_at is None:
        hold.lifted_at, hold.lifted_by_id = now, actor.person
        hold.save(update_fields=["lifted_at", "lifted_by"])
        _note(hold, Action.HOLD_LIFTED, actor, now)


def _note(hold: LegalHold, action: Action, actor: Actor, now: datetime) -> None:
    whom = str(hold.candidate_id) if hold.candidate_id else None
    note(actor=actor, deed=Deed(action, Subject("hold", hold.id), {"candidate": whom}), now=now)
