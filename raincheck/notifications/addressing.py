"""One message to one person, put together alike by whoever has something to tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from raincheck.accounts.models import CandidateIdentity, Company, Staff
from raincheck.notifications.models import Message, RecipientKind
from raincheck.notifications.recipients import Line


@dataclass(frozen=True)
class News:
    """What there is to tell a person: of which entry, and the facts its words may speak of.

    `presses`: the reader isn't let sleep, whatever the line says.
    """

    entry_id: UUID
    event: str
    params: Mapping[str, Any]
    presses: bool = False
    interview_id: UUID | None = None
    batch_id: UUID | None = None


def in_charge(owner: Staff | None, deciders: Sequence[Staff]) -> Sequence[Staff]:
    """Return who hears of a position: its owner as long as they may decide, else all who may.

    Roles change, and positions are handed over: an owner who may not decide mustn't be the only one who hears that
    something waits; unless there is nobody who may.
    """
    if owner is not None and owner.is_active and (owner in deciders or not deciders):
        return [owner]
    return deciders


def addressed(news: News, *, to: CandidateIdentity | Staff, line: Line, company: Company) -> Message:
    """Return an (unsaved) message in the reader's language and zone, on the channels of the table's line."""
    return Message(
        company_id=company.id,
        entry_id=news.entry_id,
        event=news.event,
        template=line.template,
        recipient_kind=RecipientKind.CANDIDATE if isinstance(to, CandidateIdentity) else RecipientKind.STAFF,
        recipient_id=to.id,
        interview_id=news.interview_id,
        language=to.language,
        timezone=to.timezone or company.timezone,
        channels=list(line.channels),
        urgent=line.urgent or news.presses,
        batch_id=news.batch_id,
        params=dict(news.params),
    )
