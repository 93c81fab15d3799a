"""May this interview be cancelled now, and what then? Facts in, one verdict out.

Pure and standard library only: no database, no clock of its own, no network. ``evaluate`` is total; the
built-in guards come first, then the rules in order, and the fallback last. ``policy_rules`` says what a rule
is, ``policy_check`` when a list of them may be saved; everything is imported from here.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from raincheck.cancellations.policy_check import (
    Case,
    DuplicateCode,
    Hole,
    NotMonotone,
    TooComplex,
    check_rules,
)
from raincheck.cancellations.policy_rules import (
    FALLBACK,
    IMPORTED,
    POSITION_STATES,
    Default,
    Initiator,
    InvalidRule,
    Outcome,
    Progress,
    ReviewPlan,
    Rule,
    RuleSetError,
    exactly,
    held,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "BEGUN_PLAN",
    "FALLBACK",
    "FALLBACK_PLAN",
    "IMPORTED",
    "INTERVIEW_STATES",
    "PRESETS",
    "STANDARD",
    "STRICT",
    "Case",
    "Check",
    "Clock",
    "Default",
    "DuplicateCode",
    "Facts",
    "Hole",
    "Initiator",
    "InvalidRule",
    "NotMonotone",
    "Outcome",
    "Progress",
    "ReviewPlan",
    "Rule",
    "RuleSetError",
    "TooComplex",
    "Verdict",
    "check_rules",
    "clock",
    "evaluate",
]

INTERVIEW_STATES: Final = frozenset(
    {"scheduled", "in_progress", "submitted", "cancelling", "cancelled", "no_show", "expired"}
)
_KNOWN: Final = {
    "interview_kind": frozenset({"slot", "window"}),
    "interview_state": INTERVIEW_STATES,
    "position_state": POSITION_STATES,
}
FIRST_YEAR, LAST_YEAR = 1900, 9900
LAST_SAFE: Final = timedelta(minutes=10)
SHORTEST_REVIEW: Final = timedelta(minutes=2)
BEGUN_PLAN: Final = ReviewPlan(
    first=timedelta(minutes=15), then=Default.ESCALATE, second=timedelta(minutes=15), finally_=Default.REJECT
)
FALLBACK_PLAN: Final = ReviewPlan(
    first=timedelta(minutes=15), then=Default.ESCALATE, second=timedelta(minutes=15), finally_=Default.APPROVE
)


@dataclass(frozen=True)
class Facts:
    """All a verdict may depend on, as known at ``now``; frozen with the request.

    ``starts_at``/``ends_at``: start and end of a slot, opening and deadline of a window. Every instant is
    given aware and kept in UTC, because Python compares two instants of one zone by the wall clock, which
    is an hour wrong across a DST change. ``working_hours`` is true of ``now``. ``vendor_said_at`` dates
    ``progress``. Raises ``ValueError`` for a naive instant, one outside the years 1900 to 9900, or an unknown
    kind or state.
    """

    initiator: Initiator
    now: datetime
    interview_kind: str
    interview_state: str
    starts_at: datetime
    ends_at: datetime
    progress: Progress
    vendor_said_at: datetime | None
    recent_cancellations: tuple[datetime, ...]
    position_state: str
    department: str
    vendor: str | None
    working_hours: bool

    def __post_init__(self) -> None:
        """Bring every instant to UTC and refuse what no rule could judge."""
        for name in ("now", "starts_at", "ends_at"):
            object.__setattr__(self, name, _utc(getattr(self, name)))
        if self.vendor_said_at is not None:
            object.__setattr__(self, "vendor_said_at", _utc(self.vendor_said_at))
        object.__setattr__(self, "recent_cancellations", tuple(map(_utc, self.recent_cancellations)))
        for name, known in _KNOWN.items():
            if getattr(self, name) not in known:
                raise ValueError(f"{name}: {getattr(self, name)!r} is none of {', '.join(sorted(known))}")

    @property
    def begun(self) -> bool:
        """True once the candidate has begun, by the vendor's word or the interview's own state."""
        return self.progress is Progress.PARTLY_RECORDED or self.interview_state == "in_progress"

    @property
    def progress_for_rules(self) -> Progress:
        """What a rule's progress condition sees: PARTLY_RECORDED for whatever has begun."""
        return Progress.PARTLY_RECORDED if self.begun else self.progress

    def notice(self) -> timedelta:
        """Give the time left to the start of a slot or the deadline of a window; negative once it is past."""
        return (self.starts_at if self.interview_kind == "slot" else self.ends_at) - self.now

    def cancellations_within(self, days: int) -> int:
        """Count this candidate's cancellations less than ``days`` times 24 hours ago, none after ``now``."""
        ages = (self.now - then for then in self.recent_cancellations)
        return sum(timedelta(0) <= age < timedelta(days=days) for age in ages)

    def as_json(self) -> dict[str, object]:
        """Give JSON types keyed by field name; instants are ISO 8601 in UTC."""
        plain = {field.name: getattr(self, field.name) for field in fields(self)}
        for name in ("now", "starts_at", "ends_at", "vendor_said_at"):
            plain[name] = plain[name] and plain[name].isoformat()
        plain["recent_cancellations"] = [then.isoformat() for then in self.recent_cancellations]
        return {**plain, "initiator": str(self.initiator), "progress": str(self.progress)}

    @classmethod
    def from_json(cls, data: dict[str, object]) -> Facts:
        """Read what ``as_json`` wrote, and nothing else: ``ValueError`` for any other keys or values."""
        if set(data) != {field.name for field in fields(cls)}:
            raise ValueError("facts: keys missing or unknown")
        recent, working = exactly(list, data["recent_cancellations"]), exactly(bool, data["working_hours"])
        said, vendor = data["vendor_said_at"], data["vendor"]
        return cls(
            initiator=Initiator(str(data["initiator"])),
            now=_instant(data["now"]),
            interview_kind=str(data["interview_kind"]),
            interview_state=str(data["interview_state"]),
            starts_at=_instant(data["starts_at"]),
            ends_at=_instant(data["ends_at"]),
            progress=Progress(str(data["progress"])),
            vendor_said_at=None if said is None else _instant(said),
            recent_cancellations=tuple(map(_instant, recent)),
            position_state=str(data["position_state"]),
            department=exactly(str, data["department"]),
            vendor=None if vendor is None else exactly(str, vendor),
            working_hours=working,
        )


