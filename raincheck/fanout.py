"""From a recorded deed to the messages about it. It only tells; it never drives the saga.

One job a deed (or a batch of them) looks up who must know, writes one message a person, and defers one job
that delivers them all. Run twice, it writes nothing new.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from raincheck.accounts.models import CandidateIdentity, Staff
from raincheck.accounts.queries import department_viewers, staff_with_role
from raincheck.archive.actions import link_communications
from raincheck.audit.catalogue import Action
from raincheck.audit.models import Entry
from raincheck.cancellations.models import Agreement, Cancellation
from raincheck.core.actor import Role
from raincheck.core.jobs import job
from raincheck.core.scope import company_scope, take_turns
from raincheck.notifications import digests, leaving
from raincheck.notifications import recipients as who
from raincheck.notifications.addressing import News, addressed, in_charge
from raincheck.notifications.calendars.push import follow
from raincheck.notifications.choices import told
from raincheck.notifications.delivery.quiet import presses
from raincheck.notifications.house import about_the_house
from raincheck.notifications.models import Message, MessageState, RecipientKind
from raincheck.notifications.own_data import about_their_data
from raincheck.notifications.recipients import Line, Recipient
from raincheck.notifications.reminding import left_in_words, still_to_come
from raincheck.notifications.tasks import deliver_later
from raincheck.notifications.times import times_of
from raincheck.recruiting.models import Interview, InterviewKind, InterviewState
from raincheck.reminders.links import address
from raincheck.worklist.models import Kind, Task
from raincheck.worklist.words import TASK_WORDS

DELIVERED_TOGETHER = 100
OUTCOMES = (Action.COMPLETED, Action.REJECTED, Action.WITHDRAWN, Action.ESCALATED)
#: What calendars follow.
MOVES = (Action.INTERVIEW_SCHEDULED, Action.INTERVIEW_RESCHEDULED, Action.COMPLETED)
INITIATORS = {
    "candidate": {"zh": "候选人", "en": "the candidate"},
    "hr": {"zh": "HR", "en": "HR"},
    "company": {"zh": "公司", "en": "the company"},
}
NO_DECISION_NOTE = {"zh": "按公司取消规则处理", "en": "Decided by the company's rules"}


@dataclass(frozen=True)
class _Deed:
    """An entry with the rows its messages speak of."""

    entry: Entry
    event: str
    interview: Interview
    cancellation: Cancellation | None
    task: Task | None


@job("fanout.tell", queue="tell")
def tell(*, company_id: str, entry_ids: Sequence[str]) -> None:
    """Write the messages about these entries and hand them to delivery, a request before its outcome."""
    company = UUID(company_id)
    with company_scope(company) as now:
        entries = _with_requests(list(Entry.objects.filter(id__in=entry_ids)))
        take_turns(*{f"tell:{entry.interview_id}" for entry in entries if entry.interview_id})
        deeds = _deeds(entries)
        together, crowd = _told_together(company, deeds), _Crowd()
        lines = told(company) if deeds else {}
        messages = [
            _message(deed, person, line)
            for deed in deeds
            for person, line in _people(deed, lines[deed.event], crowd, alone=deed.entry.id in together)
        ]
        leaving.keep_to_the_app(messages)
        messages += about_the_house(company, entries)
        messages += about_their_data(company, entries)
        for message in messages:
            message.made_at = message.next_attempt_at = now
        Message.objects.bulk_create(messages, ignore_conflicts=True)
        _link(company, deeds)
        follow(company, _moved(entries))
        _hand_over(company, entries, now)
        for batch_id, ended in digests.grouped(together.values()).items():
            digests.keep(company_id=company, batch_id=batch_id, ended=ended, now=now)


def _hand_over(company: UUID, entries: Sequence[Entry], now: datetime) -> None:
    """Defer the delivery of what this run wrote: the rest has a job of its own, or waits for its next attempt."""
    spoken_of = [entry.id for entry in entries]
    waiting = Message.objects.filter(
        entry_id__in=spoken_of, state=MessageState.WAITING, made_at=now
    ).order_by("id")
    lanes: dict[bool, list[UUID]] = {False: [], True: []}
    for message_id, batch_id in waiting.values_list("id", "batch_id"):
        lanes[batch_id is not None].append(message_id)
    for bulk, ids in lanes.items():
        for start in range(0, len(ids), DELIVERED_TOGETHER):
            deliver_later(company, ids[start : start + DELIVERED_TOGETHER], bulk=bulk)


def _told_together(company: UUID, deeds: Sequence["_Deed"]) -> dict[UUID, tuple[UUID, UUID, UUID]]:
    """Return, by entry, (batch, entry, interview) of those whose staff hear of the whole batch in one digest."""
    ended = {
        deed.entry.id: (deed.cancellation.batch_id, deed.entry.id, deed.interview.id)
        for deed in deeds
        if deed.cancellation and deed.cancellation.batch_id and deed.entry.action == Action.COMPLETED
    }
    still_open = {
        batch for batch in {found[0] for found in ended.values()} if digests.open_to(company, batch)
    }
    return {entry_id: found for entry_id, found in ended.items() if found[0] in still_open}


def _moved(entries: Iterable[Entry]) -> set[UUID]:
    """Return the interviews whose place in calendars is another now."""
    return {e.interview_id for e in entries if e.action in MOVES and e.interview_id}


def _with_requests(entries: list[Entry]) -> list[Entry]:
    """Add the requests that led to these outcomes, so that an acknowledgement never follows its outcome."""
    ended = [e.cancellation_id for e in entries if e.action in OUTCOMES]
    asked = Entry.objects.filter(cancellation_id__in=ended, action=Action.REQUESTED)
    found = {entry.id: entry for entry in [*entries, *asked]}
    return sorted(found.values(), key=lambda entry: (entry.at, entry.id))


def _deeds(entries: Sequence[Entry]) -> list[_Deed]:
    """Load what these entries speak of, each row once; one with nobody to tell, or nothing true left, is left out."""
    with_people = ("company", "application__candidate__identity", "application__position__owner")
    found = Interview.objects.select_related(*with_people).prefetch_related("interviewers__staff")
    interviews = found.in_bulk({e.interview_id for e in entries} - {None})
    requests = {e.cancellation_id for e in entries} - {None}
    cancellations = Cancellation.objects.select_related("reason").in_bulk(requests)
    tasks = Task.objects.in_bulk({e.subject_id for e in entries if e.subject_type == "task"})
    deeds = []
    for entry in entries:
        interview = interviews.get(entry.interview_id)
        cancellation = cancellations.get(entry.cancellation_id)
        event = _event(entry, cancellation)
        if interview is None or event is None or _overtaken(event, entry, interview):
            continue
        deeds.append(_Deed(entry, event, interview, cancellation, tasks.get(entry.subject_id)))
    return deeds


def _overtaken(event: str, entry: Entry, interview: Interview) -> bool:
    if event == who.REMINDER:
        return not still_to_come(interview, entry.facts, entry.at)
    booked = {who.SCHEDULED, who.REBOOKED, who.RESCHEDULED}
    return event in booked and interview.state == InterviewState.CANCELLED


def _event(entry: Entry, cancellation: Cancellation | None) -> str | None:
    by_candidate = cancellation is not None and cancellation.initiator == "candidate"
    match entry.action:
        case Action.REQUESTED if by_candidate:
            return who.ASKED_REVIEW if entry.facts.get("outcome") == "review" else who.ASKED_AUTO
        case Action.REQUESTED:
            return None
        case Action.BEGUN:
            return who.BEGUN if by_candidate else who.BEGUN_UNHEARD
        case Action.COMPLETED:
            return who.CANCELLED_BY_CANDIDATE if by_candidate else who.CANCELLED_BY_COMPANY
        case Action.REJECTED if by_candidate:
            return who.ENDED_SUBMITTED if entry.facts.get("why") == "submitted" else who.ENDED_REJECTED
    known = {
        Action.REJECTED: who.ENDED_UNHEARD,
        Action.WITHDRAWN: who.ENDED_WITHDRAWN,
        Action.REMINDED: who.REMINDER,
        Action.INTERVIEW_SCHEDULED: who.REBOOKED if entry.facts.get("rebook_of") else who.SCHEDULED,
    }
    event = known.get(Action(entry.action), entry.action)
    return event if event in who.TABLE else None


class _Crowd:
    """Those who hear by their role, looked up once for all the deeds of a run."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], list[Staff]] = {}

    def with_role(self, company_id: UUID, *roles: Role) -> list[Staff]:
        """Return the active staff that hold any of these roles."""
        key = (company_id, *roles)
        if key not in self._known:
            self._known[key] = list(staff_with_role(company_id, *roles))
        return self._known[key]

    def viewers(self, company_id: UUID, department_id: UUID) -> list[Staff]:
        """Return the active staff who look at this department's board."""
        key = (company_id, department_id)
        if key not in self._known:
            self._known[key] = list(department_viewers(company_id, department_id))
        return self._known[key]


