"""The console: HR decides, books and freezes; department people look. Every story ends in a row and a page."""

import html
import re
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from raincheck.accounts.models import Staff
from raincheck.archive.models import HistoryRecord
from raincheck.audit.catalogue import Action
from raincheck.audit.models import Entry
from raincheck.cancellations.models import Cancellation, Policy, State
from raincheck.console.forms import SkippedMoment, local_instant, wall_clock
from raincheck.core.scope import company_scope
from raincheck.notifications.models import Delivery, Message
from raincheck.recruiting.models import (
    Application,
    Assessment,
    Interview,
    Interviewer,
    InterviewState,
    Position,
    PositionState,
)
from raincheck.worklist.actions import Need, open_task
from raincheck.worklist.models import Kind, Task
from tests.people import candidate_client, staff_client, text

SHANGHAI = ZoneInfo("Asia/Shanghai")


def page(name, row=None):
    """Return a page's address, of one row if given."""
    key = {
        "review": "cancellation_id",
        "task": "task_id",
        "settle": "task_id",
        "profile": "candidate_id",
    }.get(name)
    key = key or ("position_id" if name in {"freeze", "reopen"} else "interview_id")
    return reverse(f"console:{name}", kwargs={key: row.pk} if row is not None else {})


def times(interview, *, days):
    """Return what is typed to move an interview by some days."""
    return {
        "kind": interview.kind,
        "starts_at": wall_clock(interview.starts_at + timedelta(days=days), SHANGHAI),
        "ends_at": wall_clock(interview.ends_at + timedelta(days=days), SHANGHAI),
    }


# ── looking ──────────────────────────────────────────────────────────────────────────────────────


def test_the_list_shows_what_is_coming_and_narrows(hr, interview, here):
    name = interview.application.candidate.name
    assert name in text(hr.get(page("home")))
    assert name in text(
        hr.get(page("home"), {"q": name, "state": "scheduled", "department": here.department.id})
    )
    assert name not in text(hr.get(page("home"), {"q": "没有这个人"}))
    assert name not in text(hr.get(page("home"), {"state": "cancelled"}))
    assert name not in text(hr.get(page("home"), {"from": "2000-01-01", "to": "2000-01-02"}))


def test_nobody_found_ahead_is_looked_for_in_the_past_by_the_same_words(hr, here):
    past = here.book(hours=-72, state="expired")
    name = past.application.candidate.name
    shown = text(hr.get(page("home"), {"q": name}))
    assert "没有符合条件的面试" in shown
    found = re.search(r'href="(\?[^"]*from=[^"]*)"', shown)
    then = text(hr.get(page("home") + html.unescape(found[1])))
    assert page("interview", past) in then
    assert f'value="{name}"' in then


def test_filters_that_make_no_sense_narrow_nothing(hr, interview):
    answer = hr.get(
        page("home"), {"department": "x", "position": "'", "from": "soon", "state": "?", "page": "-4"}
    )
    assert answer.status_code == 200
    assert interview.application.candidate.name in text(answer)


def test_hr_sees_masked_contacts_and_what_can_be_done(hr, here, interview):
    shown = text(hr.get(page("interview", interview)))
    assert "****" in shown
    assert here.phone() not in shown
    assert here.email() not in shown
    assert page("cancel", interview) in shown
    assert page("reschedule", interview) in shown


def test_a_department_viewer_looks_and_has_no_buttons(viewer, interview, here):
    listed, shown = text(viewer.get(page("home"))), text(viewer.get(page("interview", interview)))
    assert interview.application.candidate.name in listed
    assert page("new") not in listed
    assert page("cancel", interview) not in shown
    assert page("reschedule", interview) not in shown
    assert "****" not in shown
    assert viewer.get(page("cancel", interview)).status_code == 403
    assert viewer.post(page("cancel", interview), {"reason": "position_frozen"}).status_code == 403
    assert here.fresh(interview).state == InterviewState.SCHEDULED


def test_a_viewer_reads_the_reason_but_not_the_candidates_words(viewer, hr, here, soon):
    here.ask(soon, note="只说给HR听")
    assert "只说给HR听" in text(hr.get(page("interview", soon)))
    assert "只说给HR听" not in text(viewer.get(page("interview", soon)))


