"""Every template in both languages: no raw placeholder ever reaches anybody, and no fact is missing."""

import re
from string import Formatter

import pytest

from raincheck.cancellations.actions import reject, withdraw
from raincheck.cancellations.clocks import run_clock
from raincheck.cancellations.hearing import vendor_said
from raincheck.cancellations.outcomes import Word
from raincheck.core.actor import Actor
from raincheck.notifications import words
from raincheck.notifications.catalogue import SIGN_IN_CODE, TEXTS
from raincheck.notifications.models import Message
from raincheck.notifications.recipients import CANCELLED_TOGETHER, REMINDER, TABLE
from raincheck.recruiting.models import Progress
from raincheck.worklist.actions import Need, open_task
from raincheck.worklist.models import Kind
from tests.flows.test_calendars import book
from tests.world import World

LANGUAGES = ("zh-hans", "en")
TIMES = {
    "kind": "slot",
    "precision": "minute",
    "starts_at": "2030-03-10T06:30:00+00:00",
    "ends_at": "2030-03-10T07:10:00+00:00",
}
BOTH = {"zh": "词", "en": "word"}
FULL = {
    **dict.fromkeys(("company", "candidate", "position", "link", "contact", "about", "colleague"), "某"),
    **dict.fromkeys(("reason", "initiator", "decision", "pool_note", "link_note", "task", "left"), BOTH),
    **dict.fromkeys(("count", "positions", "tasks"), 25),
    "list": [{"who": "某", **TIMES}, {"who": "某", **TIMES}],
    "when": TIMES,
    "before": TIMES,
    "due": {"instant": TIMES["starts_at"]},
}


def message(template, language="zh-hans", zone="Asia/Shanghai", **params):
    """Return an unsaved message."""
    return Message(template=template, language=language, timezone=zone, params=params)


def wanted(text):
    """Return the facts a text asks for."""
    parts = f"{text.title}{text.body}{text.sms}"
    return {name for _, name, _, _ in Formatter().parse(parts) if name}


def render(one):
    """Return a message in the product's own words."""
    return words.Words().say(one)


def said(rendered):
    return f"{rendered.title}\n{rendered.body}\n{rendered.sms}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEXTS)
def test_every_template_is_said_whole_and_in_its_language(template, language):
    rendered = render(message(template, language, **FULL))
    assert not re.search(r"[{}]|None", said(rendered))
    assert bool(re.search(r"[\u4e00-\u9fff]", rendered.title.replace("某", "").replace("词", ""))) is (
        language != "en"
    )
    assert "\n" not in rendered.title + rendered.sms
    assert ("word" in said(rendered)) <= (language == "en")


@pytest.mark.parametrize("template", TEXTS)
def test_a_missing_fact_is_a_bug_caught_before_sending(template):
    for language, text in zip(LANGUAGES, (TEXTS[template].zh, TEXTS[template].en), strict=True):
        for fact in wanted(text):
            facts = {name: value for name, value in FULL.items() if name != fact}
            with pytest.raises(words.WordsMissing, match=fact):
                render(message(template, language, **facts))


def test_both_languages_speak_of_the_same_things():
    for name, both in TEXTS.items():
        assert wanted(both.zh) == wanted(both.en), name


def test_many_interviews_are_said_a_line_each_in_the_readers_zone():
    rendered = render(message("staff_digest_cancelled", "en", "America/New_York", **FULL))
    line = "· 某, Sun 10 Mar 2030 01:30–03:10 (America/New_York, UTC-05:00)"
    assert f"\n\n{line}\n{line}\n\n" in rendered.body


def test_an_unknown_template_is_a_bug_too():
    with pytest.raises(words.WordsMissing, match="no_such"):
        render(message("no_such", **FULL))


def test_every_line_of_the_table_has_words_and_all_words_are_of_use():
    assert {line.template for lines in TABLE.values() for line in lines} == set(TEXTS)
    assert set(SIGN_IN_CODE) == set(LANGUAGES)


def test_a_fact_that_holds_braces_is_said_as_it_is():
    rendered = render(message("staff_task", **{**FULL, "about": "{candidate} {0} %s"}))
    assert "{candidate} {0} %s" in rendered.body


@pytest.mark.parametrize(
    ("language", "zone", "expected"),
    [
        ("zh-hans", "Asia/Shanghai", "2030年3月10日(周日) 14:30–15:10(北京时间)"),
        ("zh-hans", "America/New_York", "2030年3月10日(周日) 01:30–03:10(America/New_York, UTC-05:00)"),
        ("en", "America/New_York", "Sun 10 Mar 2030 01:30–03:10 (America/New_York, UTC-05:00)"),
        ("en", "Asia/Shanghai", "Sun 10 Mar 2030 14:30–15:10 (Asia/Shanghai, UTC+08:00)"),
    ],
)
def test_a_time_is_said_in_the_readers_zone_even_when_the_clocks_change(language, zone, expected):
    assert expected in render(message("candidate_withdrawn", language, zone, **FULL)).body