def _people(
    deed: _Deed, lines: Iterable[Line], crowd: _Crowd, *, alone: bool
) -> Iterable[tuple[CandidateIdentity | Staff, Line]]:
    """Yield each person once, on the first line of the table that reaches them; `alone`: the candidate only."""
    seen: set[UUID] = set()
    for line in lines:
        if deed.event == who.REMINDER and line.recipient not in deed.entry.facts["to"]:
            continue
        if alone and line.recipient != Recipient.CANDIDATE:
            continue
        for person in _reached(deed, line.recipient, crowd):
            if person.id not in seen:
                seen.add(person.id)
                yield person, line


def _reached(deed: _Deed, recipient: Recipient, crowd: _Crowd) -> Iterable[CandidateIdentity | Staff]:
    interview, position = deed.interview, deed.interview.application.position
    match recipient:
        case Recipient.CANDIDATE:
            return [interview.application.candidate.identity]
        case Recipient.INTERVIEWERS:
            return [seat.staff for seat in interview.interviewers.all() if seat.staff.is_active]
        case Recipient.HR_MANAGERS:
            return crowd.with_role(interview.company_id, Role.HR_MANAGER)
        case Recipient.DEPARTMENT:
            return crowd.viewers(interview.company_id, position.department_id)
    return in_charge(position.owner, crowd.with_role(interview.company_id, Role.RECRUITER, Role.HR_MANAGER))


