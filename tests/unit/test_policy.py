"""The policy, by properties: one verdict for every input, exact boundaries, and only sound rule sets."""

from __future__ import annotations

import json
import random
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raincheck.cancellations.policy import (
    FALLBACK,
    INTERVIEW_STATES,
    PRESETS,
    STANDARD,
    STRICT,
    Case,
    Default,
    DuplicateCode,
    Facts,
    Hole,
    Initiator,
    InvalidRule,
    NotMonotone,
    Outcome,
    Progress,
    ReviewPlan,
    Rule,
    RuleSetError,
    TooComplex,
    check_rules,
    clock,
    evaluate,
)
from raincheck.cancellations.policy_rules import held

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
TICK = timedelta(microseconds=1)
NOW = datetime(2025, 6, 2, 1, 0, tzinfo=UTC)
PLAN = ReviewPlan(first=15 * MINUTE, then=Default.ESCALATE, second=15 * MINUTE, finally_=Default.APPROVE)
HOSTS = (Initiator.HR, Initiator.COMPANY)
ZONES = [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "America/New_York", "Asia/Shanghai")]

# A busy machine must not fail a property for being slow.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

# Few distinct values, so that rules and facts meet often and at their boundaries.
notices = st.sampled_from([0, 1, 2, 12, 24, 48]).map(lambda hours: hours * HOUR)
nudges = st.sampled_from([-TICK, timedelta(0), TICK])
names = st.sampled_from(["engineering", "sales", "finance"])
vendor_names = st.sampled_from(["north", "south"])
durations = st.integers(1, 7200).map(lambda seconds: timedelta(seconds=seconds))
instants = st.datetimes(
    min_value=datetime(2024, 1, 1),  # noqa: DTZ001  hypothesis wants its bounds naive and adds the zone
    max_value=datetime(2026, 12, 31),  # noqa: DTZ001
    timezones=st.sampled_from(ZONES),
)


def make_facts(**changes: Any) -> Facts:
    """Make facts: a candidate's slot of half an hour, two days ahead, unless told otherwise."""
    usual: dict[str, Any] = {
        "initiator": Initiator.CANDIDATE,
        "now": NOW,
        "interview_kind": "slot",
        "interview_state": "scheduled",
        "starts_at": NOW + 49 * HOUR,
        "ends_at": NOW + 49.5 * HOUR,
        "progress": Progress.UNOPENED,
        "vendor_said_at": NOW - MINUTE,
        "recent_cancellations": (),
        "position_state": "open",
        "department": "engineering",
        "vendor": "north",
        "working_hours": True,
    }
    return Facts(**{**usual, **changes})


def make_rule(code: str, outcome: Outcome = Outcome.AUTO, **conditions: Any) -> Rule:
    """Make a rule, with a plan if, and only if, it needs one."""
    review = PLAN if outcome is Outcome.REVIEW else None
    return Rule(code, outcome, "规则", "Rule", **{"review": review, **conditions})


def facts_of(case: Case) -> Facts:
    """Turn the case an error names into facts: counts into instants, notice into a slot that far ahead."""
    recent: list[datetime] = []
    for days, count in case.cancellations:
        recent += [NOW - timedelta(days=days) + TICK] * (count - len(recent))
    return make_facts(
        initiator=case.initiator,
        progress=case.progress,
        position_state=case.position_state,
        department=case.department or "a department no rule names",
        vendor=case.vendor,
        recent_cancellations=tuple(recent),
        starts_at=NOW + case.notice,
        ends_at=NOW + case.notice + HOUR,
    )


@st.composite
def plans(draw: st.DrawFn) -> ReviewPlan:
    """Any valid review plan of up to two hours a clock."""
    return ReviewPlan(
        first=draw(durations),
        then=draw(st.sampled_from(Default)),
        second=draw(durations),
        finally_=draw(st.sampled_from([Default.APPROVE, Default.REJECT])),
        then_outside_hours=draw(st.none() | st.sampled_from(Default)),
    )


