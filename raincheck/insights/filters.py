"""What an auditor can narrow by: what was typed, what it means to the database, what an export records of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from django.db.models import Q

from raincheck.audit.catalogue import SIGHTS, Action
from raincheck.cancellations.models import State
from raincheck.core.actor import ActorKind
from raincheck.insights.typed import Typed
from raincheck.insights.words import (
    CANDIDATE,
    INITIATORS,
    OUTCOMES,
    REFUSED,
    REVIEWERS,
    ROLLED_BACK,
    RULE,
    SYSTEM,
    WAITING,
)
from raincheck.recruiting.models import Candidate
from raincheck.recruiting.schools import of_school

_STAFF_DECIDED = Q(cancellation__decided_by__isnull=False)
_DECIDED = Q(cancellation__decided_at__isnull=False)
_REFUSED = Q(action=Action.REFUSED)
#: Those that have no state of their own.
_STATELESS: Mapping[str, Q] = {
    REFUSED: _REFUSED,
    ROLLED_BACK: Q(cancellation__state__isnull=True) & ~_REFUSED,
}
#: Every request is in exactly one of these, or a member of staff decided it; `request_rows.reviewer_of` tells likewise.
_REVIEWED: Mapping[str, Q] = {
    RULE: _REFUSED | (Q(cancellation__decided_at__isnull=True) & ~Q(cancellation__state=State.IN_REVIEW)),
    SYSTEM: _DECIDED & ~_STAFF_DECIDED & ~Q(cancellation__state=State.WITHDRAWN),
    CANDIDATE: ~_STAFF_DECIDED & Q(cancellation__state=State.WITHDRAWN),
    WAITING: Q(cancellation__state=State.IN_REVIEW),
}


@dataclass(frozen=True)
class RequestFilters:
    """The auditor's questions of a request; what is empty narrows nothing. Instants are UTC, `before` not included.

    Position, department, school and source are what they were when it was asked; a reason that was sorted since is what
    it was sorted to.
    """

    since: datetime | None = None
    before: datetime | None = None
    position_id: UUID | None = None
    department_id: UUID | None = None
    school: str = ""
    source: str = ""
    candidate: str = ""
    initiator: str = ""
    asked_by: UUID | None = None
    reviewer: str = ""
    reviewed_by: UUID | None = None
    reason: str = ""
    outcome: str = ""

    #: Free text that is part of what the trail already holds, once it found something.
    FACTS: ClassVar[tuple[str, ...]] = ("school", "source", "reason")
    FREE: ClassVar[tuple[str, ...]] = ("candidate",)

    @classmethod
    def read(cls, typed: Typed) -> Self:
        """Read a form's fields."""
        initiator, asked_by = typed.code_or_id("initiator", INITIATORS)
        reviewer, reviewed_by = typed.code_or_id("reviewer", REVIEWERS)
        return cls(
            since=typed.day("from"),
            before=typed.day("to", days_on=1),
            position_id=typed.id("position"),
            department_id=typed.id("department"),
            school=typed.text("school"),
            source=typed.text("source"),
            candidate=typed.text("candidate"),
            initiator=initiator,
            asked_by=asked_by,
            reviewer=reviewer,
            reviewed_by=reviewed_by,
            reason=typed.text("reason"),
            outcome=typed.code("outcome", OUTCOMES),
        )

    def where(self) -> Q:
        """Return what all of it means to the database."""
        narrowed = _between(self.since, self.before)
        if self.position_id:
            narrowed &= Q(facts__position=str(self.position_id))
        if self.department_id:
            narrowed &= Q(facts__department=str(self.department_id))
        if self.school:
            narrowed &= of_school("facts__school", self.school)
        if self.source:
            narrowed &= Q(facts__source__icontains=self.source)
        if self.candidate:
            narrowed &= Q(interview__application__candidate__name__icontains=self.candidate)
        if self.reason:
            narrowed &= _because(self.reason)
        return narrowed & self._people()

    def _people(self) -> Q:
        """Return what is asked of who asked, who decided, and how."""
        narrowed = Q()
        if self.initiator:
            narrowed &= Q(actor_kind=self.initiator)
        if self.asked_by:
            narrowed &= Q(actor_id=self.asked_by)
        if self.reviewer:
            narrowed &= _REVIEWED[self.reviewer]
        if self.reviewed_by:
            narrowed &= Q(cancellation__decided_by=self.reviewed_by)
        if self.outcome:
            narrowed &= _STATELESS.get(self.outcome, Q(cancellation__state=self.outcome))
        return narrowed


