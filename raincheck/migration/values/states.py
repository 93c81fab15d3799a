"""Where an imported interview stands: its state by the file's words, and what its cancellation was.

A word that isn't known rejects the row. What the file leaves open is settled by the calendar, and said aloud.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from raincheck.migration.fields import Field, key_of
from raincheck.migration.notices import Notice, notice
from raincheck.migration.values.checks import LONGEST
from raincheck.migration.values.dates import Fault
from raincheck.migration.values.meanings import ATTENDED, CANCELLED_BY, REASONS, STATES, meaning
from raincheck.migration.values.reasons import SURE, understand
from raincheck.migration.values.times import Span
from raincheck.migration.values.unknown_words import unknown
from raincheck.migration.words import Words
from raincheck.recruiting.models import InterviewKind, InterviewState

OTHER = "other"
_STATES = {word: InterviewState(state) for word, state in STATES.items()}
OPEN = Fault(
    "cancellation_open",
    Words(
        "“取消中”不能导入：请先定为已取消或待面试",
        "an open cancellation can't be imported: settle it first, cancelled or scheduled",
    ),
)
_NO_STATUS = Fault(
    "status_missing",
    Words("写了取消的情况，却没有状态", "something is said of a cancellation, but no status is given"),
)
_NOT_CANCELLED = Fault(
    "not_cancelled",
    Words(
        "写了由谁或何时取消，状态却不是已取消",
        "by whom or when it was cancelled is given, but not as its status",
    ),
)
_IN_FUTURE = Fault("cancelled_in_future", Words("取消时间在将来", "the time of the cancellation lies ahead"))
_CONTRADICTS = Fault(
    "status_contradicts", Words("状态与是否到场互相矛盾", "status and attendance contradict each other")
)
_TOO_LONG = Fault(
    "too_long", Words(f"超过 {LONGEST['note']} 个字符", f"more than {LONGEST['note']} characters")
)
T = TypeVar("T")


@dataclass(frozen=True)
class Said:
    """What a row says of its state, as it is written there."""

    status: str
    attended: str
    reason: str
    note: str
    cancelled_by: str
    cancelled_at: datetime | None


@dataclass(frozen=True)
class Cancelled:
    """How an interview was cancelled: the reason's code, a note beside it, by whom and when.

    `unsorted` is how many characters of the note, from its beginning, are a reason that wasn't surely understood.
    """

    reason: str
    note: str
    initiator: str
    at: datetime
    unsorted: int | None = None


@dataclass(frozen=True)
class Standing:
    """An interview's state; `cancelled` with the state of that name alone."""

    state: InterviewState
    cancelled: Cancelled | None = None


@dataclass
class Found:
    """What came of it: a standing, or the faults against it; and what is to be said aloud."""

    standing: Standing | None = None
    faults: list[tuple[Field, Fault]] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)


def standing(said: Said, when: Span, *, now: datetime, reasons: Mapping[str, str]) -> Found:
    """Return where the interview stands; `reasons` is the company's own, label or code compared → code."""
    found = Found()
    state = _state(said, when, now=now, found=found)
    if state is None or found.faults:
        return found
    cancelled = None
    if state == InterviewState.CANCELLED:
        cancelled = _cancelled(said, when, now=now, reasons=reasons, found=found)
    found.standing = None if found.faults else Standing(state, cancelled)
    return found


def _state(said: Said, when: Span, *, now: datetime, found: Found) -> InterviewState | None:
    state = _known(said.status, _STATES, Field.STATUS, found)
    came = _known(said.attended, ATTENDED, Field.ATTENDED, found)
    if state == InterviewState.CANCELLING:
        found.faults.append((Field.STATUS, OPEN))
    if came is not None and state in {
        InterviewState.SUBMITTED,
        InterviewState.NO_SHOW,
        InterviewState.CANCELLED,
    }:
        if came is not (state == InterviewState.SUBMITTED) and (came or state == InterviewState.SUBMITTED):
            found.faults.append((Field.ATTENDED, _CONTRADICTS))
    elif came is not None and state in {None, InterviewState.SCHEDULED}:
        state = InterviewState.SUBMITTED if came else InterviewState.NO_SHOW
    if state != InterviewState.CANCELLED and not found.faults:
        _weigh_what_is_said_of_a_cancellation(said, state, found)
    return None if found.faults else _by_calendar(state, when, now=now, found=found)


def _weigh_what_is_said_of_a_cancellation(said: Said, state: InterviewState | None, found: Found) -> None:
    """Refuse what contradicts a status other than cancelled; a reason beside one may be another's, so only say it."""
    facts = {Field.CANCELLED_AT: said.cancelled_at, Field.CANCELLED_BY: said.cancelled_by}
    words = {Field.REASON: said.reason, Field.REASON_NOTE: said.note}
    if state is None:
        found.faults += [(known, _NO_STATUS) for known, given in {**words, **facts}.items() if given]
        return
    found.faults += [(known, _NOT_CANCELLED) for known, given in facts.items() if given]
    if any(words.values()) and not found.faults:
        found.notices.append(_REASON_NOT_LOADED)


def _known(said: str, words: Mapping[str, T], known: Field, found: Found) -> T | None:
    if not said:
        return None
    meant = meaning(said, words)
    if meant is None:
        found.faults.append((known, unknown(known)))
    return meant