@st.composite
def rules(draw: st.DrawFn, code: str = "some_rule") -> Rule:
    """Any valid rule over the few values above."""
    outcome = draw(st.sampled_from(Outcome))
    least = draw(st.none() | notices)
    under = draw(st.none() | notices.filter(lambda notice: notice > (least or timedelta(0))))
    counted = draw(st.none() | st.tuples(st.integers(1, 3), st.sampled_from([7, 30])))
    return Rule(
        code=code,
        outcome=outcome,
        label_zh="规则",
        label_en="Rule",
        initiators=draw(st.none() | st.frozensets(st.sampled_from(Initiator), min_size=1)),
        notice_at_least=least,
        notice_under=under,
        progress=draw(st.none() | st.frozensets(st.sampled_from(Progress), min_size=1)),
        cancellations_at_least=counted and counted[0],
        cancellations_within_days=counted and counted[1],
        position_states=draw(
            st.none() | st.frozensets(st.sampled_from(["open", "frozen", "closed"]), min_size=1)
        ),
        departments=draw(st.none() | st.frozensets(names, min_size=1)),
        vendors=draw(st.none() | st.frozensets(vendor_names, min_size=1)),
        review=draw(plans()) if outcome is Outcome.REVIEW else None,
    )


@st.composite
def rule_lists(draw: st.DrawFn) -> tuple[Rule, ...]:
    """Up to five rules with codes of their own; every other list ends in a rule that matches anything."""
    found = [draw(rules(code=f"rule_{number}")) for number in range(draw(st.integers(0, 5)))]
    if draw(st.booleans()):
        found.append(make_rule("last", draw(st.sampled_from(Outcome))))
    return tuple(found)


@st.composite
def any_facts(draw: st.DrawFn) -> Facts:
    """Any facts: half of them near a boundary of a rule, half of them anywhere, even upside down."""
    now = draw(instants)
    start = draw(
        st.builds(lambda notice, nudge: now.astimezone(UTC) + notice + nudge, notices, nudges) | instants
    )
    end = draw(st.builds(lambda length: start.astimezone(UTC) + length, notices) | instants)
    ages = st.sampled_from([0, 1, 7, 30]).map(lambda days: timedelta(days=days))
    ago = st.builds(lambda age, nudge: now.astimezone(UTC) - age + nudge, ages, nudges)
    return Facts(
        initiator=draw(st.sampled_from(Initiator)),
        now=now,
        interview_kind=draw(st.sampled_from(["slot", "window"])),
        interview_state=draw(st.sampled_from(["scheduled"] * 6 + sorted(INTERVIEW_STATES))),
        starts_at=start,
        ends_at=end,
        progress=draw(st.sampled_from(Progress)),
        vendor_said_at=draw(st.none() | instants),
        recent_cancellations=tuple(draw(st.lists(ago, max_size=4))),
        position_state=draw(st.sampled_from(["open", "frozen", "closed"])),
        department=draw(names | st.text()),
        vendor=draw(st.none() | vendor_names),
        working_hours=draw(st.booleans()),
    )


def moved(facts: Facts, *, later: timedelta) -> Facts:
    """Move the interview ``later``, which gives that much more notice."""
    return replace(facts, starts_at=facts.starts_at + later, ends_at=facts.ends_at + later)


def refusal_of(found: tuple[Rule, ...]) -> RuleSetError | None:
    """Give what forbids saving the rules, or None if nothing does."""
    try:
        check_rules(found)
    except RuleSetError as refusal:
        return refusal
    return None


# One verdict for every input


