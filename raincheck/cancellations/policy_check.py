"""When a list of rules may be saved: no situation without a rule, and more notice never treated worse.

Pure and standard library only. Callers import everything from ``raincheck.cancellations.policy``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from raincheck.cancellations.policy_rules import (
    POSITION_STATES,
    Initiator,
    InvalidRule,
    Outcome,
    Progress,
    Rule,
    RuleSetError,
    held,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_SITUATIONS: Final = 10_000
_NONE: Final = timedelta(0)
_AFTER: Final = timedelta(microseconds=-1)


class DuplicateCode(RuleSetError):
    """Two rules of the list bear one code."""

    code = "duplicate_code"

    def __init__(self, rule: str) -> None:
        """Name the code borne twice."""
        super().__init__(f"rule code {rule!r} is used twice", rules=(rule,))


class Hole(RuleSetError):
    """A situation no rule matches; ``case`` is one example of it."""

    code = "hole"

    def __init__(self, case: Case) -> None:
        """Name the situation."""
        super().__init__(f"no rule matches: {case}")
        self.case = case


class NotMonotone(RuleSetError):
    """More notice is treated worse: ``rule_a`` decides with less notice, ``rule_b`` is harder with more."""

    code = "not_monotone"

    def __init__(self, rule_a: str, rule_b: str, case: Case) -> None:
        """Name both rules; ``case.notice`` is where the harder one, ``rule_b``, begins."""
        message = f"more notice is worse: {rule_a!r} turns into {rule_b!r} at {case}"
        super().__init__(message, rules=(rule_a, rule_b))
        self.rule_a, self.rule_b, self.case = rule_a, rule_b, case


class TooComplex(RuleSetError):
    """The rules tell more than ``MAX_SITUATIONS`` situations apart, too many to check while someone waits."""

    code = "too_complex"

    def __init__(self) -> None:
        """Say the limit."""
        super().__init__(f"the rules tell more than {MAX_SITUATIONS} situations apart")


@dataclass(frozen=True)
class Case:
    """A situation rules can tell apart, as an example; ``None`` is a department or vendor no rule names.

    ``cancellations`` pairs days with the count within them; ``notice`` below zero means after the start.
    """

    initiator: Initiator
    progress: Progress
    position_state: str = "open"
    department: str | None = None
    vendor: str | None = None
    cancellations: tuple[tuple[int, int], ...] = ()
    notice: timedelta = _NONE

    def __str__(self) -> str:
        """Say the situation in one English line."""
        counts = "".join(f", {count} cancelled in {days} days" for days, count in self.cancellations)
        notice = "below 0" if self.notice < _NONE else str(self.notice)
        return (
            f"initiator {self.initiator}, notice {notice}, progress {self.progress}, "
            f"position {self.position_state}, department {self.department or 'any other'}, "
            f"vendor {self.vendor or 'any other'}{counts}"
        )


def check_rules(rules: Sequence[Rule]) -> None:
    """Return if ``rules`` may be saved; otherwise raise the ``RuleSetError`` that says why not.

    Exact, not sampled: every situation the rules can tell apart and the guards let through is judged at
    every notice where a rule begins or ends. Besides holes and lack of monotony it refuses a list by
    which HR or the company would be refused for short notice alone.
    """
    for code, times in Counter(rule.code for rule in rules).items():
        if times > 1:
            raise DuplicateCode(code)
    for case, mask in _situations(rules):
        _check_notice(case, [rule for bit, rule in enumerate(rules) if mask >> bit & 1])


def _check_notice(case: Case, matching: Sequence[Rule]) -> None:
    """Walk ``matching``, whose other conditions hold in ``case``, from no notice to ample notice."""
    deciding: list[Rule] = []
    for notice in _notices(case, matching):
        rule = next((rule for rule in matching if rule.fits_notice(notice)), None)
        if rule is None:
            raise Hole(replace(case, notice=notice))
        if deciding and _severity(rule, case) > _severity(deciding[-1], case):
            raise NotMonotone(deciding[-1].code, rule.code, replace(case, notice=notice))
        deciding.append(rule)
    harshest, mildest = deciding[0], deciding[-1]
    refused_for_notice = harshest.outcome is Outcome.REFUSE and mildest.outcome is not Outcome.REFUSE
    if refused_for_notice and case.initiator is not Initiator.CANDIDATE:
        raise InvalidRule(harshest.code, f"a limit meant for candidates, yet refuses {case.initiator}")


def _severity(rule: Rule, case: Case) -> int:
    begun = case.progress is Progress.PARTLY_RECORDED
    return held(rule.outcome, initiator=case.initiator, begun=begun).severity


def _notices(case: Case, matching: Sequence[Rule]) -> list[timedelta]:
    """List one notice of every stretch over which no rule changes, ascending.

    At a threshold one rule begins or another has just ended, so each stretch includes its lower end and
    that end stands for it. All thresholds are 0 or more, so one negative notice stands for all of them;
    a candidate who has not begun never has one, the guard "past" comes first.
    """
    waiting = case.initiator is Initiator.CANDIDATE and case.progress is not Progress.PARTLY_RECORDED
    ends = {end for rule in matching for end in (rule.notice_at_least, rule.notice_under) if end is not None}
    return sorted({_NONE, *ends} if waiting else {_AFTER, _NONE, *ends})


def _situations(rules: Sequence[Rule]) -> Iterator[tuple[Case, int]]:
    """Yield each situation but for notice, with the bits of the rules whose other conditions hold there.

    Situations matched by the same rules behave the same, so they are merged after every dimension; that,
    not the number of departments named, is what keeps the check fast.
    """
    cells: dict[tuple[bool, Initiator, int], Case] = {}
    for who in Initiator:
        for progress in Progress:
            if progress is not Progress.SUBMITTED:
                mask = _accepting(rules, "initiators", who) & _accepting(rules, "progress", progress)
                cells.setdefault((progress is Progress.PARTLY_RECORDED, who, mask), Case(who, progress))
    for field, classes in _dimensions(rules):
        merged: dict[tuple[bool, Initiator, int], Case] = {}
        for (begun, who, mask), case in cells.items():
            for bits, value in classes.items():
                if (key := (begun, who, mask & bits)) not in merged:
                    merged[key] = replace(case, **{field: value})
            if len(merged) > MAX_SITUATIONS:
                raise TooComplex
        cells = merged
    yield from ((case, mask) for (_, _, mask), case in cells.items())


def _dimensions(rules: Sequence[Rule]) -> Iterator[tuple[str, dict[int, Any]]]:
    """Yield each remaining dimension: the field of ``Case`` and, per set of accepting rules, one value."""
    for field, condition, known in (
        ("position_state", "position_states", sorted(POSITION_STATES, reverse=True)),
        ("department", "departments", None),
        ("vendor", "vendors", None),
    ):
        named = {value for rule in rules for value in getattr(rule, condition) or ()}
        values: Sequence[str | None] = known or (None, *sorted(named))
        # Reversed, so that of several values with the same bits the plainest, the first, is the example.
        yield field, {_accepting(rules, condition, value): value for value in reversed(values)}
    yield "cancellations", _staircases(rules)


def _accepting(rules: Sequence[Rule], condition: str, value: object) -> int:
    """Give the bits of the rules whose ``condition`` names ``value`` or is None."""
    sets = (getattr(rule, condition) for rule in rules)
    return sum(1 << bit for bit, chosen in enumerate(sets) if chosen is None or value in chosen)


def _staircases(rules: Sequence[Rule]) -> dict[int, tuple[tuple[int, int], ...]]:
    """Give, per set of accepting rules, counts that can occur: never fewer in a longer stretch of days."""
    levels = sorted({0, *(rule.cancellations_at_least or 0 for rule in rules)})
    free = sum(1 << bit for bit, rule in enumerate(rules) if rule.cancellations_within_days is None)
    found: dict[tuple[int, int], tuple[tuple[int, int], ...]] = {(0, free): ()}
    for days in sorted({rule.cancellations_within_days or 0 for rule in rules} - {0}):
        met = {
            level: sum(
                1 << bit
                for bit, rule in enumerate(rules)
                if rule.cancellations_within_days == days and level >= (rule.cancellations_at_least or 0)
            )
            for level in levels
        }
        longer: dict[tuple[int, int], tuple[tuple[int, int], ...]] = {}
        for (least, mask), counts in found.items():
            for level in levels:
                if level >= least:
                    longer.setdefault((level, mask | met[level]), (*counts, (days, level)))
            if len(longer) > MAX_SITUATIONS:
                raise TooComplex
        found = longer
    return {mask: counts for (_, mask), counts in found.items()}
