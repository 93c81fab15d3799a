"""The auditor's questions: every filter tells the truth, pages and files agree, and who may ask."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raincheck import cli
from raincheck.accounts.abilities import Ability, reach
from raincheck.accounts.models import Staff
from raincheck.audit.catalogue import Action
from raincheck.cancellations.settling import complete_anyway
from raincheck.insights import paging, words
from raincheck.insights.filters import RequestFilters
from raincheck.insights.paging import Mark, page_at
from raincheck.insights.queries import count_by_outcome, requests
from raincheck.insights.request_rows import request_rows
from raincheck.insights.typed import Typed
from raincheck.migration.rollback.batches import batches
from raincheck.migration.rollback.undoing import roll_back
from raincheck.recruiting.models import Application, Candidate, Interview
from tests import people
from tests.audit import (
    AUDIT,
    EXPORT,
    EXPORT_TRAIL,
    SHANGHAI,
    STORIES,
    TRAIL,
    as_csv,
    everything,
    filtered,
    listed,
    sent,
)
from tests.kept import played_once
from tests.people import text
from tests.trail import rewrite

#: A company that has seen everything, and its cancellations by the candidate's name.
here, told = played_once("told", everything)


# ── the questions ───────────────────────────────────────────────────────────────────────────────────


def test_every_request_is_one_row_and_newest_comes_first(hr, told):
    rows = filtered(hr)
    assert list(rows) == list(STORIES)
    assert {name: row["结果"] for name, row in rows.items()} == STORIES
    assert listed(hr) == list(STORIES)


def test_the_file_says_who_when_why_and_who_reviewed(hr, here, told):
    rows = filtered(hr)
    asked = rows["丁被驳回"]
    at = told["丁被驳回"].requested_at
    assert asked["申请时间"] == at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    assert asked["申请时间（UTC）"] == at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    wanted = {
        "岗位": "数据分析师",
        "部门": "数据平台部",
        "学校": "示例大学",
        "渠道": "内部推荐",
        "发起方": "候选人",
        "发起人": "丁被驳回",
        "申请途径": "候选人自助页面",
        "取消原因": "时间冲突",
        "原因代码": "time_conflict",
        "判定": "HR审核",
        "规则版本": "内置版本",
        "审核人": here.staff["recruiter"].name,
        "审核说明": "请按时参加",
    }
    assert {name: asked[name] for name in wanted} == wanted
    assert asked["审核时间"] == told["丁被驳回"].decided_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    assert rows["甲自动"]["补充说明"] == "学校答辩"
    assert rows["乙由HR"]["发起人"] == here.staff["recruiter"].name
    assert (rows["乙由HR"]["发起方"], rows["乙由HR"]["申请途径"]) == ("HR", "工作台")
    assert float(rows["甲自动"]["用时（秒）"]) == pytest.approx(
        (told["甲自动"].completed_at - told["甲自动"].requested_at).total_seconds()
    )


def test_who_reviewed_is_said_for_every_way_to_decide(hr, here, told):
    reviewed = {name: row["审核人"] for name, row in filtered(hr).items()}
    assert reviewed == {
        "甲自动": "规则直接判定",
        "乙由HR": "规则直接判定",
        "丙获批": here.staff["hr_manager"].name,
        "丁被驳回": here.staff["recruiter"].name,
        "戊撤回": "候选人撤回",
        "己超时": "系统按规则（无人审核）",
        "庚在审": "等待审核",
        "辛被拒": "规则直接判定",
    }


def test_a_refused_request_keeps_what_was_asked_and_why_it_was_refused(hr, told):
    refused = filtered(hr)["辛被拒"]
    wanted = {
        "取消原因": "家中或个人急事",
        "发起方": "候选人",
        "申请途径": "候选人自助页面",
        "判定": "不予受理",
        "判定规则": "面试已提交",
        "规则版本": "内置版本",
        "取消申请编号": "",
        "用时（秒）": "",
    }
    assert {name: refused[name] for name in wanted} == wanted


def test_whose_word_completed_a_mismatch_is_told(hr, here, interview):
    asked = here.ask(interview)
    here.put(asked, mismatch="other_time")
    with here.scope() as now:
        complete_anyway(cancellation_id=asked.id, actor=here.actor(), now=now)
    assert [row["审核人"] for row in filtered(hr).values()] == [here.staff["hr_manager"].name]


def test_school_and_source_stay_what_they_were(hr, here, told):
    with here.scope():
        Candidate.objects.filter(company=here.company).update(school="另一所大学")
        Application.objects.filter(company=here.company).update(source="另一个渠道")
    assert {row["学校"] for row in filtered(hr).values()} == {"示例大学", "海滨学院"}
    assert set(filtered(hr, school="海滨")) == {"乙由HR", "戊撤回"}
    assert filtered(hr, school="另一所") == {}


def test_the_interviews_time_stays_what_it_was(hr, here, told):
    was = filtered(hr)["丁被驳回"]["面试开始"]
    interview = here.fresh(told["丁被驳回"]).interview_id
    with here.scope():
        moved = Interview.objects.get(id=interview)
    here.put(moved, starts_at=moved.starts_at + timedelta(days=3), ends_at=moved.ends_at + timedelta(days=3))
    assert filtered(hr)["丁被驳回"]["面试开始"] == was


# ── the filters, each alone ─────────────────────────────────────────────────────────────────────────

FILTERS = [
    ({"school": "海滨"}, {"乙由HR", "戊撤回"}),
    ({"source": "推荐"}, {"丁被驳回"}),
    ({"candidate": "撤回"}, {"戊撤回"}),
    ({"initiator": "staff"}, {"乙由HR"}),
    ({"initiator": "candidate"}, set(STORIES) - {"乙由HR"}),
    ({"initiator": "company_rule"}, set()),
    ({"reviewer": "rule"}, {"甲自动", "乙由HR", "辛被拒"}),
    ({"reviewer": "system"}, {"己超时"}),
    ({"reviewer": "candidate"}, {"戊撤回"}),
    ({"reviewer": "waiting"}, {"庚在审"}),
    ({"reason": "health"}, {"丙获批"}),
    ({"reason": "emergency"}, {"辛被拒"}),
    ({"outcome": "refused"}, {"辛被拒"}),
    ({"outcome": "in_review"}, {"庚在审"}),
    ({"outcome": "completed"}, {"甲自动", "乙由HR", "丙获批", "己超时"}),
    ({"outcome": "rejected"}, {"丁被驳回"}),
    ({"outcome": "withdrawn"}, {"戊撤回"}),
    ({"outcome": "processing"}, set()),
    ({"to": "2020-01-01"}, set()),
    ({"from": "2020-01-01"}, set(STORIES)),
    ({"from": "2999-01-01"}, set()),
    ({"school": "海滨", "initiator": "candidate"}, {"戊撤回"}),
    ({"outcome": "completed", "reviewer": "system"}, {"己超时"}),
    ({"school": "100%"}, set()),
    ({"school": "_"}, set()),
]


def test_every_filter_lets_through_what_it_says_on_the_page_and_in_the_file(hr, here, told):
    people_and_places = [
        ({"initiator": here.staff["recruiter"].id}, {"乙由HR"}),
        ({"reviewer": here.staff["recruiter"].id}, {"丁被驳回"}),
        ({"reviewer": here.staff["hr_manager"].id}, {"丙获批"}),
        ({"position": here.position.id}, set(STORIES) - {"乙由HR"}),
        ({"department": here.department.id}, set(STORIES) - {"乙由HR"}),
        ({"position": here.company.id}, set()),
    ]
    for typed, expected in [*FILTERS, *people_and_places]:
        assert set(filtered(hr, **typed)) == expected, typed
        assert set(listed(hr, **typed)) == expected, typed


def test_a_request_whose_import_was_rolled_back_is_told_counted_and_found(hr, here, told, tmp_path):
    """The trail keeps it, while cancellation and interview are gone."""
    file = tmp_path / "list.csv"
    file.write_text("姓名,应聘职位,面试时间,状态\n壬回滚,数据分析师,2025-04-06 10:00,已取消\n", "utf-8")
    assert (
        cli.main(["import", str(file), "--company", here.company.slug, "--tz", "Asia/Shanghai", "--yes"]) == 0
    )
    with here.scope() as now:
        roll_back(batch_id=batches(here.actor()).first().id, actor=here.actor(), now=now)
    page = text(hr.get(AUDIT, {"from": ""}))
    assert f"共 {len(STORIES) + 1} 条" in page
    assert re.search(r'已回滚 <span class="num">1<', page)
    assert "壬回滚" not in page
    for row in (filtered(hr)[""], filtered(hr, outcome="rolled_back")[""]):
        assert (row["结果"], row["申请途径"]) == ("已回滚", "文件导入")
    gone = text(hr.get(AUDIT, {"from": "", "outcome": "rolled_back"}))
    assert ("共 1 条" in gone, "/console/interviews/0" in gone) == (True, False)


def test_days_are_those_of_the_readers_zone(hr, here, told):
    with here.scope():
        Staff.objects.filter(id=here.staff["hr_manager"].id).update(timezone="Pacific/Kiritimati")
    zone = ZoneInfo("Pacific/Kiritimati")
    at = told["甲自动"].requested_at.astimezone(zone)
    today, before = at.date().isoformat(), (at.date() - timedelta(days=1)).isoformat()
    kiritimati = as_csv(hr.post(EXPORT, {"format": "csv", "from": today, "to": today}))
    assert "甲自动" in [row["候选人"] for row in kiritimati]
    assert kiritimati[-1]["申请时间 (Pacific/Kiritimati)"] == at.strftime("%Y-%m-%d %H:%M:%S")
    assert as_csv(hr.post(EXPORT, {"format": "csv", "to": before})) == []


def test_the_totals_count_what_is_filtered(hr, told):
    page = text(hr.get(AUDIT, {"school": "示例"}))
    assert "共 6 条" in page
    assert re.search(r'state-completed">已取消 <span class="num">3<', page)
    assert re.search(r'state-expired">未受理 <span class="num">1<', page)
    assert "已撤回 <span" not in page


def test_the_totals_count_all_pages_on_each_of_them(hr, told, monkeypatch):
    monkeypatch.setattr(paging, "PAGE", 3)
    first = text(hr.get(AUDIT))
    older = re.search(r"href=\"\?[^\"]*at=(older_[0-9]+_[0-9a-f]+)", first)[1]
    for page in (first, text(hr.get(AUDIT, {"at": older}))):
        assert "共 8 条" in page
        assert re.search(r'state-completed">已取消 <span class="num">4<', page)


def test_without_days_the_last_thirty_are_shown_and_all_time_is_a_link_away(hr, here, interview, superuser):
    here.ask(interview)
    rewrite(superuser, at="(canonical::jsonb ->> 'at')::bigint - 31 * 86400000000")
    assert here.candidate.name not in text(hr.get(AUDIT))
    assert here.candidate.name in text(hr.get(AUDIT, {"from": ""}))
    assert 'href="?from="' in text(hr.get(AUDIT))


# ── what makes no sense ─────────────────────────────────────────────────────────────────────────────

NONSENSE = {
    "from": "soon",
    "to": "9999-12-31",
    "position": "'",
    "department": "x" * 500,
    "initiator": "nobody",
    "reviewer": "-",
    "outcome": "maybe",
    "school": "长" * 81,
    "at": "older_99999999999999999999999_x",
}


def test_a_filter_that_makes_no_sense_is_ignored_on_the_page_and_says_so(hr, told, subtests):
    for name, typed in NONSENSE.items():
        with subtests.test(name):
            answer = hr.get(AUDIT, {"from": "", name: typed})
            assert answer.status_code == 200
            assert "以下筛选条件无法识别，已忽略" in text(answer)
            assert "甲自动" in text(answer)


def test_but_a_file_that_would_hold_more_than_was_asked_for_is_refused(hr, here, told, subtests):
    for name in sorted(set(NONSENSE) - {"at"}):
        with subtests.test(name):
            answer = hr.post(EXPORT, {"format": "csv", name: NONSENSE[name]})
            assert answer.status_code == 422
            assert "unreadable_filters" in text(answer)
            assert Action.EXPORTED not in here.entries()


def test_an_unknown_format_is_refused(hr, here, told):
    assert hr.post(EXPORT, {"format": "docx"}).status_code == 422
    assert Action.EXPORTED not in here.entries()


# ── pages and files agree, whatever is asked ────────────────────────────────────────────────────────

TYPED = st.fixed_dictionaries(
    {},
    optional={
        "school": st.sampled_from(["", "示例", "海滨", "学院", "%"]),
        "source": st.sampled_from(["", "校园", "内部推荐", "无"]),
        "candidate": st.sampled_from(["", "被", "超时", "甲"]),
        "initiator": st.sampled_from(["", *words.INITIATORS, "hr_manager", "recruiter"]),
        "reviewer": st.sampled_from(["", *words.REVIEWERS, "hr_manager", "recruiter"]),
        "reason": st.sampled_from(["", "time_conflict", "health", "emergency", "none"]),
        "outcome": st.sampled_from(["", *words.OUTCOMES]),
        "position": st.sampled_from(["", "first"]),
    },
)


def test_for_any_filters_file_pages_and_counts_agree(hr, here, told, monkeypatch):
    monkeypatch.setattr(paging, "PAGE", 2)
    ids = {role: str(person.id) for role, person in here.staff.items()} | {"first": str(here.position.id)}

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(TYPED)
    def agree(typed):
        typed = {name: ids.get(value, value) for name, value in typed.items()}
        in_file = list(filtered(hr, **typed))
        assert listed(hr, **typed) == in_file
        filters = RequestFilters.read(Typed(typed, zone=SHANGHAI))
        with here.scope():
            found = requests(here.actor(), filters)
            assert sum(count_by_outcome(found).values()) == found.count() == len(in_file)

    agree()


def test_pages_lead_there_and_back_again_over_one_instant(here, told, monkeypatch, superuser):
    rewrite(superuser, "action LIKE 'cancellation.re%'", at="(extract(epoch FROM now()) * 1000000)::bigint")
    monkeypatch.setattr(paging, "PAGE", 3)
    actor = here.actor()
    with here.scope():
        found = requests(actor, RequestFilters())

        def at(mark):
            return page_at(found, mark, lambda some: request_rows(some, actor))

        pages = [at(None)]
        while pages[-1].older:
            pages.append(at(pages[-1].older))
        back = [pages[-1]]
        while back[-1].newer:
            back.append(at(back[-1].newer))
    names = [[row.candidate for row in page.rows] for page in pages]
    assert [len(page) for page in names] == [3, 3, 2]
    assert [name for page in names for name in page] == list(STORIES)
    assert [[row.candidate for row in page.rows] for page in reversed(back)] == names


def test_a_mark_is_read_as_it_was_written(told):
    at = told["甲自动"].requested_at
    mark = Mark(at, told["甲自动"].id, newer=True)
    assert Mark.read(str(mark)) == mark


# ── who may ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", ["department_viewer", "interviewer"])
def test_who_only_looks_on_has_no_audit(here, told, role):
    client = people.staff_client(here.staff[role])
    for address in (AUDIT, TRAIL):
        assert client.get(address).status_code == 403
    for address in (EXPORT, EXPORT_TRAIL):
        assert client.post(address, {"format": "csv"}).status_code == 403
    assert AUDIT not in text(client.get(reverse("console:home")))


def test_a_recruiter_asks_and_doesnt_export(recruiter, here, told):
    page = text(recruiter.get(AUDIT))
    assert "甲自动" in page
    assert EXPORT not in page
    assert recruiter.post(EXPORT, {"format": "csv"}).status_code == 403
    assert Action.EXPORTED not in here.entries()


def test_an_admin_reads_no_notes_neither_here_nor_in_a_file(here, told):
    admin = people.staff_client(here.staff["company_admin"])
    assert reach(here.actor("company_admin"), Ability.REVIEW_CANCELLATION) is None
    page, whole = text(admin.get(AUDIT)), sent(admin.post(EXPORT, {"format": "csv"})).decode()
    for said in (page, whole):
        assert "甲自动" in said
        assert "学校答辩" not in said
        assert "请按时参加" not in said
    assert "补充说明" not in whole


def test_another_company_finds_none_of_it(other_hr, there, told):
    assert "没有符合条件" in text(other_hr.get(AUDIT, {"from": ""}))
    assert filtered(other_hr) == {}
    trail = as_csv(other_hr.post(EXPORT_TRAIL, {"format": "csv"}))
    assert {row["操作代码"] for row in trail} <= {Action.EXPORTED}
    about = told["甲自动"].interview_id
    assert as_csv(other_hr.post(EXPORT_TRAIL, {"format": "csv", "about": about})) == []