@unhurried
@given(found=rule_lists(), facts=any_facts())
def test_every_input_gets_exactly_one_well_formed_verdict_even_from_rules_that_may_not_be_saved(
    found: tuple[Rule, ...], facts: Facts
) -> None:
    verdict = evaluate(rules=found, facts=facts)
    assert verdict == evaluate(rules=found, facts=facts)
    assert (verdict.review is not None) == (verdict.outcome is Outcome.REVIEW)
    assert (verdict.refusal is not None) == (verdict.outcome is Outcome.REFUSE)
    by_rule = {rule.code: rule for rule in found}.get(verdict.rule)
    if by_rule and facts.begun:
        assert verdict.outcome is held(by_rule.outcome, initiator=facts.initiator, begun=True)
    elif by_rule:
        assert (verdict.outcome, verdict.review) == (by_rule.outcome, by_rule.review)
    else:
        assert verdict.rule in {FALLBACK, f"guard_{verdict.refusal}"}


@unhurried
@given(found=rule_lists(), facts=any_facts())
def test_no_rule_and_no_silence_cancels_a_begun_interview_for_its_candidate(
    found: tuple[Rule, ...], facts: Facts
) -> None:
    verdict = evaluate(rules=found, facts=replace(facts, progress=Progress.PARTLY_RECORDED))
    if facts.initiator is Initiator.CANDIDATE:
        assert verdict.outcome is not Outcome.AUTO
    if verdict.review is not None:
        steps = {verdict.review.then, verdict.review.then_outside_hours, verdict.review.finally_}
        assert Default.APPROVE not in steps


@unhurried
@given(found=rule_lists(), facts=any_facts())
def test_the_first_rule_whose_conditions_all_hold_decides(found: tuple[Rule, ...], facts: Facts) -> None:
    verdict = evaluate(rules=found, facts=facts)
    codes = [rule.code for rule in found]
    if verdict.rule not in codes:
        return
    place = codes.index(verdict.rule)
    for earlier in found[:place]:
        assert evaluate(rules=[earlier], facts=facts).rule == FALLBACK
    assert evaluate(rules=found[place:], facts=facts).rule == verdict.rule
    failed = {check.name.split(".")[0] for check in verdict.checks if not check.ok}
    assert failed == set(codes[:place])


def test_without_any_rule_the_fallback_sends_the_request_to_a_person() -> None:
    verdict = evaluate(rules=[], facts=make_facts())
    assert (verdict.outcome, verdict.rule) == (Outcome.REVIEW, "fallback")
    assert verdict.review is not None


@unhurried
@given(text=st.text(), where=st.sampled_from(["department", "vendor"]))
def test_names_no_rule_has_heard_of_are_judged_all_the_same(text: str, where: str) -> None:
    assert evaluate(rules=STANDARD, facts=make_facts(**{where: text})).rule == "ample_notice"


# Guards


@pytest.mark.parametrize("who", Initiator)
@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"interview_state": "submitted"}, "submitted"),
        ({"progress": Progress.SUBMITTED}, "submitted"),
        ({"interview_state": "cancelled"}, "already_cancelled"),
        ({"interview_state": "no_show"}, "past"),
        ({"interview_state": "expired"}, "past"),
    ],
)
def test_what_is_over_is_refused_to_everyone_whatever_the_rules(
    who: Initiator, changes: dict[str, Any], refusal: str
) -> None:
    verdict = evaluate(rules=[make_rule("anything")], facts=make_facts(initiator=who, **changes))
    assert (verdict.outcome, verdict.refusal, verdict.rule) == (Outcome.REFUSE, refusal, f"guard_{refusal}")
    assert [check.ok for check in verdict.checks][-1] is False


def test_a_rule_that_refuses_says_so_by_its_own_refusal_code() -> None:
    verdict = evaluate(rules=[make_rule("never", Outcome.REFUSE)], facts=make_facts())
    assert (verdict.rule, verdict.refusal) == ("never", "rule")


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ({}, "starts_at"),
        ({"interview_state": "in_progress"}, "ends_at"),
        ({"progress": Progress.PARTLY_RECORDED}, "ends_at"),
        ({"interview_kind": "window"}, "ends_at"),
        ({"initiator": Initiator.HR}, "ends_at"),
        ({"initiator": Initiator.COMPANY}, "ends_at"),
    ],
)
def test_the_very_last_microsecond_is_still_in_time_and_the_next_is_past(
    changes: dict[str, Any], end: str
) -> None:
    facts = make_facts(**changes)
    last = getattr(facts, end)
    assert evaluate(rules=STANDARD, facts=replace(facts, now=last)).refusal is None
    assert evaluate(rules=STANDARD, facts=replace(facts, now=last + TICK)).refusal == "past"


