"""What a list says beside its interviews: who held them, under which link, and how what was scored."""

import json
from decimal import Decimal

import pytest
from django.db import connection

from raincheck.archive.models import HistoryRecord, ProfileEntry
from raincheck.audit.catalogue import Action
from raincheck.audit.models import Entry
from raincheck.migration.loading import beside
from raincheck.migration.rollback.models import Batch
from raincheck.migration.rollback.undoing import roll_back
from raincheck.recruiting.models import Assessment, Candidate, Interview, Interviewer
from tests import people
from tests.flows.importing import warned
from tests.flows.test_rollback import content
from tests.flows.uploading import ZONE, form_of, sent

HEAD = "姓名,手机号,岗位,面试时间,面试结束时间,状态,面试官,面试链接,AI评分（满分100）,沟通能力\n"
PAST = "2026-03-02 10:00,2026-03-02 10:30"
AHEAD = "2031-03-02 10:00,2031-03-02 10:30"
LINK = "https://meet.example.com/a?b=1"


def one(here, name="示例甲"):
    with here.scope():
        return Interview.objects.get(application__candidate__name=name)


def panel(here, name="示例甲"):
    with here.scope():
        seats = Interviewer.objects.filter(interview__application__candidate__name=name)
        return sorted(seats.values_list("staff__name", flat=True))


def scores(here, name="示例甲"):
    with here.scope():
        found = Assessment.objects.filter(interview__application__candidate__name=name)
        return sorted((f"{s.dimension} {s.score}/{s.max_score}", s.partial) for s in found)


def row(rest, name="示例甲", phone="13800000001", when=PAST, state="已完成"):
    return f"{name},{phone},工程师,{when},{state},{rest}\n"


@pytest.fixture
def load(brought, here):
    """Return a function that loads rows below a heading row."""

    def loaded(*rows, head=HEAD, more=(), **options):
        return brought(head + "".join(rows), *more, company=here.company.slug, tz="Asia/Shanghai", **options)

    return loaded


def test_panel_link_and_scores_of_a_list_stand_at_its_interview(load, here, hr):
    recruiter, interviewer = here.staff["recruiter"], here.staff["interviewer"]
    said = load(row(f"{interviewer.name}、{recruiter.email.upper()},{LINK},87.5,90"))
    assert said["loaded"] == 1
    assert panel(here) == sorted([recruiter.name, interviewer.name])
    assert one(here).vendor_link == LINK
    assert scores(here) == [("AI评分 87.50/100.00", False), ("沟通能力 90.00/100.00", False)]
    page = people.text(hr.get(f"/console/interviews/{one(here).id}/"))
    assert "AI评分" in page
    assert interviewer.name in page
    assert LINK in page.replace("&amp;", "&")
    assert "没有在此建立账号" in page
    assert warned(said).keys().isdisjoint({"panel_unknown", "link_not_loaded", "score_not_loaded"})


def test_scores_of_a_cancelled_interview_go_to_the_history_and_the_profile(load, here, hr):
    load(row(f"{here.staff['interviewer'].name},{LINK},40,", state="已取消"))
    with here.scope():
        history = HistoryRecord.objects.get()
        entry = ProfileEntry.objects.get(kind="assessment")
        moved = Entry.objects.get(action=Action.MOVED)
    assert history.snapshot["assessments"] == [
        {"dimension": "AI评分", "max": "100.00", "partial": True, "score": "40.00"}
    ]
    assert history.snapshot["interviewers"] == [str(here.staff["interviewer"].id)]
    assert entry.data == {"dimension": "AI评分", "score": "40.00", "partial": True}
    assert moved.facts["assessments"] == 1
    page = people.text(hr.get(f"/console/interviews/{one(here).id}/"))
    assert LINK in page
    # Nobody has made it so: the link of an interview that never stood at an account of ours.
    assert "已失效" not in page


