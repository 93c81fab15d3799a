"""An erasure that was granted is told first and done then: afterwards there is no address left to tell it to.

Deferred by `archive/data_requests.py::grant` in its transaction. It waits for the message, but never for longer than
TOLD_WITHIN; done again, it finds nothing to do.
"""

from datetime import timedelta
from uuid import UUID

from raincheck.archive.data_requests import carry_out
from raincheck.archive.models import DataRequest, RequestKind, RequestState
from raincheck.core.actor import Actor
from raincheck.core.jobs import defer, job
from raincheck.core.scope import company_scope
from raincheck.notifications.own_data import is_told

#: However long a carrier takes, they asked for an end: then they are erased untold, and HR finds a task that says so.
TOLD_WITHIN = timedelta(hours=1)
LOOK_AGAIN = timedelta(seconds=20)


@job("candidates.erase_told", queue="sweep")
def erase_told(*, company_id: str, data_request_id: str) -> None:
    """Erase whom it was granted, once they have been told; or look again later."""
    with company_scope(UUID(company_id)) as now:
        request = DataRequest.objects.select_related("candidate__identity").filter(id=data_request_id).first()
        if request is None or (request.kind, request.state) != (RequestKind.ERASURE, RequestState.GRANTED):
            return
        if request.candidate.identity.data_key is None or request.decided_at is None:
            return
        told = is_told(identity_id=request.candidate.identity_id, since=request.decided_at)
        if not told and now - request.decided_at < TOLD_WITHIN:
            defer(
                "candidates.erase_told",
                queue="sweep",
                at=now + LOOK_AGAIN,
                company_id=company_id,
                data_request_id=data_request_id,
            )
            return
        carry_out(request_id=request.id, actor=Actor.system(request.company_id), now=now)