# The presets


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_may_be_saved(name: str) -> None:
    check_rules(PRESETS[name])


@pytest.mark.parametrize(("preset", "hours"), [(STANDARD, 12), (STRICT, 48)])
@pytest.mark.parametrize("kind", ["slot", "window"])
def test_notice_exactly_at_the_limit_is_approved_and_a_microsecond_less_is_reviewed(
    preset: tuple[Rule, ...], hours: int, kind: str
) -> None:
    end = NOW + hours * HOUR
    times = (
        {"starts_at": end, "ends_at": end + HOUR} if kind == "slot" else {"starts_at": NOW, "ends_at": end}
    )
    facts = make_facts(interview_kind=kind, **times)
    assert facts.notice() == hours * HOUR
    assert evaluate(rules=preset, facts=facts).outcome is Outcome.AUTO
    for late in (TICK, timedelta(seconds=1)):
        verdict = evaluate(rules=preset, facts=replace(facts, now=NOW + late))
        assert (verdict.outcome, verdict.rule) == (Outcome.REVIEW, "short_notice")


# The start, by the wall clock, of a slot just after the clocks change; and the instant 12 hours before it.
AROUND_THE_CHANGE = [
    ("Europe/Berlin", "2025-03-30T09:00", "2025-03-29T19:00:00+00:00"),
    ("Europe/Berlin", "2025-10-26T09:00", "2025-10-25T20:00:00+00:00"),
    ("America/New_York", "2025-03-09T09:00", "2025-03-09T01:00:00+00:00"),
    ("America/New_York", "2025-11-02T09:00", "2025-11-02T02:00:00+00:00"),
    ("Asia/Shanghai", "2025-10-26T09:00", "2025-10-25T13:00:00+00:00"),
]


@pytest.mark.parametrize(("zone", "wall", "limit"), AROUND_THE_CHANGE)
@pytest.mark.parametrize("asked_in", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Shanghai"])
def test_twelve_hours_are_twelve_real_hours_when_the_clocks_change_overnight(
    zone: str, wall: str, limit: str, asked_in: str
) -> None:
    start = datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone))
    now = datetime.fromisoformat(limit).astimezone(ZoneInfo(asked_in))
    facts = make_facts(now=now, starts_at=start, ends_at=start.astimezone(UTC) + HOUR)
    assert facts.notice() == 12 * HOUR
    assert evaluate(rules=STANDARD, facts=facts).rule == "ample_notice"
    for late in (TICK, timedelta(seconds=1)):
        later = replace(facts, now=facts.now + late)
        assert evaluate(rules=STANDARD, facts=later).rule == "short_notice"


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first = datetime(2025, 10, 26, 2, 30, tzinfo=berlin)
    earlier, later = (make_facts(starts_at=first.replace(fold=fold)) for fold in (0, 1))
    assert later.notice() - earlier.notice() == HOUR


@pytest.mark.parametrize("preset", PRESETS.values())
@pytest.mark.parametrize(
    "changes", [{"progress": Progress.PARTLY_RECORDED}, {"interview_state": "in_progress"}]
)
def test_a_begun_interview_is_reviewed_however_ample_the_notice_and_rejected_in_the_end(
    preset: tuple[Rule, ...], changes: dict[str, Any]
) -> None:
    verdict = evaluate(rules=preset, facts=make_facts(**changes))
    assert (verdict.outcome, verdict.rule) == (Outcome.REVIEW, "begun")
    assert verdict.review == replace(PLAN, finally_=Default.REJECT)