def test_what_lies_beside_an_interview_never_costs_the_interview(load, here):
    said = load(
        row("王不是员工,北京三号楼,优秀,150"),
        row(f",{LINK},,", "示例乙", "13800000002"),
        row(f",{LINK},88,77", "示例丙", "13800000003", when=AHEAD, state="待面试"),
        row(",,88,77", "示例丁", "13800000004", state="未到"),
        row(",https://a.example.com/1 https://b.example.com/2,,4/5", "示例戊", "13800000005"),
        head=HEAD.replace("沟通能力", "沟通能力（100分）"),
    )
    assert (said["loaded"], said["rejected"]) == (5, 0)
    told = warned(said)
    assert "row 2" in told["panel_unknown"]
    assert "row 2, 6" in told["link_not_loaded"]
    assert "1 rows" in told["score_not_loaded"]
    assert "row 4, 5" in told["score_of_nothing"]
    assert [scores(here, name) for name in ("示例甲", "示例丙", "示例丁")] == [[], [], []]
    assert scores(here, "示例戊") == [("沟通能力 4.00/5.00", False)]
    assert panel(here) == []


def test_a_link_amid_other_words_is_found(load, here):
    load(row(f",腾讯会议：{LINK}，会议号 123,,"))
    assert one(here).vendor_link == LINK


def test_who_has_left_held_what_is_over_but_not_what_is_to_come(load, here):
    gone = here.staff["interviewer"]
    with here.scope():
        type(gone).objects.filter(id=gone.id).update(is_active=False)
    said = load(
        row(f"{gone.name},,,"),
        row(f"{gone.name},,,", "示例乙", "13800000002", when=AHEAD, state="待面试"),
    )
    assert (panel(here), panel(here, "示例乙")) == ([gone.name], [])
    assert "row 3" in warned(said)["panel_unknown"]


def test_a_name_that_two_colleagues_bear_is_nobodys_and_an_address_beside_it_settles_it(load, here):
    two = here.staff["recruiter"], here.staff["interviewer"]
    with here.scope():
        type(two[0]).objects.filter(id__in=[staff.id for staff in two]).update(name="示例重名")
    head = "姓名,手机号,岗位,面试时间,面试结束时间,状态,面试官,面试官邮箱\n"
    said = load(row("示例重名,"), row(f"示例重名,{two[1].email}", "示例乙", "13800000002"), head=head)
    assert (panel(here), panel(here, "示例乙")) == ([], ["示例重名"])
    assert "1 rows" in warned(said)["panel_unknown"]


def test_scores_whose_full_marks_nobody_can_know_are_asked_about_and_the_answer_is_remembered(load, here):
    head = "姓名,手机号,岗位,面试时间,面试结束时间,状态,综合评分,逻辑\n"
    rows = row("4.5,3"), row("4,5", "示例乙", "13800000002")
    asked = load(*rows, head=head, status=1)
    assert asked["error"] == "not_sure"
    assert "--map '#7=score_5' --map '#8=score_5'" in asked["message"]
    load(*rows, more=("--map", "#7=score_5", "--map", "#8=score_10"), head=head)
    assert scores(here) == [("综合评分 4.50/5.00", False), ("逻辑 3.00/10.00", False)]
    load(row("2,9", "示例丙", "13800000003"), head=head)
    assert scores(here, "示例丙") == [("综合评分 2.00/5.00", False), ("逻辑 9.00/10.00", False)]


def test_columns_of_one_name_below_two_groups_score_two_things(load, here):
    above = "候选人,,岗位,面试,,,初面评分,,复面评分,\n"
    head = above + "姓名,手机号,,面试时间,面试结束时间,状态,沟通,逻辑,沟通,逻辑\n"
    load(row("81,82,83,84"), head=head)
    assert [dimension for dimension, _ in scores(here)] == [
        "初面评分 › 沟通 81.00/100.00",
        "初面评分 › 逻辑 82.00/100.00",
        "复面评分 › 沟通 83.00/100.00",
        "复面评分 › 逻辑 84.00/100.00",
    ]