def _message(deed: _Deed, person: CandidateIdentity | Staff, line: Line) -> Message:
    facts = _facts(deed, for_candidate=isinstance(person, CandidateIdentity))
    params = {**facts, **_way_out(deed, person, line), "calendar": _calendar(deed, line)}
    news = News(
        deed.entry.id,
        deed.event,
        params,
        presses=_presses(deed),
        interview_id=deed.interview.id,
        batch_id=deed.cancellation.batch_id if deed.cancellation else None,
    )
    return addressed(news, to=person, line=line, company=deed.interview.company)


def _way_out(deed: _Deed, person: CandidateIdentity | Staff, line: Line) -> dict[str, str]:
    """Return where the reader leaves this topic, if it is one that can be left."""
    if not line.topic:
        return {}
    return {"unsubscribe": leaving.address(deed.interview.company, person.id, line.topic)}


def _calendar(deed: _Deed, line: Line) -> str:
    """Return the iTIP method that goes along. A window is no appointment; a slot that became one leaves calendars."""
    facts = deed.entry.facts
    kind = facts.get("kind", deed.interview.kind)
    if kind == InterviewKind.SLOT:
        return line.calendar
    return "CANCEL" if line.calendar and facts.get("kind_before") == InterviewKind.SLOT else ""


def _presses(deed: _Deed) -> bool:
    """Say whether the interview, or the time it was moved from, is too near for anybody to be let sleep."""
    company, instants = deed.interview.company, [deed.interview.key_instant]
    if "starts_before" in deed.entry.facts:
        instants.append(datetime.fromisoformat(deed.entry.facts["starts_before"]))
    return presses(min(instants) - deed.entry.at, begins=company.quiet_from, ends=company.quiet_to)