@unhurried
@given(facts=any_facts(), preset=st.sampled_from([STANDARD, STRICT]))
def test_hr_and_the_company_are_never_held_by_a_preset(facts: Facts, preset: tuple[Rule, ...]) -> None:
    for host in HOSTS:
        verdict = evaluate(rules=preset, facts=replace(facts, initiator=host))
        assert verdict.outcome is Outcome.AUTO or verdict.rule.startswith("guard_")


# Rule sets


@settings(unhurried, max_examples=300)  # about one list in five may be saved
@given(
    found=rule_lists() | st.sampled_from([STANDARD, STRICT]), facts=any_facts(), later=notices, nudge=nudges
)
def test_under_rules_that_may_be_saved_more_notice_is_never_worse_and_no_fallback_is_needed(
    found: tuple[Rule, ...], facts: Facts, later: timedelta, nudge: timedelta
) -> None:
    if refusal_of(found):
        return
    less = evaluate(rules=found, facts=facts)
    more = evaluate(rules=found, facts=moved(facts, later=max(later + nudge, timedelta(0))))
    assert more.outcome.severity <= less.outcome.severity
    assert FALLBACK not in {less.rule, more.rule}


@unhurried
@given(found=rule_lists(), facts=any_facts(), host=st.sampled_from(HOSTS))
def test_rules_that_may_be_saved_never_refuse_hr_or_the_company_for_short_notice(
    found: tuple[Rule, ...], facts: Facts, host: Initiator
) -> None:
    facts = replace(facts, initiator=host)
    if not refusal_of(found) and evaluate(rules=found, facts=facts).refusal == "rule":
        assert evaluate(rules=found, facts=moved(facts, later=1000 * HOUR)).refusal == "rule"


@unhurried
@given(found=rule_lists())
def test_a_refused_rule_set_is_refused_for_a_case_that_really_happens(found: tuple[Rule, ...]) -> None:
    refusal = refusal_of(found)
    if isinstance(refusal, Hole):
        assert evaluate(rules=found, facts=facts_of(refusal.case)).rule == FALLBACK
    elif isinstance(refusal, NotMonotone):
        worse = facts_of(refusal.case)
        milder = moved(worse, later=-TICK)
        verdicts = [evaluate(rules=found, facts=facts) for facts in (milder, worse)]
        assert [verdict.rule for verdict in verdicts] == [refusal.rule_a, refusal.rule_b]
        assert verdicts[0].outcome.severity < verdicts[1].outcome.severity
    elif refusal:
        assert "meant for candidates" in str(refusal)


@pytest.mark.parametrize("gone", range(len(STANDARD)))
def test_a_preset_with_a_rule_taken_out_has_a_hole_that_names_the_case(gone: int) -> None:
    left = STANDARD[:gone] + STANDARD[gone + 1 :]
    if STANDARD[gone].code == "begun":
        check_rules(left)
        return
    with pytest.raises(Hole) as caught:
        check_rules(left)
    assert evaluate(rules=STANDARD, facts=facts_of(caught.value.case)).rule == STANDARD[gone].code
    assert str(caught.value.case) in str(caught.value)


def test_an_empty_rule_set_is_one_big_hole() -> None:
    with pytest.raises(Hole, match="initiator candidate"):
        check_rules([])


def test_a_hole_of_one_second_is_found_and_named() -> None:
    found = [
        make_rule("long", notice_at_least=12 * HOUR),
        make_rule("short", notice_under=12 * HOUR - timedelta(seconds=1)),
    ]
    with pytest.raises(Hole) as caught:
        check_rules(found)
    assert caught.value.case.notice == 12 * HOUR - timedelta(seconds=1)
    assert caught.value.code == "hole"


def test_a_hole_that_only_one_department_falls_into_names_the_department() -> None:
    elsewhere = make_rule("all_but_sales", departments=frozenset({"engineering"}))
    other = make_rule("vendor_north", vendors=frozenset({"north"}))
    with pytest.raises(Hole, match="department any other, vendor any other"):
        check_rules([elsewhere, other])


