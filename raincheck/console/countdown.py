"""The clock of what waits for a person: how much is left of it, and what follows if nobody decides."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from raincheck.cancellations.clocks import foreseen_step
from raincheck.cancellations.models import Cancellation, State
from raincheck.cancellations.policy import Default
from raincheck.cancellations.settling import MISMATCH_LIMIT
from raincheck.console import vocabulary as words
from raincheck.console.rule_words import length
from raincheck.recruiting.models import Interview
from raincheck.web.templatetags.raincheck import clock_or_day

#: With this little time left a clock is shown as pressing.
PRESSING = timedelta(minutes=3)


@dataclass(frozen=True)
class Clock:
    """A clock a reviewer watches: `percent` is what is left of it, `outlook` what follows if nobody decides."""

    due_at: datetime
    percent: int
    left: str
    left_in_words: str
    urgent: bool
    outlook: str


def clock_of(cancellation: Cancellation, interview: Interview, now: datetime) -> Clock | None:
    """Return the clock of what waits for a person; None where nothing does."""
    waits = cancellation.state == State.IN_REVIEW or cancellation.mismatch
    if cancellation.due_at is None or not waits:
        return None
    began = _began(cancellation, cancellation.due_at)
    left = max(cancellation.due_at - now, timedelta())
    whole = max(cancellation.due_at - began, timedelta(seconds=1))
    return Clock(
        due_at=cancellation.due_at,
        percent=min(100, round(100 * (left / whole))),
        left=_short(left),
        left_in_words=length(left - left % timedelta(seconds=1)),
        urgent=left <= PRESSING,
        outlook=_outlook(cancellation, interview, now),
    )


def _began(cancellation: Cancellation, due_at: datetime) -> datetime:
    if cancellation.mismatch:
        return due_at - MISMATCH_LIMIT
    return cancellation.escalated_at or cancellation.requested_at


def _short(left: timedelta) -> str:
    """Say what is left, short enough to stand within a ring: 14分."""
    seconds = int(left.total_seconds())
    for size, said in (
        (86400, pgettext("ring", "%(n)d天")),
        (3600, pgettext("ring", "%(n)d时")),
        (60, pgettext("ring", "%(n)d分")),
    ):
        if seconds >= size:
            return said % {"n": seconds // size}
    return pgettext("ring", "%(n)d秒") % {"n": seconds}


def _outlook(cancellation: Cancellation, interview: Interview, now: datetime) -> str:
    """Say what happens if nobody decides, and when."""
    due = clock_or_day(cancellation.due_at or now, now)
    step = foreseen_step(cancellation, interview)
    if step is None:
        return _("%(time)s前未决定则取消照常完成") % {"time": due}
    if step != Default.ESCALATE or cancellation.review is None or cancellation.final_due_at is None:
        return _("%(time)s前未决定则%(then)s") % {"time": due, "then": words.DEFAULTS[step]}
    said = {
        "time": due,
        "final": clock_or_day(cancellation.final_due_at, now),
        "then": words.DEFAULTS[cancellation.review["finally_"]],
    }
    return _("%(time)s前未决定则升级给HR经理；%(final)s仍未决定则%(then)s") % said