@dataclass(frozen=True)
class Check:
    """One thing looked at: a guard (``guard_past``) or a condition of a rule (``ample_notice.notice``)."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True)
class Verdict:
    """The outcome, the code of the rule that gave it, and everything looked at on the way, in order.

    ``rule`` is a rule's code, ``"fallback"`` or ``"guard_…"``. ``review`` is there for REVIEW alone,
    ``refusal`` for REFUSE alone: ``submitted``, ``already_cancelled``, ``past`` or ``rule``.
    """

    outcome: Outcome
    rule: str
    checks: tuple[Check, ...]
    review: ReviewPlan | None
    refusal: str | None


@dataclass(frozen=True)
class Clock:
    """When the first and the last review clock end, in UTC; ``now < first_due <= final_due``."""

    first_due: datetime
    final_due: datetime


def evaluate(*, rules: Sequence[Rule], facts: Facts) -> Verdict:
    """Give the one verdict: the first guard that refuses, else the first rule that matches, else a review.

    Total: it never raises, whatever the facts and even for rules ``check_rules`` refuses.
    """
    checks: list[Check] = []
    for refusal, check in _guards(facts):
        checks.append(check)
        if not check.ok:
            return Verdict(Outcome.REFUSE, check.name, tuple(checks), None, refusal)
    for rule in rules:
        looked_at = list(_conditions(rule, facts))
        checks.extend(looked_at)
        if all(check.ok for check in looked_at):
            refusal_code = "rule" if rule.outcome is Outcome.REFUSE else None
            verdict = Verdict(rule.outcome, rule.code, tuple(checks), rule.review, refusal_code)
            return _by_a_person(verdict, facts)
    verdict = Verdict(Outcome.REVIEW, FALLBACK, tuple(checks), FALLBACK_PLAN, None)
    return _by_a_person(verdict, facts)


def _by_a_person(verdict: Verdict, facts: Facts) -> Verdict:
    """Put before a person what has begun and a rule would let through or silence approve; a refusal stands."""
    if not facts.begun:
        return verdict
    outcome = held(verdict.outcome, initiator=facts.initiator, begun=True)
    plan = (verdict.review or BEGUN_PLAN).by_a_person() if outcome is Outcome.REVIEW else None
    return replace(verdict, outcome=outcome, review=plan)


def clock(*, plan: ReviewPlan, facts: Facts) -> Clock:
    """Set both clocks of ``plan`` going at ``facts.now``, in UTC and regardless of working hours.

    Both end at the last safe moment at the latest: 10 minutes before the end that matters, which is the
    start of a slot not begun, and otherwise ``ends_at``. Where that leaves a reviewer less than 2 minutes,
    2 minutes are given, but never beyond that end itself, unless it is not ahead any more.
    """
    waiting_for_slot = facts.interview_kind == "slot" and not facts.begun
    end = facts.starts_at if waiting_for_slot else facts.ends_at
    latest = max(end - LAST_SAFE, facts.now + SHORTEST_REVIEW)
    if end > facts.now:
        latest = min(latest, end)
    first_due = min(facts.now + plan.first, latest)
    return Clock(first_due=first_due, final_due=min(first_due + plan.second, latest))


def _guards(facts: Facts) -> Iterator[tuple[str, Check]]:
    """Yield what no rule can lift: the refusal code and its check."""
    seen = f"state {facts.interview_state}, progress {facts.progress}"
    submitted = facts.interview_state == "submitted" or facts.progress is Progress.SUBMITTED
    yield "submitted", Check("guard_submitted", not submitted, seen)
    yield "already_cancelled", Check("guard_already_cancelled", facts.interview_state != "cancelled", seen)
    over = facts.interview_state in {"no_show", "expired"}
    waiting_for_slot = facts.interview_kind == "slot" and not facts.begun
    to_the_start = facts.initiator is Initiator.CANDIDATE and waiting_for_slot
    end = min(facts.starts_at, facts.ends_at) if to_the_start else facts.ends_at
    detail = f"state {facts.interview_state}, open until {end.isoformat()}"
    yield "past", Check("guard_past", not over and facts.now <= end, detail)


def _conditions(rule: Rule, facts: Facts) -> Iterator[Check]:
    """Yield each condition ``rule`` sets, whether it holds, and what was compared."""
    for name, chosen, seen in (
        ("initiator", rule.initiators, facts.initiator),
        ("progress", rule.progress, facts.progress_for_rules),
        ("position_state", rule.position_states, facts.position_state),
        ("department", rule.departments, facts.department),
        ("vendor", rule.vendors, facts.vendor),
    ):
        if chosen is not None:
            yield Check(f"{rule.code}.{name}", seen in chosen, f"{seen}: one of {', '.join(sorted(chosen))}")
    if rule.cancellations_at_least is not None and rule.cancellations_within_days is not None:
        least, days = rule.cancellations_at_least, rule.cancellations_within_days
        count = facts.cancellations_within(days)
        detail = f"{count} in {days} days: at least {least}"
        yield Check(f"{rule.code}.cancellations", count >= least, detail)
    if rule.notice_at_least is not None or rule.notice_under is not None:
        bounds = (("at least", rule.notice_at_least), ("under", rule.notice_under))
        wanted = " and ".join(f"{word} {bound}" for word, bound in bounds if bound is not None)
        notice = facts.notice()
        yield Check(f"{rule.code}.notice", rule.fits_notice(notice), f"{notice}: {wanted}")


def _instant(value: object) -> datetime:
    return datetime.fromisoformat(exactly(str, value))


def _utc(instant: datetime) -> datetime:
    """Give the same instant in UTC, leaving room at both ends of the calendar to add and subtract."""
    if instant.utcoffset() is None:
        raise ValueError("facts: an instant without a time zone")
    try:
        in_utc = instant.astimezone(UTC)
    except OverflowError as beyond:
        raise ValueError("facts: an instant beyond the calendar") from beyond
    if not FIRST_YEAR <= in_utc.year <= LAST_YEAR:
        raise ValueError(f"facts: an instant outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return in_utc


def _preset(*, hours: int) -> tuple[Rule, ...]:
    """Give the preset by which a candidate's notice of ``hours`` or more needs no review."""
    enough = timedelta(hours=hours)
    quarter = timedelta(minutes=15)
    candidate = frozenset({Initiator.CANDIDATE})
    begun = ReviewPlan(first=quarter, then=Default.ESCALATE, second=quarter, finally_=Default.REJECT)
    late = ReviewPlan(first=quarter, then=Default.ESCALATE, second=quarter, finally_=Default.APPROVE)
    return (
        Rule("company", Outcome.AUTO, "企业取消", "Cancelled by the company", frozenset({Initiator.COMPANY})),
        Rule("hr", Outcome.AUTO, "HR取消", "Cancelled by HR", frozenset({Initiator.HR})),
        Rule(
            code="begun",
            outcome=Outcome.REVIEW,
            label_zh="面试已开始但未提交",
            label_en="Begun, not yet submitted",
            initiators=candidate,
            progress=frozenset({Progress.PARTLY_RECORDED}),
            review=begun,
        ),
        Rule(
            code="ample_notice",
            outcome=Outcome.AUTO,
            label_zh=f"提前{hours}小时及以上",
            label_en=f"At least {hours} hours' notice",
            initiators=candidate,
            notice_at_least=enough,
        ),
        Rule(
            code="short_notice",
            outcome=Outcome.REVIEW,
            label_zh=f"提前不足{hours}小时",
            label_en=f"Less than {hours} hours' notice",
            initiators=candidate,
            notice_under=enough,
            review=late,
        ),
    )


STANDARD: Final = _preset(hours=12)
STRICT: Final = _preset(hours=48)
PRESETS: Final = {"standard": STANDARD, "strict": STRICT}
