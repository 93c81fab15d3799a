"""员工: who works here as what; inviting, changing roles, ending sessions, and the hand-over when somebody leaves."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from raincheck.accounts.abilities import Ability
from raincheck.accounts.models import ROLE_LABELS, Language, Staff
from raincheck.accounts.sessions import end_sessions, sessions_of
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Subject, record
from raincheck.console.forms import attempt, uuid_or_none
from raincheck.console.frame import shown
from raincheck.core.actor import STAFF_ROLES, Role
from raincheck.core.errors import RaincheckError
from raincheck.recruiting.queries import department_names
from raincheck.staffing import invitations, leaving
from raincheck.staffing import people as staffing
from raincheck.web.people import Visit, staff_page


@staff_page(Ability.VIEW_STAFF)
@require_GET
def people(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List the staff and the invitations that wait."""
    return _list(request, visit)


@staff_page(Ability.EDIT_STAFF, fresh=True)
@require_POST
def invite(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Invite somebody by mail."""
    typed = request.POST
    guest = invitations.Guest(
        email=typed.get("email", "")[:254],
        name=typed.get("name", "")[:80],
        role=typed.get("role", ""),
        department_id=uuid_or_none(typed.get("department", "")),
        language=typed.get("language", ""),
    )
    with attempt() as tried:
        invitations.invite(actor=visit.actor, guest=guest, now=visit.now)
    if tried.error is not None:
        return _list(request, visit, error=tried.error)
    messages.success(request, _("邀请已发出，7天内有效"))
    return redirect("console:staff")


@staff_page(Ability.EDIT_STAFF)
@require_POST
def withdraw(request: HttpRequest, visit: Visit, invitation_id: UUID) -> HttpResponse:
    """Make an invitation worthless."""
    invitations.withdraw(actor=visit.actor, invitation_id=invitation_id, now=visit.now)
    messages.success(request, _("邀请已撤回"))
    return redirect("console:staff")


@staff_page(Ability.VIEW_STAFF)
@require_GET
def person(request: HttpRequest, visit: Visit, staff_id: UUID) -> HttpResponse:
    """Show one of the staff."""
    return _one(request, visit, staff_id)


@staff_page(Ability.EDIT_STAFF, fresh=True)
@require_POST
def roles(request: HttpRequest, visit: Visit, staff_id: UUID) -> HttpResponse:
    """Give somebody other roles."""
    with attempt() as tried:
        staffing.set_roles(
            actor=visit.actor,
            staff_id=staff_id,
            roles=request.POST.getlist("role"),
            department_id=uuid_or_none(request.POST.get("department", "")),
            now=visit.now,
        )
    if tried.error is not None:
        return _one(request, visit, staff_id, typed=request.POST, error=tried.error)
    messages.success(request, _("角色已保存，下一次请求即生效"))
    return redirect("console:person", staff_id=staff_id)


@staff_page(Ability.EDIT_STAFF, fresh=True)
@require_POST
def sign_out(request: HttpRequest, visit: Visit, staff_id: UUID) -> HttpResponse:
    """End all sessions of somebody."""
    staff = staffing.locked(visit.actor, staff_id)
    many = end_sessions([staff.id])
    subject = Subject("staff", staff.id)
    record(actor=visit.actor, action=Action.SESSIONS_ENDED, subject=subject, now=visit.now, sessions=many)
    messages.success(request, _("已结束全部登录会话"))
    return redirect("console:person", staff_id=staff_id)


@staff_page(Ability.EDIT_STAFF, fresh=True)
@require_POST
def leave(request: HttpRequest, visit: Visit, staff_id: UUID) -> HttpResponse:
    """Hand over what is somebody's, and shut every door of theirs."""
    heir = uuid_or_none(request.POST.get("to", ""))
    with attempt() as tried:
        leaving.hand_over(actor=visit.actor, staff_id=staff_id, to_id=heir, now=visit.now)
    if tried.error is not None:
        return _one(request, visit, staff_id, error=tried.error)
    messages.success(request, _("离职交接已完成，其登录与密钥均已失效"))
    return redirect("console:person", staff_id=staff_id)


def _list(request: HttpRequest, visit: Visit, *, error: RaincheckError | None = None) -> HttpResponse:
    departments = department_names(visit.company.id)
    context = {
        "people": [(one, _roles(one, departments)) for one in staffing.people(visit.actor)],
        "invitations": [
            (one, ROLE_LABELS[Role(one.role)]) for one in invitations.open_invitations(visit.actor, visit.now)
        ],
        "typed": request.POST if error else {},
        "languages": Language.choices,
        "error": error,
        **_choices(departments),
    }
    return shown(request, visit, "staff.html", context, status=error.status if error else 200)


def _one(
    request: HttpRequest,
    visit: Visit,
    staff_id: UUID,
    *,
    typed: QueryDict | None = None,
    error: RaincheckError | None = None,
) -> HttpResponse:
    """Show one of the staff; `typed` is what was chosen of roles, and couldn't be saved."""
    staff = staffing.person(visit.actor, staff_id)
    grants = list(staff.grants.all())
    departments = department_names(visit.company.id)
    context = {
        "staff": staff,
        "roles_of": _roles(staff, departments),
        "held": typed.getlist("role") if typed else {grant.role for grant in grants},
        "department": uuid_or_none(typed.get("department", ""))
        if typed
        else next((grant.department_id for grant in grants if grant.department_id), None),
        "belongings": leaving.belongings(visit.actor, staff, visit.now),
        "sessions": sessions_of(staff.id, key=None, now=visit.now),
        "colleagues": [one for one in staffing.people(visit.actor) if one.is_active and one.id != staff.id],
        "oneself": staff.id == visit.actor.id,
        "error": error,
        **_choices(departments),
    }
    return shown(request, visit, "person.html", context, status=error.status if error else 200)


def _choices(departments: dict[UUID, str]) -> dict[str, Any]:
    return {
        "roles": [(role.value, ROLE_LABELS[role]) for role in STAFF_ROLES],
        "departments": sorted(departments.items(), key=lambda one: one[1]),
    }


def _roles(staff: Staff, departments: dict[UUID, str]) -> list[str]:
    return [
        _("%(role)s（%(department)s）")
        % {"role": ROLE_LABELS[Role(grant.role)], "department": departments.get(grant.department_id, "")}
        if grant.department_id
        else str(ROLE_LABELS[Role(grant.role)])
        for grant in sorted(staff.grants.all(), key=lambda one: one.role)
    ]