def test_another_companys_interview_is_not_found(other_hr, interview, here):
    for name in ("interview", "timeline", "cancel", "reschedule", "rebook"):
        assert other_hr.get(page(name, interview)).status_code == 404
    assert other_hr.post(page("cancel", interview), {"reason": "time_conflict"}).status_code == 404
    assert here.count(Cancellation) == 0


def test_looking_changes_nothing_but_who_looked_at_somebody_is_known(hr, here, interview):
    before = here.entries()
    for name in ("home", "reviews", "tasks", "messages", "positions", "talent", "rules", "rules_edit", "new"):
        assert hr.get(page(name)).status_code == 200, name
    for name in ("interview", "timeline", "cancel", "reschedule"):
        assert hr.get(page(name, interview)).status_code == 200, name
    assert here.entries() == [*before, "candidate.viewed"]
    assert hr.get(page("restore", interview)).status_code == 405


def test_the_history_tells_time_panel_reason_and_the_dead_link(hr, viewer, here, interview, drain):
    here.ask(interview)
    drain()
    gone = here.fresh(interview)
    shown = text(hr.get(page("interview", gone))).partition("历史记录")[2]
    assert gone.vendor_link in shown
    assert "已失效" in shown
    assert here.staff["interviewer"].name in shown
    assert "时间冲突" in shown
    assert gone.vendor_link not in text(viewer.get(page("interview", gone)))


# ── the timeline ─────────────────────────────────────────────────────────────────────────────────


def test_the_timeline_tells_the_whole_story_in_both_languages(hr, here, interview, drain):
    here.ask(interview, note="学校安排了答辩")
    drain()
    shown = text(hr.get(page("interview", interview)))
    for words in (
        "候选人申请取消",
        "学校安排了答辩",
        "AI面试系统已确认取消",
        "取消完成",
        "调用AI面试系统",
        "已送达",
    ):
        assert words in shown, words
    assert shown.index("候选人申请取消") < shown.index("取消完成")
    assert page("profile", here.candidate) in shown
    english = text(hr.get(page("interview", interview), headers={"accept-language": "en"}))
    assert "Cancellation requested" in english
    assert "申请取消" not in english


def test_a_cancellation_without_an_ai_interview_system_claims_no_word_of_one(hr, here, drain):
    alone = here.book(hours=100, with_vendor=False)
    here.ask(alone)
    drain()
    shown = text(hr.get(page("interview", alone)))
    assert ("无需AI面试系统确认" in shown, "取消完成" in shown) == (True, True)
    assert "AI面试系统已确认取消" not in shown
    english = text(hr.get(page("interview", alone), headers={"accept-language": "en"}))
    assert "No AI interview system had to agree" in english


def test_only_requests_before_this_one_are_called_earlier(hr, here):
    first, second = here.book(hours=100, with_vendor=False), here.book(hours=4, with_vendor=False)
    here.ask(first)
    asked = here.ask(second)
    assert "此前申请" not in text(hr.get(page("interview", first)))
    assert "1 次" in text(hr.get(page("interview", second))).partition("此前申请")[2][:60]
    waiting = text(hr.get("/console/reviews/"))
    assert "此前申请过 1 次" in waiting
    judged = text(hr.get(page("review", asked))).partition("候选人此前的申请")[2]
    assert "时间冲突" in judged
    # A list that was imported later may tell of a request from before.
    with here.scope():
        mine = Cancellation.objects.get(interview=first)
    here.put(asked, requested_at=mine.requested_at - timedelta(days=30))
    assert "1 次" in text(hr.get(page("interview", first))).partition("此前申请")[2][:60]
    assert "首次申请取消" in text(hr.get("/console/reviews/"))
    assert "这是第一次申请取消" in text(hr.get(page("review", asked)))


def test_a_live_timeline_refreshes_itself_and_reloads_the_page_when_it_ends(hr, here, soon, request_review):
    asked = request_review()
    whole = text(hr.get(page("interview", soon)))
    address = whole.split('hx-get="')[1].split('"')[0]
    assert '<noscript><meta http-equiv="refresh"' in whole
    assert "HX-Refresh" not in hr.get(address).headers
    hr.post(page("review", asked), {"decision": "approve"})
    assert hr.get(address).headers["HX-Refresh"] == "true"


# ── cancelling ───────────────────────────────────────────────────────────────────────────────────


