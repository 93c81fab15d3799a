"""What the history keeps of an interview that left the schedule, in words: time, interviewers, reason, link."""

from dataclasses import dataclass
from uuid import UUID

from raincheck.accounts.abilities import Ability, reach
from raincheck.accounts.queries import names_of
from raincheck.archive.models import HistoryRecord
from raincheck.archive.queries import history_of
from raincheck.cancellations.models import Agreement, Cancellation
from raincheck.cancellations.queries import reasons_by_code
from raincheck.recruiting.models import Interview
from raincheck.web.people import Visit
from raincheck.web.templatetags.raincheck import label


@dataclass(frozen=True)
class Card:
    """A history record for a reader; `link` is empty for who may not see contacts, `dead` once it surely is."""

    record: HistoryRecord
    interviewers: list[str]
    reason: str
    link: str
    dead: bool


def card_of(found: Interview, cancellation: Cancellation | None, visit: Visit) -> Card | None:
    """Return what is kept of an interview that the reader may see; None while it is on the schedule."""
    record = history_of(found)
    if record is None:
        return None
    # As they were when it was called off: the panel may have lost somebody since.
    then = [UUID(one) for one in record.snapshot["interviewers"]]
    names = names_of(found.company_id, then)
    reason = reasons_by_code(found.company_id).get(record.reason_code)
    return Card(
        record=record,
        interviewers=[names[one] for one in then if one in names],
        reason=label(reason) if reason else record.reason_code,
        link=link_for(found, visit),
        # Where nobody was asked, as of what an import brought, nobody knows.
        dead=cancellation is not None and cancellation.agreement == Agreement.AGREED,
    )


def link_for(found: Interview, visit: Visit) -> str:
    """Return the candidate's link for a reader who may see contacts; whoever has it can take the interview."""
    return found.vendor_link if reach(visit.actor, Ability.SEE_CONTACTS) is not None else ""
