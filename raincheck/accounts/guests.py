"""A parent company's people looking at a subsidiary that lets them.

They are in one company at a time: the scope is the subsidiary's own, set for it alone, so that row-level security
holds as ever. They only look; every request asks anew whether the subsidiary still lets them; that they came is in its
audit trail. Which subsidiary they look at is remembered in their session, for a working day.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.accounts.models import Company, Staff
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Subject, record
from raincheck.core.actor import Actor, ActorKind
from raincheck.core.errors import NotAllowed, NotFound
from raincheck.core.ids import made_at, new_id
from raincheck.core.scope import company_scope

_KEY = "raincheck_host"
STAY = timedelta(hours=8)


class ParentMayNotLook(NotAllowed):
    """The subsidiary doesn't let its parent look, or no longer."""

    code = "parent_may_not_look"
    message = _("该企业未开放总部查看")
    advice = _("请联系该企业的管理员在“集团”页开放；您已回到本企业")


def host_of(session: Any) -> UUID | None:
    """Return which company the session looks at as a guest; None at home, and once the stay is over."""
    found = session.get(_KEY)
    if not found:
        return None
    since = made_at(UUID(found["visit"]))
    return UUID(found["company"]) if datetime.now(since.tzinfo) - since < STAY else None


def guest(*, staff: Staff, host: UUID, session: Any) -> tuple[Company, Actor]:
    """Return the company and who the guest is there, within its scope. Raises ParentMayNotLook, and sends them home."""
    company = Company.objects.filter(id=host, parent_id=staff.company_id, parent_may_read=True).first()
    if company is None:
        leave(session)
        raise ParentMayNotLook
    return company, Actor(ActorKind.STAFF, staff.id, company.id, guest=True)


def enter(*, actor: Actor, staff: Staff, host: UUID, session: Any) -> None:
    """Begin to look at a subsidiary; recorded there. Opens its scope, so none may be open.

    `actor` is the person at home. Raises NotAllowed, NotFound.
    """
    demand(actor, Ability.VIEW_GROUP)
    visit = new_id()
    with company_scope(host) as now:
        company = Company.objects.filter(id=host, parent_id=staff.company_id, parent_may_read=True).first()
        if company is None:
            raise NotFound
        there = Actor(ActorKind.STAFF, staff.id, company.id, guest=True)
        subject = Subject("company", company.id)
        parent = str(staff.company_id)
        record(actor=there, action=Action.PARENT_LOOKED, subject=subject, now=now, parent=parent)
    session[_KEY] = {"company": str(host), "visit": str(visit)}


def leave(session: Any) -> None:
    """Go home."""
    session.pop(_KEY, None)


def let_parent_look(*, actor: Actor, allowed: bool, now: datetime) -> Company:
    """Let the parent company look, or no longer. Raises NotAllowed, NotFound where there is no parent."""
    demand(actor, Ability.GRANT_PARENT)
    company = Company.objects.select_for_update(no_key=True).get(id=actor.company_id)
    if company.parent_id is None:
        raise NotFound
    if company.parent_may_read != allowed:
        company.parent_may_read = allowed
        company.save(update_fields=["parent_may_read"])
        subject = Subject("company", company.id)
        record(actor=actor, action=Action.PARENT_GRANTED, subject=subject, now=now, allowed=allowed)
    return company