def test_no_rule_is_demanded_for_a_candidate_whose_start_has_passed_since_a_guard_refuses_that() -> None:
    hosts_and_begun = STANDARD[:3]
    waiting = make_rule("waiting", initiators=frozenset({Initiator.CANDIDATE}), notice_at_least=timedelta(0))
    check_rules([*hosts_and_begun, waiting])


def test_hr_may_still_cancel_a_slot_that_is_running_so_a_rule_for_that_is_demanded() -> None:
    with pytest.raises(Hole, match="initiator hr, notice below 0"):
        check_rules(
            [make_rule("before_the_start", notice_at_least=timedelta(0)), *STANDARD[:1], *STANDARD[2:]]
        )


def test_counts_that_cannot_occur_are_not_held_against_a_rule_set() -> None:
    often: dict[str, Any] = {"cancellations_at_least": 3}
    month = make_rule("month", cancellations_within_days=30, **often)
    week = make_rule("week", Outcome.REVIEW, cancellations_within_days=7, notice_at_least=24 * HOUR, **often)
    check_rules([month, week, make_rule("rest")])
    with pytest.raises(NotMonotone):
        check_rules([week, make_rule("rest")])


def test_a_rule_set_in_which_more_notice_is_worse_is_refused_naming_both_rules() -> None:
    found = [make_rule("early", Outcome.REVIEW, notice_at_least=24 * HOUR), make_rule("late")]
    with pytest.raises(NotMonotone) as caught:
        check_rules(found)
    assert (caught.value.rule_a, caught.value.rule_b) == ("late", "early")
    assert caught.value.rules == ("late", "early")
    assert caught.value.case.notice == 24 * HOUR
    assert caught.value.code == "not_monotone"


def test_a_clash_that_needs_three_cancellations_in_a_week_and_five_in_a_month_is_found() -> None:
    often: dict[str, Any] = {"cancellations_at_least": 3, "cancellations_within_days": 7}
    found = [
        make_rule("month", cancellations_at_least=5, cancellations_within_days=30, notice_under=HOUR),
        make_rule("week", Outcome.REVIEW, **often),
        make_rule("rest"),
    ]
    with pytest.raises(NotMonotone) as caught:
        check_rules(found)
    assert caught.value.rules == ("month", "week")
    counts = dict(caught.value.case.cancellations)
    assert counts[7] >= 3
    assert counts[30] >= 5


def test_a_limit_for_candidates_that_would_refuse_hr_is_refused() -> None:
    found = [make_rule("enough", notice_at_least=12 * HOUR), make_rule("too_late", Outcome.REFUSE)]
    with pytest.raises(InvalidRule) as caught:
        check_rules(found)
    assert caught.value.rule == "too_late"
    check_rules([make_rule("hosts", initiators=frozenset(HOSTS)), *found])


def test_two_rules_with_one_code_are_refused() -> None:
    with pytest.raises(DuplicateCode) as caught:
        check_rules([make_rule("same"), make_rule("same")])
    assert (caught.value.code, caught.value.rules) == ("duplicate_code", ("same",))


def test_thirty_rules_over_every_condition_are_checked_within_a_second() -> None:
    found = [
        make_rule(
            f"rule_{number}",
            initiators=frozenset({list(Initiator)[number % 3]}),
            progress=frozenset({list(Progress)[number % 4]}),
            notice_at_least=(30 - number) * HOUR,
            cancellations_at_least=1 + number % 3,
            cancellations_within_days=[7, 30][number % 2],
            position_states=frozenset({["open", "frozen"][number % 2]}),
            departments=frozenset({f"department_{number}"}),
            vendors=frozenset({f"vendor_{number % 5}"}),
        )
        for number in range(29)
    ]
    began = time.process_time()
    check_rules([*found, make_rule("rest")])
    assert time.process_time() - began < 1