def test_another_systems_objects_have_their_panel_in_lists(load, here):
    staff = here.staff["interviewer"], here.staff["recruiter"]
    line = {
        "start": {"date_time": "2026-03-02T10:00:00+08:00"},
        "status": "complete",
        "candidate": {"first_name": "Ada", "last_name": "Example"},
        "application": {"candidate_id": 7, "jobs": [{"name": "Engineer"}]},
        "interviewers": [{"id": 1, "name": "X", "email": staff[0].email}, {"id": 2, "name": staff[1].name}],
    }
    load(json.dumps(line), more=("--from", "greenhouse"), head="", name="interviews.jsonl")
    assert panel(here, "Ada Example") == sorted(person.name for person in staff)


def test_a_batch_takes_panel_and_scores_back_and_brings_them_again(load, here, superuser):
    before = content(superuser)
    load(
        row(f"{here.staff['interviewer'].name},{LINK},87,90"),
        row(",,5,", "示例乙", "13800000002", state="已取消"),
    )
    loaded = content(superuser)
    with here.scope() as now:
        undone = roll_back(batch_id=Batch.objects.get().id, actor=here.actor("hr_manager"), now=now)
    assert content(superuser) == before
    with here.scope() as now:
        roll_back(batch_id=undone.batch.id, actor=here.actor("hr_manager"), now=now)
    assert content(superuser) == loaded


@pytest.mark.parametrize(
    "spoiling",
    [
        "UPDATE recruiting_assessment SET score = score - 1",
        "DELETE FROM recruiting_interviewer",
        "UPDATE recruiting_interview SET vendor_link = vendor_link || '/x'",
    ],
)
def test_the_check_afterwards_sees_whatever_of_it_is_not_as_it_was_read(load, here, monkeypatch, spoiling):
    reckon = beside.tally_stored

    def spoilt(**whose):
        with connection.cursor() as cursor:
            cursor.execute(spoiling)
        return reckon(**whose)

    monkeypatch.setattr(beside, "tally_stored", spoilt)
    said = load(row(f"{here.staff['interviewer'].name},{LINK},87,90"), status=1)
    assert said["error"] == "check_failed"
    assert (here.count(Candidate), here.count(Assessment)) == (1, 0)


def test_the_same_file_again_changes_nothing(load, here):
    rows = [row(f"{here.staff['interviewer'].name},{LINK},87,90")]
    load(*rows)
    assert load(*rows)["unchanged"] == 1
    assert (here.count(Interviewer), here.count(Assessment)) == (1, 2)


def test_decimals_are_kept_to_the_second(load, here):
    load(row(",,87.456,100"))
    with here.scope():
        assert sorted(Assessment.objects.values_list("score", flat=True)) == [Decimal("87.46"), Decimal(100)]


def test_on_the_screen_several_columns_may_name_interviewers_and_score(here, hr, drain):
    head = "姓名,手机号,应聘岗位,面试时间,状态,面试官1,面试官2,沟通,综合评分\n"
    names = here.staff["interviewer"].name, here.staff["recruiter"].name
    text = head + f"示例甲,13700000001,工程师,2026-03-02 10:00,已完成,{names[0]},{names[1]},81,4.5\n"
    path = sent(hr, text)
    page = hr.get(path).content.decode()
    form = form_of(page)
    assert [form[f"column-{at}"] for at in range(5, 8)] == ["interviewers", "interviewers", "score_100"]
    assert "看不出满分" in page
    assert form["column-8"] == ""
    answer = hr.post(f"{path}columns/", {**form, "timezone": ZONE, "column-8": "score_5"})
    assert answer.status_code == 302, answer.content.decode()
    drain()
    hr.post(f"{path}load/")
    drain()
    assert panel(here) == sorted(names)
    assert scores(here) == [("沟通 81.00/100.00", False), ("综合评分 4.50/5.00", False)]
