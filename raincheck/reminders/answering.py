"""What one tap on a reminder does. The token in its link is all the proof there is, so it can do little.

It says “I'll come”, or asks HR for another time; calling off is the portal's, behind its door. It acts on the interview
at the very time the reminder spoke of, or not at all, and once: a second tap is shown how things stand.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Subject, record
from raincheck.core.actor import Actor, ActorKind
from raincheck.core.errors import Conflict, NotFound, TextTooLong
from raincheck.recruiting.models import Interview, InterviewState
from raincheck.recruiting.queries import get_interview, lock_interview
from raincheck.reminders.links import reminder_of
from raincheck.reminders.models import Answer, Reminder
from raincheck.worklist.actions import Need, open_task
from raincheck.worklist.models import Kind

_DEED = {Answer.COMING: Action.CONFIRMED, Answer.OTHER_TIME: Action.OTHER_TIME_WANTED}


class ReminderOvertaken(Conflict):
    """The interview isn't any more what the reminder spoke of: moved, called off, begun or over."""

    code = "reminder_overtaken"
    message = _("这条提醒已失效")
    advice = _("面试安排已有变化，请以页面显示的最新状态为准")


@dataclass(frozen=True)
class Tapped:
    """A reminder somebody holds the link of, with its interview as it stands; `actor` is whom it was sent to."""

    reminder: Reminder
    interview: Interview
    actor: Actor

    @property
    def moved(self) -> bool:
        """Say whether the interview has another time now."""
        return self.interview.key_instant != self.reminder.instant

    def stands(self, now: datetime) -> bool:
        """Say whether the interview is still what the reminder spoke of."""
        return _stands(self.reminder, self.interview, now)


def tapped(*, company_id: UUID, token: str) -> Tapped:
    """Return what this link is about. Raises NotFound for a link that isn't one of ours."""
    reminder_id = reminder_of(token)
    if reminder_id is None:
        raise NotFound
    found = Reminder.objects.select_related("interview__application__candidate")
    reminder = found.filter(company_id=company_id, id=reminder_id, told=True).first()
    if reminder is None:
        raise NotFound
    person = reminder.interview.application.candidate.identity_id
    actor = Actor(ActorKind.CANDIDATE, person, company_id)
    return Tapped(reminder, get_interview(actor, reminder.interview_id), actor)


def answer_reminder(*, company_id: UUID, token: str, answer: Answer, wish: str = "", now: datetime) -> Tapped:
    """Note the answer where the link still has one to give; HR sees it, and is asked where another time is wanted.

    Given twice, it counts once. Raises NotFound, TextTooLong, ReminderOvertaken.
    """
    said = TextTooLong.check(wish, field="wish")
    found = tapped(company_id=company_id, token=token)
    interview = lock_interview(found.actor, found.reminder.interview_id, ability=Ability.ANSWER_REMINDER)
    reminder = Reminder.objects.select_for_update(no_key=True).get(id=found.reminder.id)
    if reminder.answer:
        return Tapped(reminder, found.interview, found.actor)
    if not _stands(reminder, interview, now):
        raise ReminderOvertaken
    reminder.answer, reminder.answered_at, reminder.wish = answer, now, said
    reminder.save(update_fields=["answer", "answered_at", "wish"])
    _note(reminder, interview, found.actor, now)
    return Tapped(reminder, found.interview, found.actor)


def _note(reminder: Reminder, interview: Interview, actor: Actor, now: datetime) -> None:
    record(
        actor=actor,
        action=_DEED[Answer(reminder.answer)],
        subject=Subject("interview", interview.id, interview_id=interview.id),
        now=now,
        starts_at=interview.starts_at.isoformat(),
        ends_at=interview.ends_at.isoformat(),
        lead=reminder.lead,
    )
    if reminder.answer == Answer.OTHER_TIME:
        owner = interview.application.position.owner_id
        need = Need(
            Kind.OTHER_TIME_WANTED,
            "interview",
            interview.id,
            interview.id,
            owner_id=owner,
            due_at=reminder.instant,
        )
        open_task(need=need, actor=actor, now=now)


def _stands(reminder: Reminder, interview: Interview, now: datetime) -> bool:
    return (
        interview.state == InterviewState.SCHEDULED
        and not interview.begun
        and interview.key_instant == reminder.instant
        and interview.key_instant > now
    )
