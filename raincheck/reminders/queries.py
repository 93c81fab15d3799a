"""Reading what candidates answered; the caller has already checked that the reader may see the interview."""

from raincheck.recruiting.models import Interview
from raincheck.reminders.models import Reminder


def answer_of(interview: Interview) -> Reminder | None:
    """Return the last answer to a reminder of this interview at its present time, if there is one."""
    answered = Reminder.objects.filter(interview_id=interview.id, instant=interview.key_instant)
    return answered.exclude(answer="").order_by("-answered_at").first()