def test_rules_too_tangled_to_check_are_refused_rather_than_checked_forever() -> None:
    chance = random.Random(1)
    places = [f"place_{number}" for number in range(40)]
    found = [
        make_rule(
            f"rule_{number}",
            departments=frozenset(chance.sample(places, 30)),
            vendors=frozenset(chance.sample(places, 30)),
            initiators=frozenset(chance.sample(list(Initiator), 2)),
            position_states=frozenset(chance.sample(["open", "frozen", "closed"], 2)),
        )
        for number in range(30)
    ]
    with pytest.raises(TooComplex):
        check_rules(found)


def test_cancellation_windows_too_many_to_combine_are_refused_as_well() -> None:
    counted = [
        make_rule(f"rule_{number}", cancellations_at_least=1 + number, cancellations_within_days=10 + number)
        for number in range(30)
    ]
    with pytest.raises(TooComplex):
        check_rules(counted)


# Counting cancellations


def test_a_cancellation_exactly_so_many_days_ago_no_longer_counts() -> None:
    week = timedelta(days=7)
    facts = make_facts(recent_cancellations=(NOW - week, NOW - week + TICK, NOW, NOW + TICK))
    assert facts.cancellations_within(7) == 2


# Clocks


@unhurried
@given(plan=plans(), facts=any_facts())
def test_both_clocks_end_after_now_in_order_and_never_after_the_end_that_is_ahead(
    plan: ReviewPlan, facts: Facts
) -> None:
    times = clock(plan=plan, facts=facts)
    assert facts.now < times.first_due <= times.final_due
    assert times.first_due <= facts.now + plan.first
    assert times.final_due <= facts.now + plan.first + plan.second
    end = facts.starts_at if facts.interview_kind == "slot" and not facts.begun else facts.ends_at
    if end > facts.now:
        assert times.final_due <= end
        assert times.final_due <= max(end - 10 * MINUTE, facts.now + 2 * MINUTE)
    else:
        assert times.final_due <= facts.now + 2 * MINUTE


@pytest.mark.parametrize(
    ("ahead", "first", "final"),
    [
        (timedelta(hours=2), 15 * MINUTE, 30 * MINUTE),
        (40 * MINUTE, 15 * MINUTE, 30 * MINUTE),
        (30 * MINUTE, 15 * MINUTE, 20 * MINUTE),
        (20 * MINUTE, 10 * MINUTE, 10 * MINUTE),
        (12 * MINUTE, 2 * MINUTE, 2 * MINUTE),
        (5 * MINUTE, 2 * MINUTE, 2 * MINUTE),
        (MINUTE, MINUTE, MINUTE),
        (timedelta(0), 2 * MINUTE, 2 * MINUTE),
        (-MINUTE, 2 * MINUTE, 2 * MINUTE),
    ],
)
@pytest.mark.parametrize("kind", ["slot", "window", "begun slot"])
def test_the_clocks_are_cut_short_so_that_nobody_learns_too_late(
    ahead: timedelta, first: timedelta, final: timedelta, kind: str
) -> None:
    if kind == "slot":
        facts = make_facts(starts_at=NOW + ahead, ends_at=NOW + ahead + HOUR)
    elif kind == "window":
        facts = make_facts(interview_kind="window", starts_at=NOW - HOUR, ends_at=NOW + ahead)
    else:
        facts = make_facts(interview_state="in_progress", starts_at=NOW - HOUR, ends_at=NOW + ahead)
    times = clock(plan=PLAN, facts=facts)
    assert (times.first_due - NOW, times.final_due - NOW) == (first, final)


def test_what_follows_the_first_clock_may_differ_outside_working_hours() -> None:
    night = replace(PLAN, then_outside_hours=Default.REJECT)
    assert night.after_first(working_hours=True) is Default.ESCALATE
    assert night.after_first(working_hours=False) is Default.REJECT
    assert PLAN.after_first(working_hours=False) is Default.ESCALATE