def _facts(deed: _Deed, *, for_candidate: bool) -> dict[str, Any]:
    """Gather what the words may speak of, as plain values; times stay instants until somebody reads them."""
    interview, company = deed.interview, deed.interview.company
    page = f"/c/{company.slug}/interviews/" if for_candidate else "/console/interviews/"
    facts: dict[str, Any] = {
        "company": company.name,
        "candidate": interview.application.candidate.name,
        "position": interview.application.position.title,
        # As the deed left it: told late, a booking must not overwrite the new time in a calendar.
        "when": {
            **_times(interview, deed.entry.facts.get("starts_at"), deed.entry.facts.get("ends_at")),
            "sequence": deed.entry.facts.get("sequence", interview.sequence),
        },
        "link": f"{settings.RAINCHECK_BASE_URL}{page}{interview.id}/",
        "contact": f"{company.contact_name} {company.contact_phone}",
        "decision": NO_DECISION_NOTE,
        "pool_note": _pool_note(interview),
        "link_note": _link_note(interview, deed.cancellation),
    }
    if "starts_before" in deed.entry.facts:
        facts["before"] = _times(
            interview, deed.entry.facts["starts_before"], deed.entry.facts["ends_before"]
        )
    if deed.cancellation is not None:
        facts |= _cancellation_facts(deed.cancellation)
    if deed.event == who.REMINDER:
        facts["left"] = left_in_words(interview.key_instant - deed.entry.at)
        if for_candidate:
            facts["link"] = address(company, UUID(deed.entry.facts["reminder"]))
    if deed.task is not None:
        kind = Kind(deed.task.kind)
        facts |= {"task": TASK_WORDS[kind], "about": f"{facts['candidate']} · {facts['position']}"}
        facts["link"] = f"{settings.RAINCHECK_BASE_URL}/console/tasks/{deed.task.id}/"
    return facts


def _times(interview: Interview, starts_at: str | None, ends_at: str | None) -> dict[str, Any]:
    times = times_of(interview, starts_at=starts_at, ends_at=ends_at)
    return {**times, "uid": str(interview.id), "sequence": interview.sequence}


def _cancellation_facts(cancellation: Cancellation) -> dict[str, Any]:
    reason = cancellation.reason
    facts: dict[str, Any] = {
        "reason": {"zh": reason.label_zh, "en": reason.label_en},
        "initiator": INITIATORS[cancellation.initiator],
    }
    if cancellation.decision_note:
        facts["decision"] = cancellation.decision_note
    facts["due"] = {"instant": (cancellation.due_at or cancellation.requested_at).isoformat()}
    return facts


def _pool_note(interview: Interview) -> dict[str, str]:
    if not interview.application.candidate.pool_consent:
        return {"zh": "", "en": ""}
    return {
        "zh": "\n\n您的简历已存入我司人才库，未来有合适岗位将优先推荐。",
        "en": "\n\nYour CV is in our talent pool, as you agreed; we will think of you first when a position fits.",
    }


def _link_note(interview: Interview, cancellation: Cancellation | None) -> dict[str, str]:
    # Not by our having the link alone: some vendors mail it to the candidate and show it to nobody else.
    if not interview.vendor_ref and not interview.vendor_link:
        return {"zh": "", "en": ""}
    if cancellation is None or cancellation.agreement not in {Agreement.AGREED, Agreement.NOT_NEEDED}:
        # Whether it still opens is the vendor's to say, and it hasn't.
        return {"zh": "请勿使用原面试链接。", "en": "Please don't use the interview link."}
    return {
        "zh": "原面试链接已作废，请勿使用。",
        "en": "The interview link is no longer valid; please don't use it.",
    }


def _link(company_id: UUID, deeds: Sequence[_Deed]) -> None:
    """Put what candidates were told into their profiles, once a cancellation has opened one."""
    ended = {deed.interview.id: deed.interview for deed in deeds if deed.entry.action == Action.COMPLETED}
    sent = Message.objects.filter(interview_id__in=list(ended), recipient_kind=RecipientKind.CANDIDATE)
    by_candidate: dict[UUID, list[tuple[UUID, str, datetime]]] = defaultdict(list)
    for interview_id, id_, event, made_at in sent.values_list("interview_id", "id", "event", "made_at"):
        if interview_id is not None:
            by_candidate[ended[interview_id].application.candidate_id].append((id_, event, made_at))
    if by_candidate:
        link_communications(company_id=company_id, told=by_candidate)
