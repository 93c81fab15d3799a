"""Inviting somebody to join as staff: a mail with a link, worth one account with the role it was sent for.

The link's key is the invitation's id, signed: it is stored nowhere, and looking at it spends nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.accounts.identities import normal_email
from raincheck.accounts.invitation_links import signed_invitation
from raincheck.accounts.models import Company, Invitation, Language, Staff
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Subject, record
from raincheck.core.actor import STAFF_ROLES, Actor, ActorKind, Role
from raincheck.core.errors import Conflict, Invalid, NotFound
from raincheck.core.jobs import defer
from raincheck.core.scope import take_turns
from raincheck.founding import BadEmail, EmailTaken, Hire, hire
from raincheck.recruiting.models import Department

LIFE = timedelta(days=7)


class InvitationDead(Conflict):
    """The invitation was used, withdrawn, has expired, or is none of ours: one answer for all."""

    code = "invitation_dead"
    message = _("邀请已失效、已撤回或已使用")
    advice = _("请联系邀请您的同事重新发送")


class RoleMissing(Invalid):
    """No such role, or none at all."""

    code = "role_missing"
    message = _("请选择角色")


class DepartmentMissing(Invalid):
    """A department viewer looks at one department, and nobody else does."""

    code = "department_missing"
    message = _("请为“用人部门”选择部门")
    advice = _("其他角色不需要选择部门")


@dataclass(frozen=True)
class Guest:
    """Who is invited as what; a department only for a department viewer."""

    email: str
    role: str
    name: str = ""
    department_id: UUID | None = None
    language: str = Language.ZH


def open_invitations(actor: Actor, now: datetime) -> "QuerySet[Invitation]":
    """Return the company's invitations that can still be accepted. Raises NotAllowed."""
    demand(actor, Ability.VIEW_STAFF)
    mine = Invitation.objects.filter(_OPEN, company_id=actor.company_id, expires_at__gt=now)
    return mine.select_related("invited_by").order_by("-invited_at")


def invite(*, actor: Actor, guest: Guest, now: datetime) -> Invitation:
    """Send an invitation; an earlier one to the same address is worthless then.

    Raises NotAllowed, BadEmail, RoleMissing, DepartmentMissing, EmailTaken.
    """
    demand(actor, Ability.EDIT_STAFF)
    email = _checked(actor, guest)
    take_turns(f"invitation:{actor.company_id}:{email}")
    if Staff.objects.filter(company_id=actor.company_id, email=email, is_active=True).exists():
        raise EmailTaken(field="email")
    Invitation.objects.filter(_OPEN, company_id=actor.company_id, email=email).update(withdrawn_at=now)
    invitation = Invitation.objects.create(
        company_id=actor.company_id,
        email=email,
        name=guest.name.strip(),
        role=guest.role,
        department_id=guest.department_id,
        language=guest.language if guest.language in Language.values else Language.ZH,
        invited_by_id=actor.person,
        invited_at=now,
        expires_at=now + LIFE,
    )
    subject = Subject("invitation", invitation.id)
    record(actor=actor, action=Action.STAFF_INVITED, subject=subject, now=now, role=guest.role)
    defer(
        "notifications.send_invitation",
        queue="tell",
        priority=10,
        company_id=str(actor.company_id),
        invitation_id=str(invitation.id),
    )
    return invitation


def withdraw(*, actor: Actor, invitation_id: UUID, now: datetime) -> None:
    """Make an invitation worthless. Raises NotAllowed, NotFound, InvitationDead."""
    demand(actor, Ability.EDIT_STAFF)
    mine = Invitation.objects.select_for_update(no_key=True).filter(company_id=actor.company_id)
    invitation = mine.filter(id=invitation_id).first()
    if invitation is None:
        raise NotFound
    if invitation.accepted_at or invitation.withdrawn_at:
        raise InvitationDead
    invitation.withdrawn_at = now
    invitation.save(update_fields=["withdrawn_at"])
    record(
        actor=actor, action=Action.INVITATION_WITHDRAWN, subject=Subject("invitation", invitation.id), now=now
    )


def invitation_behind(*, company_id: UUID, token: str, now: datetime) -> Invitation:
    """Return what the link is for, locked, within its company's scope. Raises InvitationDead."""
    invitation_id = signed_invitation(token)
    mine = Invitation.objects.select_for_update(no_key=True).filter(_OPEN, company_id=company_id)
    invitation = mine.filter(id=invitation_id, expires_at__gt=now).first() if invitation_id else None
    if invitation is None:
        raise InvitationDead
    return invitation


def accept(*, company: Company, token: str, name: str, password: str, now: datetime) -> Staff:
    """Make the invited person a member of staff. Raises InvitationDead, NameMissing, WeakPassword, EmailTaken."""
    invitation = invitation_behind(company_id=company.id, token=token, now=now)
    department = Department.objects.filter(company_id=company.id, id__in=[invitation.department_id]).first()
    person = Hire(
        email=invitation.email,
        name=name.strip(),
        roles=[Role(invitation.role)],
        password=password,
        department=department.name if department else "",
        language=invitation.language,
    )
    staff = hire(company=company, person=person, now=now)
    invitation.accepted_at, invitation.accepted_by = now, staff
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    joined = Actor(ActorKind.STAFF, staff.id, company.id)
    subject = Subject("invitation", invitation.id)
    record(actor=joined, action=Action.STAFF_JOINED, subject=subject, now=now, role=invitation.role)
    return staff


_OPEN = Q(accepted_at=None, withdrawn_at=None)


def _checked(actor: Actor, guest: Guest) -> str:
    email = normal_email(guest.email)
    try:
        validate_email(email)
    except ValidationError as error:
        raise BadEmail(field="email") from error
    check_role(actor, guest.role, guest.department_id)
    return email


def check_role(actor: Actor, role: str, department_id: UUID | None) -> None:
    """Raise RoleMissing or DepartmentMissing for what nobody can be given."""
    if role not in STAFF_ROLES:
        raise RoleMissing(field="role")
    known = Department.objects.filter(company_id=actor.company_id, id__in=[department_id]).exists()
    if known != (role == Role.DEPARTMENT_VIEWER) or (department_id is not None and not known):
        raise DepartmentMissing(field="department")
