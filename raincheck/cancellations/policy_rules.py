"""What a cancellation rule is: its words, its conditions, what happens while a person reviews.

Pure and standard library only. A ``Rule`` cannot be built wrong. Callers import everything from
``raincheck.cancellations.policy``.
"""

from __future__ import annotations

import re
from dataclasses import MISSING, dataclass, fields, replace
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")
MAX_NOTICE: Final = timedelta(days=366)
MAX_REVIEW: Final = timedelta(days=30)
MAX_DAYS: Final = 3660
MAX_LABEL: Final = 80
POSITION_STATES: Final = frozenset({"open", "frozen", "closed"})
FALLBACK: Final = "fallback"
#: What stands where a rule's code would when no rule of ours decided: it was cancelled in another system.
IMPORTED: Final = "imported"
GUARD_PREFIX: Final = "guard_"
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ONE_SECOND: Final = timedelta(seconds=1)
_NONE: Final = timedelta(0)


class Outcome(StrEnum):
    """What a request leads to; ``severity`` orders them."""

    AUTO = "auto"
    REVIEW = "review"
    REFUSE = "refuse"

    @property
    def severity(self) -> int:
        """0 for auto, 1 for review, 2 for refuse."""
        return tuple(Outcome).index(self)


class Initiator(StrEnum):
    """Who calls the interview off; COMPANY is a company rule at work, such as a frozen position."""

    CANDIDATE = "candidate"
    HR = "hr"
    COMPANY = "company"


class Progress(StrEnum):
    """How far the candidate has come, in the vendor's last word."""

    UNKNOWN = "unknown"
    UNOPENED = "unopened"
    OPENED = "opened"
    PARTLY_RECORDED = "partly_recorded"
    SUBMITTED = "submitted"


class Default(StrEnum):
    """What happens when a review clock ends without a person's decision."""

    ESCALATE = "escalate"
    APPROVE = "approve"
    REJECT = "reject"


class RuleSetError(Exception):
    """A rule, or a list of rules, that may not be saved; ``code`` is stable, ``rules`` names the culprits."""

    code = "rule_set"

    def __init__(self, message: str, *, rules: tuple[str, ...] = ()) -> None:
        """Keep ``rules``, the codes of the rules at fault, beside the English message."""
        super().__init__(message)
        self.rules = rules


class InvalidRule(RuleSetError):
    """One rule is wrong by itself; ``rule`` is its code and ``what`` says how."""

    code = "invalid_rule"

    def __init__(self, rule: str, what: str) -> None:
        """Name the rule and its fault."""
        super().__init__(f"rule {rule!r}: {what}", rules=(rule,))
        self.rule, self.what = rule, what


@dataclass(frozen=True)
class ReviewPlan:
    """Two clocks and what each leads to. Whole seconds, each clock above 0 and at most 30 days.

    ``then_outside_hours``, when set, replaces ``then`` if the first clock ends outside working hours.
    Raises ``ValueError`` when built wrong.
    """

    first: timedelta
    then: Default
    second: timedelta
    finally_: Default
    then_outside_hours: Default | None = None

    def __post_init__(self) -> None:
        """Refuse a plan whose clocks cannot run or that never ends."""
        for name, length in (("first", self.first), ("second", self.second)):
            if not _NONE < length <= MAX_REVIEW or length % _ONE_SECOND:
                raise ValueError(f"review.{name}: whole seconds, above 0 and at most {MAX_REVIEW.days} days")
        if self.finally_ is Default.ESCALATE:
            raise ValueError("review.finally_: must approve or reject, there is nobody left to escalate to")

    def after_first(self, *, working_hours: bool) -> Default:
        """Give what the first clock leads to; ``working_hours`` is true of the moment it ends."""
        if working_hours or self.then_outside_hours is None:
            return self.then
        return self.then_outside_hours

    def by_a_person(self) -> ReviewPlan:
        """Give the same clocks with a silence that approves nothing: it escalates, and in the end rejects."""
        asked, outside = (
            Default.ESCALATE if step is Default.APPROVE else step
            for step in (self.then, self.then_outside_hours)
        )
        return replace(self, then=asked or self.then, then_outside_hours=outside, finally_=Default.REJECT)

    def to_json(self) -> dict[str, object]:
        """Give JSON types, keyed by field name; durations are whole seconds."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_json(cls, data: object) -> ReviewPlan:
        """Read what ``to_json`` wrote; ``ValueError`` names an unknown key or a bad value."""
        return cls(**_read(cls, data))


def held(outcome: Outcome, *, initiator: Initiator, begun: bool) -> Outcome:
    """Give what a rule's outcome comes to: of a candidate's own, nothing that has begun goes without a review."""
    automatic = outcome is Outcome.AUTO and initiator is Initiator.CANDIDATE
    return Outcome.REVIEW if begun and automatic else outcome


@dataclass(frozen=True)
class Rule:
    """One rule: all its conditions must hold; ``None`` means any. Raises ``InvalidRule`` when built wrong.

    ``notice_at_least`` includes its value and ``notice_under`` excludes it: the boundary belongs to the
    milder, longer side. Both are whole seconds from 0 to 366 days. The two ``cancellations_*`` belong
    together: at least so many within so many days of 24 hours. ``review`` is there if, and only if,
    ``outcome`` is REVIEW.
    """

    code: str
    outcome: Outcome
    label_zh: str
    label_en: str
    initiators: frozenset[Initiator] | None = None
    notice_at_least: timedelta | None = None
    notice_under: timedelta | None = None
    progress: frozenset[Progress] | None = None
    cancellations_at_least: int | None = None
    cancellations_within_days: int | None = None
    position_states: frozenset[str] | None = None
    departments: frozenset[str] | None = None
    vendors: frozenset[str] | None = None
    review: ReviewPlan | None = None

    def __post_init__(self) -> None:
        """Refuse a rule that could not be told, could never match, or could not be carried out."""
        for holds, what in _demands(self):
            if not holds:
                raise InvalidRule(self.code, what)

    def fits_notice(self, notice: timedelta) -> bool:
        """Tell whether ``notice``, which is negative once the start is past, meets both notice conditions."""
        enough = self.notice_at_least is None or notice >= self.notice_at_least
        return enough and (self.notice_under is None or notice < self.notice_under)

    def to_json(self) -> dict[str, object]:
        """Give JSON types, keyed by field name; durations are whole seconds, sets are sorted lists."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_json(cls, data: object) -> Rule:
        """Read what ``to_json`` wrote; conditions may be left out. Anything else raises ``InvalidRule``."""
        code = str(data.get("code", "?")) if isinstance(data, dict) else "?"
        try:
            return cls(**_read(cls, data))
        except ValueError as wrong:
            raise InvalidRule(code, str(wrong)) from wrong