# JSON, and bad input

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@unhurried
@given(rule=rules() | st.sampled_from(STANDARD))
def test_a_rule_survives_json(rule: Rule) -> None:
    assert Rule.from_json(json.loads(json.dumps(rule.to_json()))) == rule


@unhurried
@given(facts=any_facts())
def test_facts_survive_json(facts: Facts) -> None:
    assert Facts.from_json(json.loads(json.dumps(facts.as_json()))) == facts


@unhurried
@given(rule=rules(), key=st.sampled_from(sorted(STANDARD[2].to_json())) | st.text(), value=json_values)
def test_a_rule_spoilt_anywhere_is_either_a_rule_or_an_invalid_rule(
    rule: Rule, key: str, value: object
) -> None:
    try:
        read = Rule.from_json({**rule.to_json(), key: value})
    except InvalidRule:
        return
    assert Rule.from_json(read.to_json()) == read


@unhurried
@given(value=json_values)
def test_what_is_no_rule_at_all_is_an_invalid_rule(value: object) -> None:
    with pytest.raises(InvalidRule):
        Rule.from_json(value)


@unhurried
@given(key=st.sampled_from(sorted(make_facts().as_json())) | st.text(), value=json_values)
def test_facts_spoilt_anywhere_are_either_facts_or_a_value_error(key: str, value: object) -> None:
    try:
        read = Facts.from_json({**make_facts().as_json(), key: value})
    except ValueError:
        return
    assert Facts.from_json(read.as_json()) == read


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"code": "Wrong Code"}, "code"),
        ({"code": "fallback"}, "built in"),
        ({"code": "guard_past"}, "built in"),
        ({"label_zh": "  "}, "label"),
        ({"label_en": "x" * 81}, "label"),
        ({"outcome": "review"}, "review"),
        ({"outcome": "perhaps"}, "outcome"),
        ({"review": PLAN.to_json()}, "review"),
        ({"notice_at_least": -1}, "notice"),
        ({"notice_at_least": True}, "notice_at_least"),
        ({"notice_at_least": 10**12}, "notice_at_least"),
        ({"notice_at_least": 3600, "notice_under": 3600}, "notice_under"),
        ({"notice_under": 0}, "notice_under"),
        ({"cancellations_at_least": 1}, "belong together"),
        ({"cancellations_at_least": 0, "cancellations_within_days": 7}, "1 or more"),
        ({"cancellations_at_least": 1, "cancellations_within_days": 0}, "within_days"),
        ({"departments": []}, "empty"),
        ({"vendors": ["\u200b"]}, "invisible"),
        ({"position_states": ["thawed"]}, "position_states"),
        ({"initiators": ["vendor"]}, "initiators"),
        ({"colour": "blue"}, "unknown key 'colour'"),
        ({"label_en": None}, "label_en: missing"),
        ({"outcome": "review", "review": {**PLAN.to_json(), "finally_": "escalate"}}, "finally_"),
        ({"outcome": "review", "review": {**PLAN.to_json(), "first": 0}}, "review.first"),
        ({"outcome": "review", "review": {**PLAN.to_json(), "second": 31 * 86400}}, "review.second"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_saying_what_is_wrong(
    changes: dict[str, Any], what: str
) -> None:
    with pytest.raises(InvalidRule) as caught:
        Rule.from_json({**make_rule("plain").to_json(), **changes})
    assert what in caught.value.what
    assert caught.value.rules == (changes.get("code", "plain"),)


@pytest.mark.parametrize(
    "changes",
    [
        {"now": NOW.replace(tzinfo=None)},
        {"starts_at": datetime.max.replace(tzinfo=ZONES[2])},
        {"ends_at": datetime.min.replace(tzinfo=UTC)},
        {"interview_kind": "call"},
        {"interview_state": "lost"},
        {"position_state": "thawed"},
    ],
)
def test_facts_no_rule_could_judge_cannot_be_made(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"facts|none of"):
        make_facts(**changes)