def test_hr_cancels_and_everyone_is_told(hr, here, interview, drain):
    answer = hr.post(page("cancel", interview), {"reason": "time_conflict", "note": "会议冲突"}, follow=True)
    assert "取消已开始" in text(answer)
    drain()
    with here.scope():
        cancellation = Cancellation.objects.get(interview=interview)
        assert (cancellation.state, cancellation.initiator, cancellation.channel) == (
            "completed",
            "hr",
            "console",
        )
        assert Message.objects.filter(interview_id=interview.id).exists()
    assert here.fresh(interview).state == InterviewState.CANCELLED
    assert Action.REQUESTED in here.entries(interview=interview)


def test_without_a_reason_the_form_comes_back_with_what_was_typed(hr, here, interview):
    answer = hr.post(page("cancel", interview), {"note": "已写好的说明"})
    assert answer.status_code == 422
    assert "请选择取消原因" in text(answer)
    assert "已写好的说明" in text(answer)
    assert here.count(Cancellation) == 0


@pytest.mark.parametrize("note", ["   ", "长" * 10_000])
def test_a_blank_or_endless_note_is_refused_at_its_field(hr, here, interview, note):
    answer = hr.post(page("cancel", interview), {"reason": "time_conflict", "note": note})
    assert answer.status_code == 422
    assert 'id="note-error"' in text(answer)
    assert here.count(Cancellation) == 0


def test_a_submitted_interview_is_refused_and_the_refusal_is_kept(hr, here):
    done = here.book(hours=1, state="submitted", progress="submitted")
    answer = hr.post(page("cancel", done), {"reason": "time_conflict"})
    assert answer.status_code == 409
    assert "interview_submitted" in text(answer)
    assert here.entries(interview=done) == [Action.REFUSED]


# ── reviewing ────────────────────────────────────────────────────────────────────────────────────


def test_the_inbox_shows_the_clock_and_counts_in_the_navigation(hr, request_review, soon):
    request_review()
    shown = text(hr.get(page("reviews")))
    assert soon.application.candidate.name in shown
    assert 'class="ring' in shown
    assert '<span class="count">1</span>' in shown
    assert "升级给HR经理" in shown
    assert soon.application.candidate.name in text(hr.get(page("reviews_waiting")))


def test_the_reviewer_approves(recruiter, here, request_review, soon, drain):
    asked = request_review()
    assert "如果没有人决定" in text(recruiter.get(page("review", asked)))
    answer = recruiter.post(page("review", asked), {"decision": "approve"}, follow=True)
    assert "已通过" in text(answer)
    decided = here.fresh(asked)
    assert (decided.state, decided.decided_by) == (State.PROCESSING, here.staff["recruiter"].id)
    drain()
    assert here.fresh(asked).state == State.COMPLETED
    assert Action.APPROVED in here.entries(interview=soon)


def test_a_rejection_needs_its_reason_and_then_lets_the_interview_stand(hr, here, request_review, soon):
    asked = request_review()
    refused = hr.post(page("review", asked), {"decision": "reject", "decision_note": " "})
    assert refused.status_code == 422
    assert "请填写驳回理由" in text(refused)
    assert here.fresh(asked).state == State.IN_REVIEW
    hr.post(page("review", asked), {"decision": "reject", "decision_note": "请按时参加"})
    assert here.fresh(asked).state == State.REJECTED
    assert here.fresh(soon).state == InterviewState.SCHEDULED
    assert "请按时参加" in text(hr.get(page("interview", soon)))


def test_deciding_nothing_decides_nothing(hr, here, request_review):
    asked = request_review()
    answer = hr.post(page("review", asked), {"decision": "maybe"})
    assert answer.status_code == 422
    assert "请选择您的决定" in text(answer)
    assert here.fresh(asked).state == State.IN_REVIEW


def test_a_second_reviewer_learns_that_it_is_decided(hr, recruiter, here, request_review):
    asked = request_review()
    hr.post(page("review", asked), {"decision": "reject", "decision_note": "请参加"})
    late = recruiter.post(page("review", asked), {"decision": "approve"})
    assert late.status_code == 409
    assert "not_in_review" in text(late)
    assert here.fresh(asked).state == State.REJECTED


