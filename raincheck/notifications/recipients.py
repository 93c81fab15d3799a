"""Who hears what: one table. Event × recipient × channels × template.

What isn't in it is told by what is: an approval by the cancellation it leads to, a restored interview by the new one it
books. So nobody hears “approved” beside “cancelled”, or “cancelled” beside “stands”.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from raincheck.audit.catalogue import Action


class Recipient(StrEnum):
    """Whom a line of the table is for; the order is the order of precedence."""

    CANDIDATE = "candidate"
    INTERVIEWERS = "interviewers"
    OWNER = "owner"
    HR_MANAGERS = "hr_managers"
    DEPARTMENT = "department"
    HEIR = "heir"


class Topic(StrEnum):
    """What a person may ask not to hear of any more; a line without a topic is owed to them."""

    REMINDERS = "reminders"
    TALENT = "talent"


#: A name goes out at once; names in a tuple are tried in turn until one of them reaches the person.
Channels = tuple[str | tuple[str, ...], ...]


@dataclass(frozen=True)
class Line:
    """One line: who, on which channels, in which words; `calendar` is the iTIP method that goes with it.

    What isn't `urgent` waits for the end of the reader's quiet hours, except in the app; unless the interview is so
    soon that it would come too late then (delivery/quiet.py).
    """

    recipient: Recipient
    template: str
    channels: Channels
    calendar: str = ""
    topic: str = ""
    urgent: bool = False
    #: Why no company may turn it off; None where it may.
    owed: Promise | None = None


PROMISED = _("候选人已得到承诺：1分钟内确认，15分钟内得到结果")
ATTENDS = _("不知道的人会白等一场，或错过面试")
ANSWERED = _("候选人对自己信息的请求，法律要求给予答复")
DECIDES = _("这里在等人处理；没有人知道，就没有人处理")

#: The mail is the record, whatever the phone does. What only the phone need say is mailed where no phone takes it.
_ALL = ("in_app", "email", ("web_push", "app_push", "sms"))
_PHONE = ("in_app", ("web_push", "app_push", "sms", "email"))
#: Soon there is no app to read it in.
_FAREWELL = ("email", ("web_push", "app_push", "sms"))
_DESK = ("in_app", "email", "chat")
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
#: What HR decided about a candidate's request for a copy of their data, or for its erasure.
DATA_COPY, DATA_DECLINED, DATA_ERASING = "data.copy_ready", "data.declined", "data.erasing"
#: What was told of an erasure didn't come to be.
DATA_PUT_OFF = "data.put_off"
#: Somebody has left, and what was theirs is somebody else's now; no interview's news, for it is of all of them.
HANDED_OVER = Action.STAFF_LEFT.value
TASK = Action.TASK_OPENED.value
#: A task about the house itself: no interview, so no owner of one.
ALERT = "task.alert"

_CANCELLED_STAFF = (
    Line(_R.INTERVIEWERS, "staff_cancelled", _DESK, calendar="CANCEL", owed=ATTENDS),
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
        Line(_R.CANDIDATE, "candidate_rebooked", _ALL, owed=ATTENDS),
        Line(_R.INTERVIEWERS, "staff_rebooked", _DESK, calendar="REQUEST", owed=ATTENDS),
        Line(_R.DEPARTMENT, "staff_rebooked", _BOARD),
    ),
    RESCHEDULED: (
        Line(_R.CANDIDATE, "candidate_rescheduled", _ALL, owed=ATTENDS),
        Line(_R.INTERVIEWERS, "staff_rescheduled", _DESK, calendar="REQUEST", owed=ATTENDS),
        Line(_R.OWNER, "staff_rescheduled", _BOARD),
        Line(_R.DEPARTMENT, "staff_rescheduled", _BOARD),
    ),
    ASKED_AUTO: (Line(_R.CANDIDATE, "candidate_asked", _PHONE, urgent=True, owed=PROMISED),),
    ASKED_REVIEW: (
        Line(_R.CANDIDATE, "candidate_in_review", _PHONE, urgent=True, owed=PROMISED),
        Line(_R.OWNER, "staff_review_needed", _DESK, urgent=True, owed=DECIDES),
    ),
    BEGUN: (
        Line(_R.CANDIDATE, "candidate_begun", _PHONE, urgent=True, owed=PROMISED),
        Line(_R.OWNER, "staff_begun", _DESK, urgent=True, owed=DECIDES),
    ),
    BEGUN_UNHEARD: (Line(_R.OWNER, "staff_begun", _DESK, urgent=True, owed=DECIDES),),
    ENDED_REJECTED: (
        Line(_R.CANDIDATE, "candidate_rejected", _ALL, urgent=True, owed=PROMISED),
        Line(_R.OWNER, "staff_rejected", _BOARD),
        Line(_R.DEPARTMENT, "department_stands", _BOARD),
    ),
    ENDED_SUBMITTED: (
        Line(_R.CANDIDATE, "candidate_submitted", _ALL, urgent=True, owed=PROMISED),
        Line(_R.OWNER, "staff_rejected", _BOARD),
        Line(_R.DEPARTMENT, "department_stands", _BOARD),
    ),
    ENDED_UNHEARD: (
        Line(_R.OWNER, "staff_rejected", _BOARD),
        Line(_R.DEPARTMENT, "department_stands", _BOARD),
    ),
    ENDED_WITHDRAWN: (
        Line(_R.CANDIDATE, "candidate_withdrawn", _PHONE, urgent=True, owed=PROMISED),
        Line(_R.OWNER, "staff_withdrawn", _BOARD),
    ),
    ESCALATED: (
        Line(_R.OWNER, "staff_escalated", _DESK, urgent=True, owed=DECIDES),
        Line(_R.HR_MANAGERS, "staff_escalated", _DESK, urgent=True, owed=DECIDES),
    ),
    CANCELLED_BY_CANDIDATE: (
        Line(_R.CANDIDATE, "candidate_cancelled", _ALL, urgent=True, owed=PROMISED),
        *_CANCELLED_STAFF,
    ),
    CANCELLED_BY_COMPANY: (
        Line(_R.CANDIDATE, "candidate_cancelled_by_company", _ALL, owed=ATTENDS),
        *_CANCELLED_STAFF,
    ),
    CANCELLED_TOGETHER: (
        Line(_R.INTERVIEWERS, "staff_digest_cancelled", _DESK, calendar="CANCEL", owed=ATTENDS),
        Line(_R.OWNER, "staff_digest_cancelled", _DESK),
        Line(_R.DEPARTMENT, "staff_digest_cancelled", _BOARD),
    ),
    REMINDER: (
        Line(_R.CANDIDATE, "candidate_reminder", _PHONE, topic=Topic.REMINDERS),
        Line(_R.INTERVIEWERS, "staff_reminder", _DESK, topic=Topic.REMINDERS),
    ),
    DATA_COPY: (Line(_R.CANDIDATE, "candidate_copy_ready", _ALL, owed=ANSWERED),),
    DATA_DECLINED: (Line(_R.CANDIDATE, "candidate_data_declined", _ALL, owed=ANSWERED),),
    # The erasure waits for it, so it waits for no morning.
    DATA_ERASING: (Line(_R.CANDIDATE, "candidate_erasing", _FAREWELL, urgent=True, owed=ANSWERED),),
    DATA_PUT_OFF: (Line(_R.CANDIDATE, "candidate_erasure_put_off", _ALL, urgent=True, owed=ANSWERED),),
    HANDED_OVER: (Line(_R.HEIR, "staff_handed_over", _DESK, owed=ATTENDS),),
    TASK: (Line(_R.OWNER, "staff_task", _DESK, owed=DECIDES), Line(_R.HR_MANAGERS, "staff_task", _BOARD)),
    ALERT: (Line(_R.HR_MANAGERS, "staff_task", _DESK, urgent=True, owed=DECIDES),),
}
