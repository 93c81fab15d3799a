"""What a candidate asks about their own data: a copy of it, or its erasure. HR decides, by a task with a due date."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.archive.erasing import StillExpected, erase_candidate, require_erasable
from raincheck.archive.holds import OnHold
from raincheck.archive.models import DataRequest, Hindrance, RequestKind, RequestState
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note, record
from raincheck.core.actor import Actor
from raincheck.core.errors import Conflict, Invalid, NotFound, TextTooLong
from raincheck.core.jobs import defer
from raincheck.recruiting.models import Candidate
from raincheck.worklist.actions import Need, close_for_subject, open_task
from raincheck.worklist.models import Kind

#: PIPL says in time, GDPR within a month: half of that leaves room for a question back.
DUE_WITHIN = timedelta(days=15)
#: So long a copy that was granted can be fetched.
OPEN_FOR = timedelta(days=30)
#: So soon the message about an erasure has mostly gone out.
TELLING_TAKES = timedelta(seconds=5)
TASKS = {RequestKind.COPY: Kind.COPY_WANTED, RequestKind.ERASURE: Kind.ERASURE_WANTED}


class UnknownRequest(Invalid):
    """Neither a copy nor erasure."""

    code = "unknown_request"
    message = _("无法识别的请求")
    advice = _("请返回后重新选择")


class RequestEnded(Conflict):
    """Somebody decided it already, or the candidate took it back."""

    code = "request_ended"
    message = _("该请求已处理或已撤回")


class AnswerMissing(Invalid):
    """Whoever is refused is told why."""

    code = "answer_missing"
    message = _("请填写给候选人的说明")


class NoCopy(Conflict):
    """No copy was granted, or its time is over."""

    code = "no_copy"
    message = _("暂无可下载的个人信息副本")
    advice = _("请先提出请求；获得同意后30天内可以下载")


def ask(*, actor: Actor, kind: str, now: datetime) -> DataRequest:
    """Ask as the candidate one is; asked again while it is open, or being carried out, it is the same request.

    Raises NotAllowed, NotFound, UnknownRequest.
    """
    demand(actor, Ability.ASK_ABOUT_DATA)
    if kind not in RequestKind.values:
        raise UnknownRequest(field="kind")
    candidate = _own(actor)
    # Whoever is there to ask has not been erased yet.
    underway = Q(state=RequestState.OPEN) | Q(state=RequestState.GRANTED, kind=RequestKind.ERASURE)
    standing = DataRequest.objects.filter(underway, candidate=candidate, kind=kind).first()
    if standing is not None:
        return standing
    request = DataRequest.objects.create(
        company_id=actor.company_id, candidate=candidate, kind=kind, asked_at=now, due_at=now + DUE_WITHIN
    )
    _note(request, Action.DATA_ASKED, actor=actor, now=now)
    need = Need(TASKS[RequestKind(kind)], "data_request", request.id, due_at=request.due_at)
    open_task(need=need, actor=actor, now=now)
    return request


def withdraw(*, actor: Actor, kind: str, now: datetime) -> None:
    """Take one's own open request of this kind back. Raises NotAllowed, NotFound, RequestEnded."""
    demand(actor, Ability.ASK_ABOUT_DATA)
    mine = DataRequest.objects.select_for_update(no_key=True).filter(candidate=_own(actor), kind=kind)
    request = mine.filter(state=RequestState.OPEN).first()
    if request is None:
        raise RequestEnded
    _end(request, RequestState.WITHDRAWN, actor=actor, now=now)
    _note(request, Action.DATA_WITHDRAWN, actor=actor, now=now)


def grant(*, request_id: UUID, actor: Actor, now: datetime) -> DataRequest:
    """Let a candidate fetch the copy of their data, or have them erased, as they asked.

    Whoever is erased is told first, so a job does it, a moment later (raincheck/parting.py).
    Raises NotAllowed, NotFound, RequestEnded, OnHold, StillExpected.
    """
    request = _locked(request_id, actor)
    if request.kind == RequestKind.ERASURE:
        require_erasable(request.candidate)
        # By name: the messages belong to a room above this one.
        defer(
            "candidates.erase_told",
            queue="sweep",
            at=now + TELLING_TAKES,
            company_id=str(request.company_id),
            data_request_id=str(request.id),
        )
    else:
        request.open_until = now + OPEN_FOR
    _end(request, RequestState.GRANTED, actor=actor, now=now)
    _note(request, Action.DATA_GRANTED, actor=actor, now=now)
    return request