def test_a_mismatch_is_settled_on_the_review_page(hr, here, interview):
    asked = here.ask(interview)
    here.put(asked, mismatch="other_time")
    assert "时间与本平台不同" in text(hr.get(page("reviews")))
    assert "照常完成取消" in text(hr.get(page("review", asked)))
    hr.post(page("review", asked), {"decision": "complete"})
    settled = here.fresh(asked)
    assert (settled.state, settled.agreement) == (State.COMPLETED, "person")
    assert here.count(Task, kind=Kind.REVOKE_BY_HAND, state="open") == 1


def test_a_difference_asks_for_a_decision_only_where_a_request_waits_for_one(hr, here, interview, drain):
    """Where the interview stands there is nothing to complete or reject; what was completed can't be rejected."""
    decide, standing = (
        "请核对后选择照常完成取消",
        make_task(here, interview, Kind.MISMATCH, mismatch="cancelled_there"),
    )
    shown = text(hr.get(page("task", standing)))
    assert (decide in shown, "在此也取消" in shown) == (False, True)
    asked = here.ask(interview)
    here.put(asked, mismatch="unknown")
    with here.scope() as now:
        need = Need(
            Kind.MISMATCH, "cancellation", asked.id, interview.id, details={"mismatch": "unknown"}, tell=False
        )
        stopped = open_task(need=need, actor=here.actor(), now=now)
    shown = text(hr.get(page("task", stopped)))
    assert (decide in shown, page("review", asked) in shown) == (True, True)
    here.put(asked, mismatch="")
    drain()
    assert here.fresh(asked).state == State.COMPLETED
    here.put(stopped, state="open", settled_at=None)
    shown = text(hr.get(page("task", stopped)))
    assert (decide in shown, page("review", asked) in shown) == (False, False)
    assert "在那里撤回" in shown


# ── booking ──────────────────────────────────────────────────────────────────────────────────────


def test_scheduling_makes_one_interview_and_says_so(hr, here, drain):
    candidate = here.add_candidate()
    with here.scope():
        application = Application.objects.get(candidate=candidate)
    assert candidate.name in text(hr.get(page("new"), {"q": candidate.name}))
    booking = {
        "application": str(application.id),
        "kind": "slot",
        "starts_at": "2031-03-04T14:00",
        "ends_at": "2031-03-04T14:40",
        "vendor": str(here.account.id),
        "interviewers": [str(here.staff["interviewer"].id)],
    }
    answer = hr.post(page("new"), booking, follow=True)
    assert "面试已安排" in text(answer)
    drain()
    with here.scope():
        booked = Interview.objects.get(application=application)
        assert booked.starts_at.isoformat() == "2031-03-04T06:00:00+00:00"
        assert booked.vendor_ref
        assert Interviewer.objects.filter(interview=booked).count() == 1
    assert Action.INTERVIEW_SCHEDULED in here.entries(interview=booked)


def test_a_slot_that_is_taken_leaves_nothing_behind(hr, here, interview):
    with here.scope():
        application = Application.objects.get(candidate=here.candidate)
    booking = {"application": str(application.id), **times(interview, days=0)}
    answer = hr.post(page("new"), booking)
    assert answer.status_code == 409
    assert "该时间段已被占用" in text(answer)
    assert here.count(Interview) == 1


def test_booking_without_an_application_or_in_the_past_is_refused_at_the_field(hr, here, interview):
    assert 'id="application-error"' in text(hr.post(page("new"), times(interview, days=1)))
    with here.scope():
        application = Application.objects.get(candidate=here.candidate)
    past = {"application": str(application.id), **times(interview, days=-90)}
    answer = hr.post(page("new"), past)
    assert answer.status_code == 422
    assert 'id="starts_at-error"' in text(answer)
    assert here.count(Interview) == 1


def test_hr_reschedules(hr, here, interview):
    hr.post(page("reschedule", interview), times(interview, days=1))
    moved = here.fresh(interview)
    assert moved.starts_at == (interview.starts_at + timedelta(days=1)).replace(second=0)
    assert moved.sequence == interview.sequence + 1
    assert Action.INTERVIEW_RESCHEDULED in here.entries(interview=interview)
    assert "新时间" in text(hr.get(page("interview", interview)))


