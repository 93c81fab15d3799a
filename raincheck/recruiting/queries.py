"""Reads of the recruiting room, each within what the actor may see: the first wall between companies."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Q, QuerySet, When

from raincheck.accounts.abilities import Ability, Reach, demand
from raincheck.core.actor import Actor, ActorKind
from raincheck.core.errors import NotFound
from raincheck.core.prepared import Prepared
from raincheck.recruiting.models import (
    ON_SCHEDULE,
    Application,
    ApplicationState,
    Candidate,
    Department,
    Interview,
    Interviewer,
    InterviewKind,
    InterviewState,
    Position,
    PositionState,
)
from raincheck.recruiting.schools import of_school

_WITH = (
    "application__candidate__identity",
    "application__position__department",
    "application__position__owner",
    "company",
)
#: What the actions need of a locked interview, and no more: it is the hottest read of the house.
_JUDGED_BY = ("application__candidate", "application__position", "company")


@dataclass(frozen=True)
class Filters:
    """What a list of interviews can be narrowed by; empty means any."""

    text: str = ""
    state: str = ""
    department_id: UUID | None = None
    position_id: UUID | None = None
    starts_from: datetime | None = None
    starts_before: datetime | None = None
    #: Ids, as a query of another room.
    among: "QuerySet[Any] | None" = None


def visible_interviews(actor: Actor, *, ability: Ability = Ability.VIEW_INTERVIEWS) -> "QuerySet[Interview]":
    """Return the interviews this actor reaches with `ability`, with what pages show of them."""
    reach = demand(actor, ability)
    found = Interview.objects.filter(company_id=actor.company_id).select_related(*_WITH)
    if actor.is_candidate:
        return found.filter(application__candidate__identity_id=actor.id)
    if reach is Reach.COMPANY:
        return found
    if reach is Reach.DEPARTMENT:
        of_department = Q(application__position__department_id__in=actor.departments)
        return found.filter(of_department | _on_panel(actor))
    return found.filter(_on_panel(actor))


def _on_panel(actor: Actor) -> Q:
    # A subquery, not a join: an interview with three interviewers must stay one row.
    return Q(id__in=Interview.objects.filter(interviewers__staff_id=actor.person).values("id"))


def get_interview(
    actor: Actor, interview_id: UUID, *, ability: Ability = Ability.VIEW_INTERVIEWS
) -> Interview:
    """Return one interview the actor reaches. Raises NotAllowed, NotFound."""
    interview = visible_interviews(actor, ability=ability).filter(id=interview_id).first()
    if interview is None:
        raise NotFound
    return interview


def booked_instead(actor: Actor, interview: Interview) -> Interview | None:
    """Return the interview that was booked anew in this one's place, if the actor reaches one."""
    return visible_interviews(actor).filter(previous=interview).first()


def lock_interview(actor: Actor, interview_id: UUID, *, ability: Ability) -> Interview:
    """Return one interview the actor reaches, its row locked until the transaction ends.

    With it comes what a rule may look at. Raises NotAllowed, NotFound.
    """
    reach = demand(actor, ability)
    if actor.is_candidate:
        interview = _locked_own.first(company=actor.company_id, person=actor.person, interview=interview_id)
    elif reach is Reach.COMPANY:
        interview = _locked_any.first(company=actor.company_id, interview=interview_id)
    else:
        # Not first(), which sorts, and leads the planner to walk the whole table in that order.
        interview = next(iter(_locked(actor, interview_id, ability)), None)
    if interview is None:
        raise NotFound
    return interview


def _locked(actor: Actor, interview_id: UUID, ability: Ability) -> "QuerySet[Interview]":
    reached = visible_interviews(actor, ability=ability).select_related(None).select_related(*_JUDGED_BY)
    return reached.select_for_update(of=("self",), no_key=True).filter(id=interview_id)


@Prepared
def _locked_own(company: UUID, person: UUID, interview: UUID) -> "QuerySet[Interview]":
    return _locked(Actor(ActorKind.CANDIDATE, person, company), interview, Ability.CANCEL_INTERVIEW)


@Prepared
def _locked_any(company: UUID, interview: UUID) -> "QuerySet[Interview]":
    return _locked(Actor.system(company), interview, Ability.CANCEL_INTERVIEW)


def coming_and_past(actor: Actor, *, now: datetime) -> tuple[list[Interview], list[Interview]]:
    """Return what still lies ahead, soonest first, and what is over or called off, latest first."""
    coming: list[Interview] = []
    past: list[Interview] = []
    # A window that opened long ago matters when its deadline comes.
    for interview in sorted(visible_interviews(actor), key=lambda i: (i.key_instant, i.id)):
        over = interview.ends_at <= now and interview.state != InterviewState.CANCELLING
        (past if over or interview.state not in ON_SCHEDULE else coming).append(interview)
    return coming, past[::-1]


