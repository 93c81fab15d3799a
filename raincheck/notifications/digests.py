"""One message instead of twenty-five: what staff hear when a position's whole list is called off.

The batch settles over several jobs. Its digest is held until all of it has come to its end, or a minute has passed;
what comes later goes into a second one, and what comes later than that is told singly.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from raincheck.accounts.models import Company, Staff
from raincheck.accounts.queries import department_viewers, staff_with_role
from raincheck.cancellations.models import LIVE, Batch, Cancellation, Reason, State
from raincheck.core.actor import Role
from raincheck.core.jobs import BULK, defer, job
from raincheck.core.scope import company_scope, take_turns
from raincheck.notifications.addressing import News, addressed, in_charge
from raincheck.notifications.catalogue import default_text
from raincheck.notifications.choices import told
from raincheck.notifications.delivery.quiet import presses
from raincheck.notifications.models import DigestItem, Message
from raincheck.notifications.recipients import CANCELLED_TOGETHER, Line, Recipient
from raincheck.notifications.tasks import deliver_later
from raincheck.notifications.times import times_of
from raincheck.recruiting.models import Interview, InterviewKind

#: How long after the batch began the first digest is held at most, and the second.
HELD = (timedelta(minutes=1), timedelta(minutes=20))
#: How many interviews a digest names one by one.
NAMED = 20
COMPANY = {"zh": "公司", "en": "the company"}


@dataclass
class _Reader:
    """One of the staff: on which line of the table they hear, of which interviews, and what leaves their calendar."""

    person: Staff
    line: Line
    all_of_it: bool = False
    mine: list[Interview] = field(default_factory=list)


def open_to(company_id: UUID, batch_id: UUID) -> bool:
    """Say whether what a batch brings now still goes into a digest, and isn't told singly."""
    if not Batch.objects.filter(company_id=company_id, id=batch_id).exists():
        return False
    sent = DigestItem.objects.filter(company_id=company_id, batch_id=batch_id, digest_id__isnull=False)
    return sent.values("digest_id").distinct().count() < len(HELD)


def keep(*, company_id: UUID, batch_id: UUID, ended: Iterable[tuple[UUID, UUID]], now: datetime) -> None:
    """Keep (entry, interview) of ended cancellations for the batch's digest, and tell it if that was the last."""
    items = [
        DigestItem(company_id=company_id, batch_id=batch_id, entry_id=entry_id, interview_id=interview_id)
        for entry_id, interview_id in ended
    ]
    DigestItem.objects.bulk_create(items, ignore_conflicts=True)
    batch = Batch.objects.filter(id=batch_id).first()
    if batch is not None and not _tell(batch, now, whatever_comes=False):
        at = max(batch.opened_at + HELD[_told(batch)], now) if open_to(company_id, batch_id) else now
        defer("notifications.digest", queue=BULK, at=at, company_id=str(company_id), batch_id=str(batch_id))


@job("notifications.digest", queue="bulk")
def digest(*, company_id: str, batch_id: str) -> None:
    """Tell what is held of a batch: it has waited long enough for the rest."""
    with company_scope(UUID(company_id)) as now:
        _tell(Batch.objects.get(id=batch_id), now, whatever_comes=True)


def _tell(batch: Batch, now: datetime, *, whatever_comes: bool) -> bool:
    """Write the digest of what is held; False where it is held on. Every part of the batch waits its turn here."""
    take_turns(f"digest:{batch.id}")
    items = list(DigestItem.objects.filter(batch_id=batch.id, digest_id=None).order_by("entry_id"))
    if not items:
        return True
    if not whatever_comes and not _is_over(batch):
        return False
    digest_id = items[0].entry_id
    DigestItem.objects.filter(id__in=[item.id for item in items]).update(digest_id=digest_id)
    messages = _messages(batch, digest_id, [item.interview_id for item in items], now)
    Message.objects.bulk_create(messages, ignore_conflicts=True)
    if messages:
        deliver_later(batch.company_id, [message.id for message in messages], bulk=False)
    return True


def _told(batch: Batch) -> int:
    sent = DigestItem.objects.filter(batch_id=batch.id, digest_id__isnull=False)
    return min(sent.values("digest_id").distinct().count(), len(HELD) - 1)


def _is_over(batch: Batch) -> bool:
    """Say whether all parts are opened, each cancellation ended, and each end is among the items."""
    mine = Cancellation.objects.filter(batch_id=batch.id)
    if Batch.objects.get(id=batch.id).left or mine.filter(state__in=LIVE).exists():
        return False
    return DigestItem.objects.filter(batch_id=batch.id).count() >= mine.filter(state=State.COMPLETED).count()