@pytest.mark.parametrize(
    ("precision", "zh", "en"),
    [
        (
            "minute",
            "2030年3月10日(周日) 15:10(北京时间)前",
            "until Sun 10 Mar 2030 15:10 (Asia/Shanghai, UTC+08:00)",
        ),
        ("day", "2030年3月10日(周日)", "Sun 10 Mar 2030"),
    ],
)
def test_a_window_is_said_by_its_deadline(precision, zh, en):
    facts = {**FULL, "when": {**TIMES, "kind": "window", "precision": precision}}
    for language, expected in (("zh-hans", zh), ("en", en)):
        body = render(message("candidate_withdrawn", language, **facts)).body
        assert expected in body
        assert ("15:10" in body) is (precision == "minute")


def live_through_everything(here: World) -> None:
    """Let happen, in one company, every deed that people are told of."""
    hr, system = here.actor(), Actor.system(here.company.id)
    book(here, days=9)
    here.ask(here.book(hours=100))
    here.ask(here.book(hours=101), actor=hr, reason="position_filled")
    unheard = here.ask(here.book(hours=102), actor=hr, reason="position_filled")
    begun = here.ask(here.book(hours=103))
    begun_unheard = here.ask(here.book(hours=104), actor=hr, reason="position_filled")
    rejected, withdrawn, ended, escalated = (here.ask(here.book(hours=hours)) for hours in (3, 4, 5, 6))
    with here.scope() as now:
        reject(cancellation_id=rejected.id, actor=hr, decision_note="请按时参加", now=now)
        withdraw(cancellation_id=withdrawn.id, actor=here.as_candidate(), now=now)
        run_clock(cancellation_id=escalated.id, actor=system, now=escalated.due_at)
        word = Word("submitted", Progress.SUBMITTED, version=99, said_at=now)
        vendor_said(interview_id=ended.interview_id, word=word, actor=system, now=now)
        vendor_said(interview_id=unheard.interview_id, word=word, actor=system, now=now)
        in_it = Word("in_progress", Progress.PARTLY_RECORDED, version=99, said_at=now)
        for cancellation in (begun, begun_unheard):
            vendor_said(interview_id=cancellation.interview_id, word=in_it, actor=system, now=now)
        need = Need(Kind.VENDOR_PENDING, "interview", ended.interview_id, ended.interview_id)
        open_task(need=need, actor=system, now=now)
        house = Need(Kind.JOB_FAILED, "job", here.company.id, details={"job": "x", "count": 1, "jobs": [0]})
        open_task(need=house, actor=system, now=now)


def decide_about_data(world):
    """Have HR decide every kind of request that a candidate makes about their own data."""
    from raincheck.archive import data_requests
    from raincheck.archive.holds import place

    asker = world.add_candidate()
    with world.scope() as now:
        for kind, agreed in (("copy", False), ("copy", True), ("erasure", True)):
            asked = data_requests.ask(actor=world.as_candidate(asker), kind=kind, now=now)
            if agreed:
                data_requests.grant(request_id=asked.id, actor=world.actor(), now=now)
            else:
                data_requests.decline(request_id=asked.id, actor=world.actor(), answer="示例", now=now)
    kept = world.add_candidate()
    with world.scope() as now:
        asked = data_requests.ask(actor=world.as_candidate(kept), kind="erasure", now=now)
        data_requests.grant(request_id=asked.id, actor=world.actor(), now=now)
        place(candidate_id=kept.id, why="示例", actor=world.actor("hr_manager"), now=now)
        data_requests.carry_out(request_id=asked.id, actor=Actor.system(world.company.id), now=now)


def test_every_deed_that_is_told_brings_all_the_facts_its_words_need(here, outbox, drain):
    from datetime import timedelta

    from raincheck.cancellations.rebooking import restore
    from raincheck.recruiting.actions import Times, reschedule
    from raincheck.staffing.leaving import hand_over

    live_through_everything(here)
    cancelled = here.ask(here.book(hours=150))
    drain()
    moved = here.book(hours=200)
    with here.scope() as now:
        later = moved.starts_at + timedelta(days=1)
        times = Times("slot", later, later + timedelta(hours=1))
        reschedule(interview_id=moved.id, times=times, actor=here.actor(), now=now)
        restore(cancellation_id=cancelled.id, actor=here.actor(), now=now)
    decide_about_data(here)
    drain()
    with here.scope() as now:
        here.put(here.position, owner=here.staff["interviewer"])
        leaver, heir = here.staff["interviewer"].id, here.staff["recruiter"].id
        hand_over(actor=here.actor("company_admin"), staff_id=leaver, to_id=heir, now=now)
    drain()
    with here.scope():
        told = list(Message.objects.all())
    # Told by the clock and by a batch; their own tests live through those.
    assert {one.event for one in told} == set(TABLE) - {REMINDER, CANCELLED_TOGETHER}
    for one in told:
        for language in LANGUAGES:
            one.language = language
            assert not re.search(r"[{}]|None", said(render(one))), one.event
    assert {one.state for one in told} == {"sent"}
    assert not any("{" in str(letter) for mail in outbox.mail() for letter in (mail["subject"], mail["text"]))
