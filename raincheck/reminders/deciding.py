"""Deciding on what is due: remind, or leave it out where people have just heard."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, announce, note_all
from raincheck.core.actor import Actor
from raincheck.core.ids import new_id
from raincheck.core.scope import take_turns
from raincheck.recruiting.models import InterviewKind
from raincheck.reminders.due import Due, due_reminders
from raincheck.reminders.models import CANDIDATE_LEADS, INTERVIEWER_LEADS, Habit, Reminder

#: Whoever was told of the time less than this before needs no reminder of it.
JUST_HEARD = timedelta(minutes=30)


def remind(*, company_id: UUID, limit: int, now: datetime) -> int:
    """Decide on up to `limit` due reminders, have the people told, and return how many were decided.

    Each is decided once, whoever else looks at the same time; whether it is still true is asked again by those who
    tell and by those who deliver.
    """
    take_turns(f"reminders:{company_id}")
    due = due_reminders(now, limit=limit)
    reminders = [(found, _reminder(company_id, found, now)) for found in due]
    Reminder.objects.bulk_create(reminder for _, reminder in reminders)
    habit = habit_of(company_id)
    deeds = [_deed(found, reminder, habit) for found, reminder in reminders if reminder.told]
    entries = note_all(actor=Actor.system(company_id), deeds=deeds, now=now)
    if entries:
        announce(company_id=company_id, entry_ids=[entry.id for entry in entries])
    return len(due)


def habit_of(company_id: UUID) -> Habit:
    """Return how this company reminds; an unsaved row with the defaults where it has said nothing."""
    own = Habit.objects.filter(company_id=company_id).first()
    return own or Habit(
        company_id=company_id, leads=list(CANDIDATE_LEADS), interviewer_leads=list(INTERVIEWER_LEADS)
    )


def _reminder(company_id: UUID, due: Due, now: datetime) -> Reminder:
    just_heard = due.heard_at is not None and due.heard_at > due.due_at - JUST_HEARD
    return Reminder(
        id=new_id(),
        company_id=company_id,
        interview_id=due.interview_id,
        lead=due.lead,
        instant=due.instant,
        decided_at=now,
        told=due.soonest and not just_heard,
    )


def _deed(due: Due, reminder: Reminder, habit: Habit) -> Deed:
    facts: dict[str, Any] = {
        "lead": due.lead,
        "kind": due.kind,
        "starts_at": due.starts_at.isoformat(),
        "ends_at": due.ends_at.isoformat(),
        "sequence": due.sequence,
        "reminder": str(reminder.id),
        "to": list(_whom(due, habit)),
    }
    subject = Subject("interview", due.interview_id, interview_id=due.interview_id)
    return Deed(Action.REMINDED, subject, facts)


def _whom(due: Due, habit: Habit) -> Iterable[str]:
    if due.lead in habit.leads:
        yield "candidate"
    # A window is the candidate's alone: nobody waits for them at its deadline.
    if due.lead in habit.interviewer_leads and due.kind == InterviewKind.SLOT:
        yield "interviewers"