def test_a_time_the_clocks_leap_over_is_refused_at_its_field(hr, here, interview):
    with here.scope():
        Staff.objects.filter(id=here.staff["hr_manager"].id).update(timezone="Europe/Berlin")
    typed = {"kind": "slot", "starts_at": "2031-03-30T02:30", "ends_at": "2031-03-30T03:30"}
    answer = hr.post(page("reschedule", interview), typed)
    assert answer.status_code == 422
    assert "并不存在" in text(answer)
    assert here.fresh(interview).starts_at == interview.starts_at


def test_of_a_doubled_hour_the_first_is_meant():
    berlin = ZoneInfo("Europe/Berlin")
    assert local_instant("2031-10-26T02:30", zone=berlin, field="x").hour == 0
    with pytest.raises(SkippedMoment):
        local_instant("2031-03-30T02:30", zone=berlin, field="x")


def test_a_cancelled_interview_is_restored_as_a_new_linked_one(hr, here, interview, drain):
    here.ask(interview)
    drain()
    assert page("restore", interview) in text(hr.get(page("interview", interview)))
    answer = hr.post(page("restore", interview), follow=True)
    assert "恢复为一场新的面试" in text(answer)
    with here.scope():
        new = Interview.objects.get(previous=interview)
        assert (new.state, new.starts_at) == (InterviewState.SCHEDULED, interview.starts_at)
    shown = text(hr.get(page("interview", interview)))
    assert page("interview", new) in shown
    assert page("restore", interview) not in shown
    again = hr.post(page("restore", interview))
    assert again.status_code == 409
    assert here.count(Interview, previous=interview) == 1


def test_rebooking_takes_another_time(hr, here, interview, drain):
    here.ask(interview)
    drain()
    hr.post(page("rebook", interview), times(interview, days=2))
    with here.scope():
        new = Interview.objects.get(previous=interview)
        assert new.starts_at.date() == (interview.starts_at + timedelta(days=2)).date()


def test_an_interviewer_who_has_left_since_stands_in_the_way_of_no_rebooking(hr, here, interview, drain):
    left, stays = here.staff["interviewer"], here.staff["hr_manager"]
    with here.scope():
        Interviewer.objects.create(company=here.company, interview=interview, staff=stays)
    here.ask(interview)
    drain()
    admin = staff_client(here.staff["company_admin"])

    assert admin.post(f"/console/staff/{left.id}/leave/", {"to": stays.id}).status_code == 302
    shown = text(hr.get(page("rebook", interview)))
    assert (left.name in shown, stays.name in shown) == (False, True)
    assert hr.post(page("restore", interview)).status_code == 302
    with here.scope():
        new = Interview.objects.get(previous=interview)
        assert set(new.interviewers.values_list("staff_id", flat=True)) == {stays.id}
        assert set(interview.interviewers.values_list("staff_id", flat=True)) == {left.id, stays.id}


def test_nothing_is_booked_anew_at_an_account_that_was_ended(hr, here, interview, drain):
    here.ask(interview)
    drain()
    here.put(here.account, active=False)
    for answer in (
        hr.get(page("rebook", interview)),
        hr.post(page("rebook", interview), times(interview, days=2)),
        hr.post(page("restore", interview)),
    ):
        assert answer.status_code == 409
        assert "vendor_account_ended" in text(answer)
    assert here.count(Interview) == 1
    here.put(here.account, active=True)
    assert hr.post(page("restore", interview)).status_code == 302


def test_what_was_never_cancelled_cannot_be_restored(hr, here, interview):
    assert hr.post(page("restore", interview)).status_code == 409
    assert here.count(Interview) == 1


def test_an_application_moves_only_with_a_reason_and_only_where_it_may(hr, here, interview):
    application = interview.application
    without = hr.post(page("application", interview), {"to": "pooled", "reason": " "})
    assert without.status_code == 422
    assert "请填写原因" in text(without)
    assert hr.post(page("application", interview), {"to": "applied", "reason": "弄错了"}).status_code == 409
    over = hr.post(page("application", interview), {"to": "pooled", "reason": "以后再联系"})
    assert over.status_code == 409
    assert "该投递仍有未结束的面试" in text(over)
    hr.post(page("application", interview), {"to": "interviewed", "reason": "电话里面过了"})
    assert here.fresh(application).state == "interviewed"
    assert "电话里面过了" in text(hr.get(page("interview", interview)))