def _by_calendar(state: InterviewState | None, when: Span, *, now: datetime, found: Found) -> InterviewState:
    """Settle what the file left open; a state is changed for one reason alone: its time has passed."""
    over = when.ends_at <= now
    if state is None:
        found.notices.append(_NO_STATE_PAST if over else _NO_STATE_AHEAD)
        return InterviewState.EXPIRED if over else InterviewState.SCHEDULED
    if state in {InterviewState.SCHEDULED, InterviewState.IN_PROGRESS} and over:
        found.notices.append(_STANDING_PAST)
        return InterviewState.EXPIRED
    if state in {InterviewState.SUBMITTED, InterviewState.NO_SHOW} and when.starts_at > now:
        found.notices.append(_DONE_AHEAD)
    return state


def _cancelled(
    said: Said, when: Span, *, now: datetime, reasons: Mapping[str, str], found: Found
) -> Cancelled | None:
    reason, listed, sure = _reason(said.reason, reasons, found)
    # Words that aren't the list's own are kept beside the reason they were taken for.
    note = "\n".join(filter(None, ("" if listed else said.reason, said.note)))
    if len(note) > LONGEST["note"]:
        found.faults.append((Field.REASON_NOTE if said.note else Field.REASON, _TOO_LONG))
    who = _known(said.cancelled_by, CANCELLED_BY, Field.CANCELLED_BY, found)
    if who is None and not said.cancelled_by:
        found.notices.append(_BY_NOBODY)
        who = "hr"
    start = when.starts_at if when.kind == InterviewKind.SLOT else when.ends_at
    if said.cancelled_at is None:
        found.notices.append(_NO_CANCEL_TIME)
    elif said.cancelled_at > now:
        found.faults.append((Field.CANCELLED_AT, _IN_FUTURE))
    unsorted = None if sure else len(said.reason)
    return Cancelled(reason, note, who or "hr", min(said.cancelled_at or start, now), unsorted)


def _reason(said: str, reasons: Mapping[str, str], found: Found) -> tuple[str, bool, bool]:
    """Return the reason's code, whether the words are one of the list's own, and whether they are understood."""
    if not said:
        found.notices.append(_NO_REASON)
        return OTHER, True, True
    there = set(reasons.values())
    preset, meant = REASONS.get(key_of(said)), understand(said)
    own = reasons.get(key_of(said)) or (preset if preset in there else None)
    if own is not None:
        return own, own != OTHER, True
    if meant.confidence >= SURE and meant.code in there:
        found.notices.append(_REASON_UNDERSTOOD)
        return meant.code, False, True
    found.notices.append(_REASON_AS_NOTE)
    return OTHER, False, False


_NO_STATE_PAST = notice(
    "no_status_past",
    lambda n: Words(
        f"{n} 行没有状态且时间已过，记为已过期", f"{n} rows have no status and are over; they are expired"
    ),
)
_NO_STATE_AHEAD = notice(
    "no_status_ahead",
    lambda n: Words(
        f"{n} 行没有状态且时间未到，记为待面试", f"{n} rows have no status and lie ahead; they are scheduled"
    ),
)
_STANDING_PAST = notice(
    "scheduled_but_past",
    lambda n: Words(
        f"{n} 行状态为待面试或进行中，但时间已过，记为已过期",
        f"{n} rows say scheduled or in progress but are over; they are expired",
    ),
)
_DONE_AHEAD = notice(
    "done_but_ahead",
    lambda n: Words(
        f"{n} 行状态为已完成或未到，但时间在将来，照原样载入，请核对",
        f"{n} rows say done or no-show but lie ahead; loaded as they are, please check",
    ),
)
_BY_NOBODY = notice(
    "cancelled_by_unknown",
    lambda n: Words(f"{n} 行没有写取消方，记为 HR", f"{n} cancelled rows don't say by whom; HR is noted"),
)
_NO_CANCEL_TIME = notice(
    "cancelled_at_unknown",
    lambda n: Words(
        f"{n} 行没有写取消时间，记为面试时间（未到的记为导入时间）",
        f"{n} cancelled rows don't say when; the interview's time is noted, or now if that lies ahead",
    ),
)
_NO_REASON = notice(
    "no_reason",
    lambda n: Words(
        f"{n} 行已取消但没有原因，记为“其他原因”",
        f"{n} cancelled rows give no reason; “another reason” is noted",
    ),
)
_REASON_NOT_LOADED = notice(
    "reason_not_loaded",
    lambda n: Words(
        f"{n} 行写了取消原因或说明，但状态不是已取消：以状态为准，原文随原始行保存",
        f"{n} rows give a reason of cancellation but aren't cancelled: the status counts, the words stay with the row",
    ),
)
_REASON_UNDERSTOOD = notice(
    "reason_understood",
    lambda n: Words(
        f"{n} 行的取消原因是自己的话，按其意思归类，原文作为说明保存，请核对",
        f"{n} reasons are in words of their own; they count as what they mean, with the words as note, please check",
    ),
)
_REASON_AS_NOTE = notice(
    "reason_as_note",
    lambda n: Words(
        f"{n} 行的取消原因不在原因列表、也不够确定，记为“其他原因”，原文作为说明保存；载入后有待办“原因待归类”等人归类",
        f"{n} reasons are neither in the list nor surely understood; “another reason” is noted, with the words as its"
        " note; once they are loaded a task, “Reasons to be sorted”, waits for a person",
    ),
)
