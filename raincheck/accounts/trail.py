"""What staff do to their own sign-in, recorded where it happens: before anybody's company scope is open.

The wall around the audit trail lets the sign-in scope add entries of `staff.…` that name their own actor, and no other.
"""

from typing import Any

from raincheck.accounts.models import Staff
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core.actor import Actor, ActorKind
from raincheck.core.scope import Purpose, system_scope


def note_own(staff: Staff, action: Action, **facts: Any) -> None:
    """Record a deed of this person to themselves, in the open transaction if it is a sign-in's."""
    actor = Actor(ActorKind.STAFF, staff.id, staff.company_id)
    with system_scope(Purpose.SIGN_IN) as now:
        note(actor=actor, deed=Deed(action, Subject("staff", staff.id), facts), now=now)