def _messages(batch: Batch, digest_id: UUID, interview_ids: Sequence[UUID], now: datetime) -> list[Message]:
    related = Interview.objects.select_related("application__candidate", "application__position")
    interviews = list(
        related.filter(id__in=interview_ids)
        .prefetch_related("interviewers__staff")
        .order_by("starts_at", "id")
    )
    company = Company.objects.get(id=batch.company_id)
    reason = Reason.objects.filter(company_id=batch.company_id, code=batch.reason_code).first()
    facts = {
        "company": company.name,
        "position": interviews[0].application.position.title,
        "initiator": COMPANY,
        "reason": {"zh": reason.label_zh, "en": reason.label_en} if reason else COMPANY,
        "link": f"{settings.RAINCHECK_BASE_URL}/console/positions/",
    }
    return [
        _message(reader, interviews, {**facts, "digest": str(digest_id)}, company, now)
        for reader in _readers(batch, interviews)
    ]


def _readers(batch: Batch, interviews: Sequence[Interview]) -> list[_Reader]:
    """Return everyone who hears of it, each once; who sees the whole list hears of all of it."""
    position = interviews[0].application.position
    deciders = list(staff_with_role(batch.company_id, Role.RECRUITER, Role.HR_MANAGER))
    found: dict[UUID, _Reader] = {}
    for line in told(batch.company_id)[CANCELLED_TOGETHER]:
        if line.recipient == Recipient.INTERVIEWERS:
            for person, theirs in _panels(interviews).values():
                found.setdefault(person.id, _Reader(person, line)).mine = theirs
            continue
        if line.recipient == Recipient.DEPARTMENT:
            people: Iterable[Staff] = department_viewers(batch.company_id, position.department_id)
        else:
            people = in_charge(position.owner, deciders)
        for person in people:
            found.setdefault(person.id, _Reader(person, line)).all_of_it = True
    return list(found.values())


def _panels(interviews: Sequence[Interview]) -> dict[UUID, tuple[Staff, list[Interview]]]:
    found: dict[UUID, tuple[Staff, list[Interview]]] = {}
    for interview in interviews:
        for seat in interview.interviewers.all():
            if seat.staff.is_active:
                found.setdefault(seat.staff_id, (seat.staff, []))[1].append(interview)
    return found


def _message(
    reader: _Reader, interviews: Sequence[Interview], facts: dict[str, Any], company: Company, now: datetime
) -> Message:
    person, heard = reader.person, interviews if reader.all_of_it else reader.mine
    rows: list[dict[str, Any]] = [_row(interview) for interview in heard[:NAMED]]
    if len(heard) > NAMED:
        rows.append({"more": len(heard) - NAMED})
    leaving = [i for i in reader.mine if i.kind == InterviewKind.SLOT] if reader.line.calendar else []
    params = {
        **facts,
        "count": len(heard),
        "list": rows,
        "calendars": [_times(interview, person.language) for interview in leaving],
    }
    news = News(UUID(facts["digest"]), CANCELLED_TOGETHER, params, presses=_presses(heard, company, now))
    message = addressed(news, to=person, line=reader.line, company=company)
    message.made_at = message.next_attempt_at = now
    return message


def _presses(heard: Sequence[Interview], company: Company, now: datetime) -> bool:
    left = min(interview.key_instant for interview in heard) - now
    return presses(left, begins=company.quiet_from, ends=company.quiet_to)


def _row(interview: Interview) -> dict[str, Any]:
    return {"who": interview.application.candidate.name, **times_of(interview)}


def _times(interview: Interview, language: str) -> dict[str, Any]:
    """Return what a calendar needs to let go of an interview."""
    named = {
        "candidate": interview.application.candidate.name,
        "position": interview.application.position.title,
    }
    return {
        "summary": default_text("staff_cancelled", language).title.format(**named),
        "uid": str(interview.id),
        "sequence": interview.sequence,
        **times_of(interview),
    }


def grouped(ended: Iterable[tuple[UUID, UUID, UUID]]) -> dict[UUID, list[tuple[UUID, UUID]]]:
    """Return (entry, interview) by batch, from (batch, entry, interview)."""
    by_batch: dict[UUID, list[tuple[UUID, UUID]]] = defaultdict(list)
    for batch_id, entry_id, interview_id in ended:
        by_batch[batch_id].append((entry_id, interview_id))
    return by_batch