def carry_out(*, request_id: UUID, actor: Actor, now: datetime) -> None:
    """Erase whom it was granted; where something came between, they are told, and HR decides anew."""
    request = DataRequest.objects.get(id=request_id)
    try:
        with transaction.atomic():
            erase_candidate(candidate_id=request.candidate_id, actor=actor, now=now)
    except (OnHold, StillExpected) as error:
        _put_off(request, Hindrance(error.code), actor=actor, now=now)


def decline(*, request_id: UUID, actor: Actor, answer: str, now: datetime) -> DataRequest:
    """Refuse a request, saying why. Raises NotAllowed, NotFound, RequestEnded, AnswerMissing, TextTooLong."""
    request = _locked(request_id, actor)
    request.answer = TextTooLong.check(answer, field="answer")
    if not request.answer:
        raise AnswerMissing(field="answer")
    _end(request, RequestState.DECLINED, actor=actor, now=now)
    _note(request, Action.DATA_DECLINED, actor=actor, now=now)
    return request


def fetchable(candidate: Candidate, *, now: datetime) -> DataRequest:
    """Return the grant by which a candidate may fetch their copy now. Raises NoCopy."""
    granted = DataRequest.objects.filter(
        candidate=candidate, kind=RequestKind.COPY, state=RequestState.GRANTED, open_until__gt=now
    )
    found = granted.order_by("-decided_at").first()
    if found is None:
        raise NoCopy
    return found


def note_copy(*, candidate_id: UUID, actor: Actor, now: datetime) -> None:
    """Record that a copy of somebody's data was handed out."""
    note(actor=actor, deed=Deed(Action.COPIED, Subject("candidate", candidate_id), {}), now=now)


def requests_of(candidate: Candidate) -> "QuerySet[DataRequest]":
    """Return a candidate's requests, newest first."""
    return DataRequest.objects.filter(candidate=candidate).order_by("-asked_at", "-id")


def _own(actor: Actor) -> Candidate:
    # Locked, so that asking twice at once asks once.
    mine = Candidate.objects.select_for_update(no_key=True)
    candidate = mine.filter(company_id=actor.company_id, identity_id=actor.id).first()
    if candidate is None:
        raise NotFound
    return candidate


def _locked(request_id: UUID, actor: Actor) -> DataRequest:
    mine = DataRequest.objects.select_for_update(no_key=True, of=("self",)).select_related("candidate")
    request = mine.filter(company_id=actor.company_id, id=request_id).first()
    if request is None:
        raise NotFound
    erases = request.kind == RequestKind.ERASURE
    demand(actor, Ability.ERASE_CANDIDATE if erases else Ability.COPY_DATA)
    if request.state != RequestState.OPEN:
        raise RequestEnded
    return request


def _end(request: DataRequest, state: RequestState, *, actor: Actor, now: datetime) -> None:
    request.state, request.decided_at, request.hindrance = state, now, ""
    request.decided_by_id = actor.id if actor.kind == "staff" else None
    request.save()
    kinds = [TASKS[RequestKind(request.kind)]]
    close_for_subject(subject_id=request.id, kinds=kinds, actor=actor, resolution=state.value, now=now)


def _put_off(request: DataRequest, hindrance: Hindrance, *, actor: Actor, now: datetime) -> None:
    """Open a request again whose erasure was granted and told, and couldn't be done: recording it tells them so."""
    request.state, request.decided_at, request.decided_by_id = RequestState.OPEN, None, None
    request.hindrance = hindrance
    request.save()
    _note(request, Action.DATA_PUT_OFF, actor=actor, now=now, why=str(hindrance))
    need = Need(Kind.ERASURE_WANTED, "data_request", request.id, due_at=request.due_at)
    open_task(need=need, actor=actor, now=now)


def _note(request: DataRequest, action: Action, *, actor: Actor, now: datetime, **facts: str) -> None:
    about = Subject("candidate", request.candidate_id)
    facts |= {"kind": request.kind, "request": str(request.id)}
    record(actor=actor, action=action, subject=about, now=now, **facts)