def search_interviews(actor: Actor, filters: Filters) -> "QuerySet[Interview]":
    """Return the actor's interviews that fit, soonest first."""
    key_instant = Case(When(kind=InterviewKind.SLOT, then="starts_at"), default="ends_at")
    found = visible_interviews(actor).order_by(key_instant, "id")
    if filters.text:
        text = filters.text.strip()
        found = found.filter(
            Q(application__candidate__name__icontains=text)
            | Q(application__position__title__icontains=text)
            | of_school("application__candidate__school", text)
        )
    if filters.state:
        found = found.filter(state=filters.state)
    if filters.department_id:
        found = found.filter(application__position__department_id=filters.department_id)
    if filters.position_id:
        found = found.filter(application__position_id=filters.position_id)
    if filters.starts_from:
        found = found.filter(ends_at__gte=filters.starts_from)
    if filters.starts_before:
        found = found.filter(starts_at__lt=filters.starts_before)
    return found if filters.among is None else found.filter(id__in=filters.among)


def visible_positions(actor: Actor) -> "QuerySet[Position]":
    """Return the positions this actor reaches, by department and title."""
    reach = demand(actor, Ability.VIEW_POSITIONS)
    found = Position.objects.filter(company_id=actor.company_id).select_related("department", "owner")
    if reach is not Reach.COMPANY:
        found = found.filter(department_id__in=actor.departments)
    return found.order_by("department__name", "title")


def positions_with_counts(actor: Actor) -> "QuerySet[Position]":
    """Return the positions this actor reaches, each with `on_schedule`: how many interviews it still holds."""
    on_schedule = Q(applications__interviews__state__in=ON_SCHEDULE)
    return visible_positions(actor).annotate(
        on_schedule=Count("applications__interviews", filter=on_schedule)
    )


def get_position(actor: Actor, position_id: UUID) -> Position:
    """Return one position the actor reaches. Raises NotAllowed, NotFound."""
    position = visible_positions(actor).filter(id=position_id).first()
    if position is None:
        raise NotFound
    return position


def visible_departments(actor: Actor) -> "QuerySet[Department]":
    """Return the departments whose interviews this actor may see."""
    reach = demand(actor, Ability.VIEW_INTERVIEWS)
    found = Department.objects.filter(company_id=actor.company_id).order_by("name")
    return found if reach is Reach.COMPANY else found.filter(id__in=actor.departments)


def interviews_on_schedule(position: Position) -> "QuerySet[Interview]":
    """Return what freezing this position would cancel, soonest first."""
    return (
        Interview.objects.filter(
            company_id=position.company_id, application__position=position, state__in=ON_SCHEDULE
        )
        .select_related(*_WITH)
        .order_by("starts_at", "id")
    )


def get_candidate(actor: Actor, candidate_id: UUID) -> Candidate:
    """Return one candidate for HR's eyes. Raises NotAllowed, NotFound."""
    demand(actor, Ability.VIEW_TALENT)
    found = Candidate.objects.filter(company_id=actor.company_id, id=candidate_id).select_related("identity")
    candidate = found.first()
    if candidate is None:
        raise NotFound
    return candidate


def own_record(actor: Actor) -> Candidate:
    """Return the candidate who is asking. Raises NotFound."""
    candidate = Candidate.objects.filter(company_id=actor.company_id, identity_id=actor.id).first()
    if candidate is None:
        raise NotFound
    return candidate


#: Where an application has come to its end, so that nothing is booked for it.
ENDED = (ApplicationState.OFFERED, ApplicationState.DECLINED, ApplicationState.WITHDRAWN)


def bookable_applications(actor: Actor, *, text: str = "") -> "QuerySet[Application]":
    """Return the applications an interview can be booked for, by candidate's name, school or position."""
    demand(actor, Ability.SCHEDULE_INTERVIEW)
    found = (
        Application.objects.filter(company_id=actor.company_id, position__state=PositionState.OPEN)
        .exclude(state__in=ENDED)
        .exclude(candidate__identity__data_key=None)
        .select_related("candidate", "position__department")
    )
    if text:
        of_person = Q(candidate__name__icontains=text) | of_school("candidate__school", text)
        found = found.filter(of_person | Q(position__title__icontains=text))
    return found.order_by("-applied_at", "id")


def panel_of(interview: Interview, *, here: bool = False) -> "QuerySet[Interviewer]":
    """Return the interviewers of an interview already allowed to be seen; `here`: without those who have left."""
    panel = interview.interviewers.select_related("staff").order_by("staff__name", "id")
    return panel.filter(staff__is_active=True) if here else panel


def successor_of(interview: Interview) -> Interview | None:
    """Return the interview that was booked in place of this one, if there is one."""
    return Interview.objects.filter(company_id=interview.company_id, previous=interview).first()


def position_names(company_id: UUID, position_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return title and department of these positions, by id as text: the form in which facts hold it."""
    found = Position.objects.filter(company_id=company_id, id__in=set(position_ids))
    named = found.values_list("id", "title", "department__name")
    return {str(position_id): (title, department) for position_id, title, department in named}


def candidate_names(company_id: UUID, identity_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the names of these candidates, by the identity under which they act."""
    found = Candidate.objects.filter(company_id=company_id, identity_id__in=set(identity_ids))
    return dict(found.values_list("identity_id", "name"))


def department_names(company_id: UUID) -> dict[UUID, str]:
    """Return the names of a company's departments."""
    return dict(Department.objects.filter(company_id=company_id).values_list("id", "name"))