def test_an_application_is_not_closed_over_a_request_that_may_yet_be_rejected(hr, here, drain):
    under_review = here.book(hours=5)
    cancellation = here.ask(under_review)
    closed = hr.post(page("application", under_review), {"to": "declined", "reason": "不合适"})
    assert (closed.status_code, "该投递仍有未结束的面试" in text(closed)) == (409, True)
    hr.post(page("review", cancellation), {"decision": "reject", "decision_note": "请按时参加"})
    stands = here.fresh(under_review)
    assert (stands.state, stands.application.state) == ("scheduled", "interviewing")


# ── tasks ────────────────────────────────────────────────────────────────────────────────────────


def make_task(here, interview, kind=Kind.VENDOR_PENDING, **details):
    """Open a task about an interview."""
    with here.scope() as now:
        need = Need(kind, "interview", interview.id, interview.id, details=details, tell=False)
        return open_task(need=need, actor=here.actor(), now=now)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_task_says_what_to_do(hr, here, interview, kind):
    task = make_task(here, interview, kind)
    assert str(kind.label) in text(hr.get(page("tasks")))
    shown = text(hr.get(page("task", task)))
    assert "怎么处理" in shown
    assert page("settle", task) in shown


def test_settling_needs_words_and_then_closes_the_task(hr, here, interview):
    task = make_task(here, interview)
    empty = hr.post(page("settle", task), {"resolution": " "})
    assert empty.status_code == 422
    assert "请填写处理结果" in text(empty)
    hr.post(page("settle", task), {"resolution": "已电话联系"})
    settled = here.fresh(task)
    assert (settled.state, settled.resolution) == ("done", "已电话联系")
    assert "已电话联系" in text(hr.get(page("tasks"), {"state": "done"}))
    assert hr.post(page("settle", task), {"resolution": "又一次"}).status_code == 409
    assert Action.TASK_SETTLED in here.entries(interview=interview)


# ── positions, rules, messages, talent ───────────────────────────────────────────────────────────


def test_freezing_shows_what_it_will_do_and_then_does_it(hr, here, interview, drain):
    preview = text(hr.get(page("freeze", here.position)))
    assert interview.application.candidate.name in preview
    assert here.fresh(here.position).state == PositionState.OPEN
    unticked = hr.post(page("freeze", here.position), {"reason": "position_frozen"})
    assert unticked.status_code == 422
    assert here.fresh(here.position).state == PositionState.OPEN
    hr.post(page("freeze", here.position), {"reason": "position_frozen", "confirmed": "yes"})
    assert here.fresh(here.position).state == PositionState.FROZEN
    drain()
    assert here.fresh(interview).state == InterviewState.CANCELLED
    hr.post(page("reopen", here.position))
    assert here.fresh(here.position).state == PositionState.OPEN
    assert {Action.POSITION_FROZEN, Action.POSITION_REOPENED} <= set(here.entries())


def test_freezing_needs_a_known_reason(hr, here, interview):
    answer = hr.post(page("freeze", here.position), {"reason": "nonsense", "confirmed": "yes"})
    assert answer.status_code == 422
    assert 'id="reason-error"' in text(answer)
    assert here.count(Position, state=PositionState.FROZEN) == 0
    assert here.count(Cancellation) == 0


def test_a_recruiter_sees_positions_but_cannot_freeze(recruiter, here):
    shown = text(recruiter.get(page("positions")))
    assert here.position.title in shown
    assert page("freeze", here.position) not in shown
    assert recruiter.post(page("freeze", here.position), {"reason": "position_frozen"}).status_code == 403


CUSTOM = {
    "preset": "custom",
    "hours": "36",
    "ample": "auto",
    "short": "review",
    "first": "20",
    "then": "reject",
    "second": "10",
    "finally": "approve",
}


def test_custom_rules_become_the_version_in_force(hr, here):
    answer = hr.post(page("rules_edit"), CUSTOM, follow=True)
    shown = text(answer)
    assert "提前36小时及以上" in shown
    assert "20分钟内未决定则自动驳回" in shown
    with here.scope():
        saved = Policy.objects.get(active=True)
        assert (saved.name, saved.saved_by_id) == ("custom", here.staff["hr_manager"].id)
    assert Action.POLICY_SAVED in here.entries()


