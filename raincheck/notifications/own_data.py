"""Telling a candidate what became of what they asked about their own data.

The message says that, and where to read more: no name, no position, nothing of what is held.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.conf import settings

from raincheck.audit.catalogue import Action
from raincheck.audit.models import Entry
from raincheck.notifications import recipients as who
from raincheck.notifications.addressing import News, addressed
from raincheck.notifications.choices import told
from raincheck.notifications.models import Message, MessageState
from raincheck.recruiting.models import Candidate


def about_their_data(company_id: UUID, entries: Iterable[Entry]) -> list[Message]:
    """Return an (unsaved) message for each of these entries that decides such a request.

    One who was erased meanwhile can't be told any more.
    """
    decided = [(entry, event) for entry in entries if (event := _event(entry))]
    if not decided:
        return []
    mine = Candidate.objects.filter(company_id=company_id, identity__data_key__isnull=False)
    people = mine.select_related("identity", "company").in_bulk([entry.subject_id for entry, _ in decided])
    lines = told(company_id)
    return [
        _message(entry, event, line, people[entry.subject_id])
        for entry, event in decided
        if entry.subject_id in people
        for line in lines[event]
    ]


def is_told(*, identity_id: UUID, since: datetime) -> bool:
    """Say whether somebody's message about their erasure has been written and nothing more is tried with it."""
    written = Message.objects.filter(recipient_id=identity_id, made_at__gte=since, event=who.DATA_ERASING)
    states = set(written.values_list("state", flat=True))
    return bool(states) and MessageState.WAITING not in states


def _event(entry: Entry) -> str:
    match entry.action:
        case Action.DATA_GRANTED:
            return who.DATA_ERASING if entry.facts.get("kind") == "erasure" else who.DATA_COPY
        case Action.DATA_DECLINED:
            return who.DATA_DECLINED
        case Action.DATA_PUT_OFF:
            return who.DATA_PUT_OFF
    return ""


def _message(entry: Entry, event: str, line: who.Line, candidate: Candidate) -> Message:
    company = candidate.company
    params = {
        "company": company.name,
        "link": f"{settings.RAINCHECK_BASE_URL}/c/{company.slug}/privacy/",
        "contact": f"{company.contact_name} {company.contact_phone}",
    }
    return addressed(News(entry.id, event, params), to=candidate.identity, line=line, company=company)
