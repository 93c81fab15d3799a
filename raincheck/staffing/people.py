"""Who is staff, as what; giving and taking roles."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.accounts.models import RoleGrant, Staff
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Subject, record
from raincheck.core.actor import Actor, Role
from raincheck.core.errors import Conflict, NotFound
from raincheck.core.scope import take_turns
from raincheck.staffing.invitations import RoleMissing, check_role


class LastAdmin(Conflict):
    """Without an administrator nobody could ever make one again."""

    code = "last_admin"
    message = _("企业至少要有一位管理员")
    advice = _("请先让另一位同事成为企业管理员")


def people(actor: Actor) -> "QuerySet[Staff]":
    """Return the company's staff with their roles, those who left last. Raises NotAllowed."""
    demand(actor, Ability.VIEW_STAFF)
    mine = Staff.objects.filter(company_id=actor.company_id).prefetch_related("grants")
    return mine.order_by("-is_active", "name", "id")


def person(actor: Actor, staff_id: UUID) -> Staff:
    """Return one of them. Raises NotAllowed, NotFound."""
    found = people(actor).filter(id=staff_id).first()
    if found is None:
        raise NotFound
    return found


def locked(actor: Actor, staff_id: UUID) -> Staff:
    """Return one who is still here, locked for a change of who they are. Raises NotAllowed, NotFound."""
    demand(actor, Ability.EDIT_STAFF)
    # One change at a time, so that two administrators can't each take the other's role.
    take_turns(f"staff:{actor.company_id}")
    mine = Staff.objects.select_for_update(no_key=True).filter(company_id=actor.company_id, is_active=True)
    found = mine.filter(id=staff_id).first()
    if found is None:
        raise NotFound
    return found


def set_roles(
    *, actor: Actor, staff_id: UUID, roles: Iterable[str], department_id: UUID | None, now: datetime
) -> Staff:
    """Give somebody exactly these roles. Raises NotAllowed, NotFound, RoleMissing, DepartmentMissing, LastAdmin."""
    staff = locked(actor, staff_id)
    wanted = sorted(set(roles))
    if not wanted:
        raise RoleMissing(field="role")
    for role in wanted:
        check_role(actor, role, department_id if role == Role.DEPARTMENT_VIEWER else None)
    before = sorted(set(RoleGrant.objects.filter(staff=staff).values_list("role", flat=True)))
    RoleGrant.objects.filter(staff=staff).delete()
    RoleGrant.objects.bulk_create(
        RoleGrant(
            company_id=actor.company_id,
            staff=staff,
            role=role,
            department_id=department_id if role == Role.DEPARTMENT_VIEWER else None,
        )
        for role in wanted
    )
    demand_an_admin(actor.company_id)
    subject = Subject("staff", staff.id)
    record(
        actor=actor, action=Action.STAFF_ROLES_CHANGED, subject=subject, now=now, before=before, after=wanted
    )
    return staff


def demand_an_admin(company_id: UUID) -> None:
    """Raise LastAdmin where none is left."""
    grants = RoleGrant.objects.filter(company_id=company_id, role=Role.COMPANY_ADMIN, staff__is_active=True)
    if not grants.exists():
        raise LastAdmin