def test_rules_that_punish_notice_are_refused_naming_both(hr, here):
    before = here.count(Policy)
    answer = hr.post(page("rules_edit"), {**CUSTOM, "ample": "refuse", "short": "auto"})
    assert answer.status_code == 422
    shown = text(answer)
    assert "提前更久，反而更严" in shown
    assert "提前36小时及以上" in shown
    assert "提前不足36小时" in shown
    assert 'value="36"' in shown
    assert here.count(Policy) == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hours", "0"),
        ("hours", "169"),
        ("hours", "１２"),
        ("first", "x"),
        ("finally", "escalate"),
        ("ample", "?"),
    ],
)
def test_numbers_out_of_range_are_refused_at_their_field(hr, here, field, value):
    before = here.count(Policy)
    answer = hr.post(page("rules_edit"), {**CUSTOM, field: value})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in text(answer)
    assert here.count(Policy) == before


def test_a_recruiter_reads_the_rules_but_cannot_change_them(recruiter):
    shown = text(recruiter.get(page("rules")))
    assert "提前不足12小时" in shown
    assert page("rules_edit") not in shown
    assert recruiter.post(page("rules_edit"), CUSTOM).status_code == 403


def test_messages_are_marked_read_by_a_button_only(recruiter, here, request_review, drain):
    request_review()
    drain()
    assert "未读" in text(recruiter.get(page("messages")))
    assert "未读" in text(recruiter.get(page("messages")))
    recruiter.post(page("read"))
    assert "未读" not in text(recruiter.get(page("messages")))
    with here.scope():
        mine = Message.objects.filter(recipient_id=here.staff["recruiter"].id)
        assert mine.exists()
        assert not mine.filter(read_at=None).exists()


def test_a_profile_tells_everything_kept_of_a_candidate(hr, here, interview, drain):
    with here.scope() as now:
        type(here.candidate).objects.filter(id=here.candidate.id).update(pool_consent=True)
        Assessment.objects.create(
            company=here.company,
            interview=interview,
            dimension="沟通表达",
            score=Decimal("7.5"),
            max_score=Decimal(10),
            partial=True,
            scored_at=now,
        )
    here.ask(interview)
    drain()
    assert here.candidate.name in text(hr.get(page("talent"), {"q": "示例大学"}))
    assert here.candidate.name not in text(hr.get(page("talent"), {"q": "没有这所学校"}))
    shown = text(hr.get(page("profile", here.candidate)))
    of = here.position.title
    for words in (
        f"{of} · 沟通表达：7.50分（未完成的面试）",
        f"{of} · 候选人 · 时间冲突",
        "已入人才库",
        "沟通",
    ):
        assert words in shown, words


def test_a_portrait_joins_every_room_on_one_line_and_leads_there_and_back(hr, here, interview, drain):
    second = here.book(hours=200)
    with here.scope() as now:
        Assessment.objects.create(
            company=here.company, interview=second, dimension="逻辑", score=3, max_score=5, scored_at=now
        )
    cancellation = here.ask(interview, reason="health")
    drain()
    shown = text(hr.get(page("profile", here.candidate)))
    with here.scope():
        history = HistoryRecord.objects.get()
        sent = list(Message.objects.filter(recipient_id=here.candidate.identity_id))
    anchors = [f"interview-{interview.id}", f"interview-{second.id}", f"history-{history.id}"]
    anchors += [f"cancellation-{cancellation.id}", *(f"message-{message.id}" for message in sent)]
    assert sent
    for anchor in anchors:
        assert shown.count(f'id="{anchor}"') == 1, anchor
    for words in ("逻辑：3.00分", "校园招聘", "身体", "已入档案", "数据分析师"):
        assert words in shown, words
    for one in (interview, second):
        assert f'href="/console/interviews/{one.id}/"' in shown
        assert f"/console/talent/{here.candidate.id}/#interview-{one.id}" in text(
            hr.get(page("interview", one))
        )
    with here.scope():
        Delivery.objects.all().delete()
        Message.objects.all().delete()
    assert "AI interviews" not in text(
        hr.get(page("profile", here.candidate), headers={"Accept-Language": "en"})
    )
    assert "沟通" in text(hr.get(page("profile", here.candidate)))


