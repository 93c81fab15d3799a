"""Reads of the accounts room."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from raincheck.accounts.models import Company, RoleGrant, Staff
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
