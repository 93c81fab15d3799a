"""Who hears what: one table. Event × recipient × channels × template.

What isn't in it is told by what is: an approval by the cancellation it leads to, a restored interview by the new one it
books. So nobody hears “approved” beside “cancelled”, or “cancelled” beside “stands”.
"""

from dataclasses import dataclass
from enum import StrEnum

from raincheck.audit.catalogue import Action


class Recipient(StrEnum):
    """Whom a line of the table is for; the order is the order of precedence."""

    CANDIDATE = "candidate"
    INTERVIEWERS = "interviewers"
    OWNER = "owner"
    HR_MANAGERS = "hr_managers"
    DEPARTMENT = "department"


class Topic(StrEnum):
    """What a person may ask not to hear of any more; a line without a topic is owed to them."""

    REMINDERS = "reminders"
    TALENT = "talent"


#: A name goes out at once; names in a tuple are tried in turn until one of them reaches the person.
Channels = tuple[str | tuple[str, ...], ...]


@dataclass(frozen=True)
class Line:
    """One line: who, on which channels, in which words; `calendar` is the iTIP method that goes with it.

    What isn't `urgent` waits for the end of the reader's quiet hours, except in the app.
    """

    recipient: Recipient
    template: str
    channels: Channels
    calendar: str = ""
    topic: str = ""
    urgent: bool = True


_ALL = ("in_app", "sms", "email")
_PHONE = ("in_app", "sms")
_DESK = ("in_app", "email")
_BOARD = ("in_app",)
_R = Recipient

#: The variants of one deed: what a request or its end means differs by how it came about.
SCHEDULED, RESCHEDULED = Action.INTERVIEW_SCHEDULED.value, Action.INTERVIEW_RESCHEDULED.value
#: In place of one that was cancelled: whoever was told of the end must know that this is no mistake.
REBOOKED = "scheduled.again"
ASKED_AUTO, ASKED_REVIEW = "asked.auto", "asked.review"
#: What was being cancelled had begun; of the company's own request its candidate hasn't heard.
BEGUN, BEGUN_UNHEARD = "asked.begun", "asked.begun_unheard"
ENDED_REJECTED, ENDED_SUBMITTED, ENDED_WITHDRAWN = "ended.rejected", "ended.submitted", "ended.withdrawn"
#: A cancellation of the company's that came to nothing before its candidate heard of it.
ENDED_UNHEARD = "ended.unheard"
ESCALATED = Action.ESCALATED.value
CANCELLED_BY_CANDIDATE, CANCELLED_BY_COMPANY = "cancelled.candidate", "cancelled.company"
#: A position's whole list at once: each candidate hears of their own, each of the staff of all in one message.
CANCELLED_TOGETHER = "cancelled.together"
#: Told by the clock, some time before an interview.
REMINDER = "reminder"
TASK = Action.TASK_OPENED.value
#: A task about the house itself: no interview, so no owner of one.
ALERT = "task.alert"

_CANCELLED_STAFF = (
    Line(_R.INTERVIEWERS, "staff_cancelled", _DESK, calendar="CANCEL"),
    Line(_R.OWNER, "hr_cancelled", _DESK),
    Line(_R.DEPARTMENT, "department_cancelled", _BOARD),
)

TABLE: dict[str, tuple[Line, ...]] = {
    SCHEDULED: (
        Line(_R.CANDIDATE, "candidate_scheduled", _ALL),
        Line(_R.INTERVIEWERS, "staff_scheduled", _DESK, calendar="REQUEST"),
        Line(_R.DEPARTMENT, "staff_scheduled", _BOARD),
    ),
    REBOOKED: (
        Line(_R.CANDIDATE, "candidate_rebooked", _ALL),
        Line(_R.INTERVIEWERS, "staff_rebooked", _DESK, calendar="REQUEST"),
        Line(_R.DEPARTMENT, "staff_rebooked", _BOARD),
    ),
    RESCHEDULED: (
        Line(_R.CANDIDATE, "candidate_rescheduled", _ALL),
        Line(_R.INTERVIEWERS, "staff_rescheduled", _DESK, calendar="REQUEST"),
        Line(_R.OWNER, "staff_rescheduled", _BOARD),
        Line(_R.DEPARTMENT, "staff_rescheduled", _BOARD),
    ),
    ASKED_AUTO: (Line(_R.CANDIDATE, "candidate_asked", _PHONE),),
    ASKED_REVIEW: (
        Line(_R.CANDIDATE, "candidate_in_review", _PHONE),
        Line(_R.OWNER, "staff_review_needed", _DESK),
    ),
    BEGUN: (Line(_R.CANDIDATE, "candidate_begun", _PHONE), Line(_R.OWNER, "staff_begun", _DESK)),
    BEGUN_UNHEARD: (Line(_R.OWNER, "staff_begun", _DESK),),
    ENDED_REJECTED: (
        Line(_R.CANDIDATE, "candidate_rejected", _ALL),
        Line(_R.OWNER, "staff_rejected", _BOARD),
        Line(_R.DEPARTMENT, "department_stands", _BOARD),
    ),
    ENDED_SUBMITTED: (
        Line(_R.CANDIDATE, "candidate_submitted", _ALL),
        Line(_R.OWNER, "staff_rejected", _BOARD),
        Line(_R.DEPARTMENT, "department_stands", _BOARD),
    ),
    ENDED_UNHEARD: (
        Line(_R.OWNER, "staff_rejected", _BOARD),
        Line(_R.DEPARTMENT, "department_stands", _BOARD),
    ),
    ENDED_WITHDRAWN: (
        Line(_R.CANDIDATE, "candidate_withdrawn", _PHONE),
        Line(_R.OWNER, "staff_withdrawn", _BOARD),
    ),
    ESCALATED: (
        Line(_R.OWNER, "staff_escalated", _DESK),
        Line(_R.HR_MANAGERS, "staff_escalated", _DESK),
    ),
    CANCELLED_BY_CANDIDATE: (Line(_R.CANDIDATE, "candidate_cancelled", _ALL), *_CANCELLED_STAFF),
    CANCELLED_BY_COMPANY: (Line(_R.CANDIDATE, "candidate_cancelled_by_company", _ALL), *_CANCELLED_STAFF),
    CANCELLED_TOGETHER: (
        Line(_R.INTERVIEWERS, "staff_digest_cancelled", _DESK),
        Line(_R.OWNER, "staff_digest_cancelled", _DESK),
        Line(_R.DEPARTMENT, "staff_digest_cancelled", _BOARD),
    ),
    REMINDER: (
        Line(_R.CANDIDATE, "candidate_reminder", _PHONE, topic=Topic.REMINDERS),
        Line(_R.INTERVIEWERS, "staff_reminder", _DESK, topic=Topic.REMINDERS),
    ),
    TASK: (Line(_R.OWNER, "staff_task", _DESK), Line(_R.HR_MANAGERS, "staff_task", _BOARD)),
    ALERT: (Line(_R.HR_MANAGERS, "staff_task", _DESK),),
}