def test_what_was_scored_is_named_in_words_where_they_are_known_else_as_it_came(hr, here, interview, drain):
    with here.scope() as now:
        type(here.candidate).objects.filter(id=here.candidate.id).update(pool_consent=True)
        for dimension in ("communication", "fit", "grit <3"):
            Assessment.objects.create(
                company=here.company,
                interview=interview,
                dimension=dimension,
                score=7,
                max_score=10,
                partial=True,
                scored_at=now,
            )
    here.ask(interview)
    drain()
    profile, itself = page("profile", here.candidate), page("interview", interview)
    for path in (profile, itself):
        for language, words in (
            ("zh-hans", ("沟通表达", "岗位匹配", "grit &lt;3")),
            ("en", ("Communication", "Fit for the position", "grit &lt;3")),
        ):
            shown = text(hr.get(path, headers={"Accept-Language": language}))
            assert [word for word in words if word not in shown] == [], path
    # What only the profile still knows is named alike.
    with here.scope():
        Assessment.objects.all().delete()
    assert "沟通表达：7.00分（未完成的面试）" in text(hr.get(profile))
    assert "Communication: 7.00" in text(hr.get(profile, headers={"Accept-Language": "en"}))


def test_a_candidate_who_is_in_no_pool_has_a_portrait_too(hr, here, interview):
    shown = text(hr.get(page("profile", here.candidate)))
    assert "未授权入库" in shown
    assert f'id="interview-{interview.id}"' in shown


# ── the door ─────────────────────────────────────────────────────────────────────────────────────


def test_staff_sign_in_with_their_password(here):
    client = Client()
    with company_scope(here.company.id):
        staff = here.staff["hr_manager"]
        staff.set_password("a-long-demo-password")
        staff.save()
    assert client.get("/console/").headers["Location"].startswith("/staff/login/")
    wrong = client.post("/staff/login/", {"login": staff.email, "password": "nonsense"})
    assert "邮箱或密码不正确" in text(wrong)
    right = client.post("/staff/login/", {"login": staff.email, "password": "a-long-demo-password"})
    assert right.headers["Location"] == "/console/"
    assert client.get("/console/").status_code == 200
    client.post("/staff/logout/")
    assert client.get("/console/").status_code == 302


def test_the_audit_trail_holds_no_name_or_contact(hr, here, interview, drain):
    hr.post(page("cancel", interview), {"reason": "time_conflict", "note": "张三的电话是什么"})
    drain()
    with here.scope():
        facts = str(list(Entry.objects.values_list("facts", flat=True)))
    for secret in (here.candidate.name, here.phone(), here.email(), "张三"):
        assert secret not in facts


def test_an_answer_that_comes_on_another_day_is_announced_with_its_day(hr, here):
    """A clock of a day ends at this very hour: without the day it would have ended already."""
    days = {**CUSTOM, "hours": "168", "first": "1440", "then": "escalate", "second": "1440"}
    assert hr.post(page("rules_edit"), days).status_code == 302
    interview = here.book(hours=150)
    portal = f"/c/{here.company.slug}/interviews/{interview.id}/"
    candidate = candidate_client(here.company, interview.application.candidate)
    foreseen = text(candidate.get(portal))
    now = timezone.localtime(timezone=SHANGHAI)
    final = f"{(now + timedelta(days=2)).day}日"
    assert re.search(rf"最迟 \S*{final} 周. \d\d:\d\d 有结果", foreseen)
    cancellation = here.ask(interview)
    waiting = text(candidate.get(portal))
    assert re.search(rf"预计 \S*日 周. \d\d:\d\d 前答复，最迟 \S*{final} 周. \d\d:\d\d。", waiting)
    here.put(cancellation, requested_at=cancellation.requested_at - timedelta(days=1))
    asked = f"{(now - timedelta(days=1)).day}日"
    assert re.search(rf"申请于 \S*{asked} 周. \d\d:\d\d", text(hr.get(page("reviews"))))


def test_what_waits_costs_no_more_looks_at_the_database_the_more_there_is(hr, here):
    looks = []
    for _ in range(2):
        for _ in range(2):
            interview = here.book(hours=6, candidate=here.add_candidate())
            assert here.ask(interview).state == State.IN_REVIEW
            make_task(here, interview, Kind.QUARANTINED)
        for inbox in ("reviews", "reviews_waiting", "tasks"):
            with CaptureQueriesContext(connection) as asked:
                assert hr.get(page(inbox)).status_code == 200
            looks.append(len(asked))
    assert looks[:3] == looks[3:]
