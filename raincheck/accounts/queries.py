"""Reads of the accounts room."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from raincheck.accounts.models import ApiKey, Company, RoleGrant, Staff
from raincheck.core.actor import Actor, ActorKind, Role
from raincheck.core.errors import NotFound
from raincheck.core.scope import Purpose, system_scope


def company_from_address(slug: str) -> Company:
    """Return the company a public address names. Raises NotFound."""
    with system_scope(Purpose.COMPANY_FROM_ADDRESS):
        company = Company.objects.filter(slug=slug).first()
    if company is None:
        raise NotFound
    return company


def companies_called(text: str) -> list[Company]:
    """Return the companies an operator may mean: the one of this address, else all that bear this exact name."""
    with system_scope(Purpose.COMPANY_FROM_ADDRESS):
        by_slug = list(Company.objects.filter(slug=text))
        return by_slug or list(Company.objects.filter(name=text).order_by("slug"))


def company_named(text: str) -> Company:
    """Return the company an operator names. Raises NotFound, also for a name that several bear."""
    found = companies_called(text)
    if len(found) != 1:
        raise NotFound(detail=text)
    return found[0]


def staff_actor(staff: Staff) -> Actor:
    """Return the actor a signed-in member of staff is, with roles as they stand now."""
    grants = list(RoleGrant.objects.filter(staff=staff).values_list("role", "department_id"))
    return Actor(
        kind=ActorKind.STAFF,
        id=staff.id,
        company_id=staff.company_id,
        roles=frozenset(Role(role) for role, _ in grants),
        departments=frozenset(
            department for role, department in grants if role == Role.DEPARTMENT_VIEWER and department
        ),
    )


def staff_with_role(company_id: UUID, *roles: Role) -> "QuerySet[Staff]":
    """Return the active staff of a company that hold any of these roles."""
    holders = RoleGrant.objects.filter(company_id=company_id, role__in=roles).values("staff_id")
    return Staff.objects.filter(company_id=company_id, is_active=True, id__in=holders).order_by("name")


def office_staff(company_id: UUID) -> "QuerySet[Staff]":
    """Return who may decide on cancellations, or could once: all but those who only interview or look on."""
    grants = RoleGrant.objects.filter(company_id=company_id)
    lookers = grants.filter(role__in=(Role.INTERVIEWER, Role.DEPARTMENT_VIEWER)).values("staff_id")
    others = grants.exclude(role__in=(Role.INTERVIEWER, Role.DEPARTMENT_VIEWER)).values("staff_id")
    could = Q(id__in=others) | ~Q(id__in=lookers) | Q(is_active=False)
    return Staff.objects.filter(could, company_id=company_id).order_by("name", "id")


def department_viewers(company_id: UUID, department_id: UUID) -> "QuerySet[Staff]":
    """Return the active staff who look at this department's board."""
    holders = RoleGrant.objects.filter(
        company_id=company_id, role=Role.DEPARTMENT_VIEWER, department_id=department_id
    ).values("staff_id")
    return Staff.objects.filter(company_id=company_id, is_active=True, id__in=holders).order_by("name")


def is_working_time(company: Company, now: datetime) -> bool:
    """Say whether the company's offices are open at this instant."""
    local = now.astimezone(ZoneInfo(company.timezone))
    return (
        str(local.isoweekday()) in company.work_days
        and company.work_starts <= local.time() < company.work_ends
    )


def names_of(company_id: UUID, staff_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the names of these members of staff, whether or not they are still active."""
    return dict(Staff.objects.filter(company_id=company_id, id__in=set(staff_ids)).values_list("id", "name"))


def key_names(company_id: UUID) -> dict[UUID, str]:
    """Return the names of the company's API keys, whether or not they still let anybody in."""
    return dict(ApiKey.objects.filter(company_id=company_id).values_list("id", "name"))


def subsidiaries(company_id: UUID) -> list[Company]:
    """Return the companies whose parent this one is and who let it look. Opens its own scope."""
    with system_scope(Purpose.COMPANY_FROM_ADDRESS):
        return list(Company.objects.filter(parent_id=company_id, parent_may_read=True).order_by("name"))
