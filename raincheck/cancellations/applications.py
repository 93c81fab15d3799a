"""Moving an application on while one of its interviews is being cancelled."""

from datetime import datetime
from uuid import UUID

from raincheck.accounts.abilities import Ability, demand
from raincheck.cancellations.models import Cancellation, State
from raincheck.core.actor import Actor
from raincheck.recruiting import actions as recruiting
from raincheck.recruiting.models import Application


def change_application(
    *, application_id: UUID, to: str, actor: Actor, reason: str, now: datetime
) -> Application:
    """Move an application to another state; not to an end while a request for one of its interviews is under review.

    That interview stands again if the request is rejected, or taken back. Raises what the recruiting room's does.
    """
    demand(actor, Ability.CHANGE_APPLICATION)
    mine = Cancellation.objects.filter(company_id=actor.company_id, state=State.IN_REVIEW)
    if to in recruiting.CLOSING and mine.filter(interview__application_id=application_id).exists():
        raise recruiting.InterviewStanding
    return recruiting.change_application(
        application_id=application_id, to=to, actor=actor, reason=reason, now=now
    )