@dataclass(frozen=True)
class TrailFilters:
    """What the raw trail can be narrowed by; what is empty narrows nothing."""

    since: datetime | None = None
    before: datetime | None = None
    action: str = ""
    actor_kind: str = ""
    actor_id: UUID | None = None
    about: UUID | None = None
    request_id: str = ""

    FACTS: ClassVar[tuple[str, ...]] = ("request_id",)
    FREE: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def read(cls, typed: Typed) -> Self:
        """Read a form's fields."""
        kind, person = typed.code_or_id("actor", list(ActorKind))
        return cls(
            since=typed.day("from"),
            before=typed.day("to", days_on=1),
            action=typed.code("action", Action.values),
            actor_kind=kind,
            actor_id=person,
            about=typed.id("about"),
            request_id=typed.text("request"),
        )

    def where(self) -> Q:
        """Return what all of it means to the database."""
        narrowed = _done_by(self)
        if self.about:
            narrowed &= Q(interview_id=self.about) | Q(cancellation_id=self.about) | Q(subject_id=self.about)
        if self.request_id:
            narrowed &= Q(request_id=self.request_id)
        return narrowed


@dataclass(frozen=True)
class SightFilters:
    """What “who saw what” can be narrowed by: by whom, how, and of whom, by id or by part of the name."""

    since: datetime | None = None
    before: datetime | None = None
    action: str = ""
    actor_kind: str = ""
    actor_id: UUID | None = None
    about: UUID | None = None
    candidate: str = ""

    FACTS: ClassVar[tuple[str, ...]] = ()
    FREE: ClassVar[tuple[str, ...]] = ("candidate",)

    @classmethod
    def read(cls, typed: Typed) -> Self:
        """Read a form's fields."""
        kind, person = typed.code_or_id("actor", list(ActorKind))
        return cls(
            since=typed.day("from"),
            before=typed.day("to", days_on=1),
            action=typed.code("action", SIGHTS),
            actor_kind=kind,
            actor_id=person,
            about=typed.id("about"),
            candidate=typed.text("candidate"),
        )

    def where(self) -> Q:
        """Return what all of it means to the database."""
        narrowed = _done_by(self)
        if self.about:
            narrowed &= Q(subject_id=self.about)
        if self.candidate:
            called = Candidate.objects.filter(name__icontains=self.candidate)
            narrowed &= Q(subject_id__in=called.values("id"))
        return narrowed


Filters = RequestFilters | TrailFilters | SightFilters


def _because(code: str) -> Q:
    """Return the requests for this reason: as it was sorted since, if it was; the trail alone knows of refused ones."""
    gone = Q(cancellation__reason__isnull=True, facts__reason=code)
    return Q(cancellation__reason__code=code) | gone


def recorded(filters: Filters, *, found: int) -> dict[str, Any]:
    """Return what the trail keeps of an export's filters: never a name, nor a text that might be anything at all.

    What was typed as school or source is kept only where it found rows: then it is a part of what they hold.
    """
    kept: dict[str, Any] = {}
    for name, value in asdict(filters).items():
        if not value:
            continue
        hidden = name in filters.FREE or (name in filters.FACTS and not found)
        plain = value.isoformat() if isinstance(value, datetime) else str(value)
        kept[name] = True if hidden else plain
    return kept


def _done_by(asked: "TrailFilters | SightFilters") -> Q:
    """Return what holds for both: when, what was done, and by whom."""
    narrowed = _between(asked.since, asked.before)
    if asked.action:
        narrowed &= Q(action=asked.action)
    if asked.actor_kind:
        narrowed &= Q(actor_kind=asked.actor_kind)
    if asked.actor_id:
        narrowed &= Q(actor_id=asked.actor_id)
    return narrowed


def _between(since: datetime | None, before: datetime | None) -> Q:
    narrowed = Q()
    if since:
        narrowed &= Q(at__gte=since)
    if before:
        narrowed &= Q(at__lt=before)
    return narrowed