def _demands(rule: Rule) -> Iterator[tuple[bool, str]]:
    """Yield what every rule must satisfy, in an order that lets later demands rely on earlier ones."""
    yield _CODE.fullmatch(rule.code) is not None, "code: a-z, 0-9 and _, at most 40, a letter first"
    yield rule.code != FALLBACK and not rule.code.startswith(GUARD_PREFIX), "code: this one is built in"
    for label in (rule.label_zh, rule.label_en):
        fine = _is_text(label) and len(label) <= MAX_LABEL
        yield fine, f"label: visible text, at most {MAX_LABEL} characters"
    fine = (rule.review is not None) == (rule.outcome is Outcome.REVIEW)
    yield fine, "review: needed for the outcome review, and for no other"
    for notice in (rule.notice_at_least, rule.notice_under):
        fine = notice is None or (_NONE <= notice <= MAX_NOTICE and not notice % _ONE_SECOND)
        yield fine, f"notice: whole seconds from 0 to {MAX_NOTICE.days} days"
    if rule.notice_under is not None:
        fine = rule.notice_under > (rule.notice_at_least or _NONE)
        yield fine, "notice_under: must exceed notice_at_least, and 0"
    least, days = rule.cancellations_at_least, rule.cancellations_within_days
    yield (least is None) == (days is None), "cancellations: at_least and within_days belong together"
    yield least is None or least >= 1, "cancellations_at_least: 1 or more"
    yield days is None or 1 <= days <= MAX_DAYS, f"cancellations_within_days: 1 to {MAX_DAYS}"
    for name in ("initiators", "progress", "position_states", "departments", "vendors"):
        chosen = getattr(rule, name)
        yield chosen is None or bool(chosen), f"{name}: empty, so the rule could never match"
        yield all(map(_is_text, chosen or ())), f"{name}: holds a blank or invisible name"
    yield (rule.position_states or set()) <= POSITION_STATES, "position_states: open, frozen or closed"


def _is_text(value: str) -> bool:
    return bool(value.strip()) and value.isprintable()


def _plain(value: object) -> object:
    """Turn a field of a rule or plan into JSON types."""
    if isinstance(value, timedelta):
        return value // _ONE_SECOND
    if isinstance(value, frozenset):
        return sorted(str(item) for item in value)
    if isinstance(value, ReviewPlan):
        return value.to_json()
    return str(value) if isinstance(value, str) else value


def _read(kind: type[Rule | ReviewPlan], data: object) -> dict[str, Any]:
    """Check ``data``, a JSON object, against the fields of ``kind`` and give its arguments."""
    given = exactly(dict, data)
    known = {field.name: field for field in fields(kind)}
    if unknown := sorted(str(key) for key in given if key not in known):
        raise ValueError(f"unknown key {unknown[0]!r}")
    arguments = {}
    for name, field in known.items():
        if given.get(name) is not None:
            try:
                arguments[name] = _READERS[name](given[name])
            except ValueError as wrong:
                raise ValueError(f"{name}: {wrong}") from wrong
        elif field.default is MISSING:
            raise ValueError(f"{name}: missing")
    return arguments


def exactly(kind: type[T], value: object) -> T:
    """Give ``value`` if its type is ``kind`` itself, so that ``true`` does not pass for 1."""
    if type(value) is kind:
        return value
    raise ValueError(f"must be of JSON type {kind.__name__}")


def _seconds(value: object) -> timedelta:
    seconds = exactly(int, value)
    if abs(seconds) > MAX_NOTICE // _ONE_SECOND:
        raise ValueError(f"seconds, at most {MAX_NOTICE // _ONE_SECOND}")
    return timedelta(seconds=seconds)


def _set_of(reader: Callable[[Any], T]) -> Callable[[Any], frozenset[T]]:
    return lambda value: frozenset(reader(item) for item in exactly(list, value))


_text: Final = partial(exactly, str)
_count: Final = partial(exactly, int)
_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    **dict.fromkeys(("code", "label_zh", "label_en"), _text),
    **dict.fromkeys(("departments", "vendors", "position_states"), _set_of(_text)),
    **dict.fromkeys(("notice_at_least", "notice_under", "first", "second"), _seconds),
    **dict.fromkeys(("cancellations_at_least", "cancellations_within_days"), _count),
    **dict.fromkeys(("then", "finally_", "then_outside_hours"), Default),
    "outcome": Outcome,
    "initiators": _set_of(Initiator),
    "progress": _set_of(Progress),
    "review": ReviewPlan.from_json,
}
