"""Files of candidates, positions, applications and past cancellations, told as an operator types it."""

import json
from datetime import UTC, datetime

import pytest
from django.conf import settings

from raincheck import forgetting
from raincheck.accounts.identities import open_contacts
from raincheck.archive.erasing import erase_candidate
from raincheck.archive.models import HistoryRecord, TalentProfile
from raincheck.audit.models import Entry
from raincheck.cancellations.models import Cancellation, State
from raincheck.core.actor import Actor
from raincheck.core.crypto import DataKey
from raincheck.migration.exports.reading import Lying
from raincheck.migration.exports.restoring import restore
from raincheck.migration.files import source
from raincheck.migration.files.source import Source
from raincheck.migration.files.tables import Reading, open_table
from raincheck.migration.kinds.candidates import CandidateKeeper
from raincheck.migration.kinds.loading import KindLoading
from raincheck.migration.loading.originals import open_original
from raincheck.migration.models import BroughtRow, ImportRun
from raincheck.migration.refusals import KindNotSure
from raincheck.migration.rollback.models import Batch
from raincheck.migration.rollback.refusals import NewerChanges
from raincheck.migration.rollback.undoing import roll_back
from raincheck.migration.rows.survey import Wishes, study
from raincheck.recruiting.models import Application, Candidate, Department, Interview, Position
from raincheck.worklist.models import Task
from tests.flows.importing import everything, rejected, scope, warned
from tests.flows.test_export import sheets_of, take
from tests.flows.test_rollback import content

CANDIDATES = """\
候选人编号,姓名,手机号,邮箱,毕业院校,当前职位,备注
C-1,示例甲,13800000001,jia@example.com,示例大学,会计三年,内推
C-2,示例乙,13800000002,,,,
C-3,示例丙,13800000003,bing@example.com,示例学院,,
"""
POSITIONS = """\
职位名称,所属部门,职位状态,招聘负责人,编制
会计,财务部,招聘中,,2
后端,研发部,暂停,,1
前端,研发部,已关闭,,1
"""
APPLICATIONS = """\
候选人编号,姓名,手机号,应聘职位,投递时间,渠道,当前阶段
C-1,示例甲,13800000001,会计,2026-01-05 10:00,校园招聘,面试
C-2,示例乙,13800000002,后端,2026-01-06 10:00,内推,淘汰
C-4,示例丁,13800000004,后端,2026-01-07 10:00,内推,已录用
"""
INTERVIEWS = """\
候选人编号,姓名,手机号,应聘职位,部门,面试时间,面试状态
C-1,示例甲,13800000001,会计,财务部,2026-02-03 14:00,待面试
C-2,示例乙,13800000002,后端,研发部,2026-02-04 14:00,待面试
"""
CANCELLATIONS = """\
候选人编号,姓名,应聘职位,原面试时间,取消时间,取消原因,取消方,处理结果
C-1,示例甲,会计,2026-02-03 14:00,2026-02-02 09:30,发烧住院了,候选人,已同意
C-2,示例乙,后端,2026-02-04 14:00,2026-02-03 08:00,时间冲突,候选人,已驳回
C-9,示例壬,后端,2026-02-04 14:00,2026-02-03 08:00,时间冲突,候选人,已同意
C-2,示例乙,后端,2026-02-05 14:00,2026-02-03 08:00,时间冲突,候选人,已同意
"""
ALL = (CANDIDATES, POSITIONS, APPLICATIONS, INTERVIEWS, CANCELLATIONS)


@pytest.fixture
def bring(brought):
    return lambda text, *more, **how: brought(text, *more, tz="Asia/Shanghai", **how)


def undo(batch):
    with scope() as now:
        return roll_back(batch_id=batch.id, actor=Actor.system(batch.company_id), now=now)


def test_a_company_moves_in_kind_by_kind_and_nothing_is_doubled_by_doing_it_again(bring, superuser):
    said = [bring(text) for text in ALL]
    assert [one["loaded"] for one in said] == [3, 3, 3, 2, 2]
    assert ["kind" in warned(one) for one in said] == [True, True, True, False, True]
    with scope():
        assert (Candidate.objects.count(), Position.objects.count(), Application.objects.count()) == (4, 3, 3)
        assert (Interview.objects.count(), Cancellation.objects.count(), HistoryRecord.objects.count()) == (
            2,
            2,
            1,
        )
    before = everything(superuser)
    again = [bring(text) for text in ALL]
    assert [one["unchanged"] for one in again] == [3, 3, 3, 2, 2]
    assert [one["loaded"] for one in again] == [0] * 5
    assert everything(superuser) == before


@pytest.mark.parametrize("heading", ["结果", "最终结果", "审核状态", "审批状态"])
def test_what_became_of_a_request_is_known_by_each_usual_heading(bring, heading):
    bring(INTERVIEWS)
    bring(_of_one_turned_down(heading))
    with scope():
        assert Cancellation.objects.get().state == State.REJECTED


def test_a_column_of_nothing_but_outcomes_is_asked_about_whatever_its_heading(bring):
    """Left aside, it would have an interview called off whose cancelling was turned down."""
    bring(INTERVIEWS)
    refused = bring(_of_one_turned_down("备查"), status=1)
    assert refused["error"] == "not_sure"
    assert "--map '#7=outcome'" in refused["message"]
    bring(_of_one_turned_down("备查"), "--map", "#7=outcome")
    with scope():
        assert Cancellation.objects.get().state == State.REJECTED


def test_where_a_list_is_plainly_of_a_kind_only_its_doubtful_column_is_asked_about(bring):
    text = "姓名,学校,班主任电话,邮箱,证件号\n" + "".join(
        f"示例{n},示例大学,1370000000{n},p{n}@example.com,\n" for n in range(4)
    )
    refused = bring(text, status=1)
    assert refused["error"] == "not_sure"
    assert "--map '#3=phone'" in refused["message"]
    said = bring(text, "--map", "#3=-")
    assert (said["kind"], said["loaded"]) == ("candidates", 4)


def _of_one_turned_down(heading):
    first = f"候选人编号,姓名,应聘职位,原面试时间,取消时间,取消方,{heading}"
    return f"{first}\nC-2,示例乙,后端,2026-02-04 14:00,2026-02-03 08:00,候选人,已驳回\n"


@pytest.mark.parametrize("text", [CANDIDATES, POSITIONS, APPLICATIONS])
def test_a_dry_run_says_the_same_and_changes_nothing(bring, superuser, text):
    before = everything(superuser)
    dry = bring(text, way="--dry-run")
    assert everything(superuser) == before
    real = bring(text)
    assert {**dry, "rejections_file": ""} == {**real, "rejections_file": ""}


def test_a_candidate_comes_with_contacts_school_and_line_of_the_cv_and_every_cell_is_kept_sealed(bring):
    bring(CANDIDATES)
    with scope():
        one = Candidate.objects.select_related("identity").get(name="示例甲")
        assert (one.school, one.headline) == ("示例大学", "会计三年")
        contacts = open_contacts(one.identity)
        assert (contacts.phone, contacts.email) == ("+8613800000001", "jia@example.com")
        row = BroughtRow.objects.get(candidate=one)
        key = DataKey.unwrap(one.identity_id, one.identity.data_key)
        assert ["备注", "内推"] in json.loads(open_original(row.id, key, row.original_sealed))
        assert (row.kind, row.number, row.subject_id, row.made) == ("candidates", 2, one.id, True)


def test_of_somebody_known_only_what_is_empty_is_filled_in(bring):
    bring("候选人编号,姓名,岗位,面试时间,状态\nC-1,示例甲,会计,2026-02-03 14:00,已完成\n")
    said = bring(CANDIDATES)
    assert said["loaded"] == 3
    later = "候选人编号,姓名,手机号,邮箱,毕业院校\nC-1,示例甲,13800000001,other@example.com,别的大学\n"
    said = bring(later)
    assert {"school_kept", "other_contacts_kept"} <= warned(said).keys()
    with scope():
        one = Candidate.objects.select_related("identity").get(name="示例甲")
        contacts = open_contacts(one.identity)
        assert (one.school, contacts.phone, contacts.email) == (
            "示例大学",
            "+8613800000001",
            "jia@example.com",
        )
        assert Candidate.objects.count() == 3
    assert bring(CANDIDATES + "C-1,示例庚,,,,,\n", status=0)["rejected"] == 1


def test_another_line_of_the_cv_of_somebody_known_is_left_aside_and_that_is_said(bring):
    head = "姓名,手机号,邮箱,毕业院校,当前职位\n示例甲,13700000001,jia@example.com,复旦大学,{}\n"
    assert "headline_kept" not in warned(bring(head.format("工程师")))
    assert "row 2" in warned(bring(head.format("架构师")))["headline_kept"]
    with scope():
        assert Candidate.objects.get().headline == "工程师"


def test_positions_have_state_owner_and_department(bring, here):
    email = here.staff["recruiter"].email
    text = f"职位名称,所属部门,职位状态,招聘负责人\n会计,财务部,暂停,{email}\n出纳,财务部,,不在册的人\n后端,,草稿,\n"
    said = bring(text, company=here.company.slug)
    assert rejected(said) == {4: ("职位状态", "草稿", "unknown_word")}
    assert "owner_unknown" in warned(said)
    with here.scope():
        told = Position.objects.filter(department__name="财务部").order_by("title")
        assert [(p.title, p.state, p.owner_id) for p in told] == [
            ("会计", "frozen", here.staff["recruiter"].id),
            ("出纳", "open", None),
        ]
        row = BroughtRow.objects.get(subject_id=told[0].id)
        key = DataKey.unwrap(row.id, row.data_key)
        assert ["职位状态", "暂停"] in json.loads(open_original(row.id, key, row.original_sealed))


def test_a_position_somebody_looks_after_or_with_interviews_ahead_is_not_closed_by_a_file(
    bring, here, interview
):
    with here.scope():
        title, department = here.position.title, here.department.name
        Position.objects.filter(id=here.position.id).update(owner=None)
    text = f"职位名称,所属部门,职位状态,招聘负责人\n{title},{department},已关闭,\n"
    said = bring(text, company=here.company.slug, status=1)
    assert rejected(said) == {2: ("职位状态", "已关闭", "interviews_ahead")}
    with here.scope():
        Position.objects.filter(id=here.position.id).update(owner=here.staff["recruiter"])
    said = bring(text, company=here.company.slug, status=1)
    assert rejected(said) == {2: ("职位状态", "已关闭", "changed_since")}


def test_an_application_says_where_it_stands_by_which_channel_and_since_when(bring):
    said = bring(POSITIONS + "会计,分公司,招聘中,,1\n") and bring(APPLICATIONS)
    assert rejected(said) == {2: ("应聘职位", "会计", "which_position")}
    with scope():
        one = Application.objects.select_related("position__department").get(candidate__name="示例乙")
        assert (one.state, one.source) == ("declined", "内推")
        assert one.applied_at == datetime(2026, 1, 6, 2, tzinfo=UTC)
        assert one.position.department.name == "研发部"
        assert not Candidate.objects.filter(name="示例甲").exists()


@pytest.mark.parametrize(
    ("stage", "code"),
    [
        ("人才库", "pool_consent_missing"),
        ("第七关", "unknown_word"),
        ("已录用", "move_forbidden"),
        ("面试", None),
    ],
)
def test_an_application_that_is_here_moves_only_where_it_may(bring, stage, code):
    head = "候选人编号,姓名,应聘职位,投递时间,当前阶段\n"
    bring(f"{head}C-1,示例甲,会计,2026-01-05,已投递\n")
    said = bring(
        f"{head}C-1,示例甲,会计,2026-01-05,{stage}\n", "--kind", "applications", status=1 if code else 0
    )
    if code:
        assert rejected(said) == {2: ("当前阶段", stage, code)}
    with scope():
        assert Application.objects.get().state == ("applied" if code else "interviewing")
        moves = Entry.objects.filter(action="application.changed")
        assert [entry.facts["after"] for entry in moves] == ([] if code else ["interviewing"])


def test_of_two_rows_of_one_application_the_later_moves_it_and_another_date_is_rejected(bring):
    head = "候选人编号,姓名,应聘职位,投递时间,当前阶段\n"
    said = bring(
        f"{head}C-1,示例甲,会计,2026-01-05,已投递\nC-1,示例甲,会计,2026-01-05,淘汰\nC-1,示例甲,会计,2026-03-05,淘汰\n"
    )
    assert rejected(said) == {4: ("投递时间", "2026-03-05", "changed_since")}
    with scope():
        assert Application.objects.get().state == "declined"
        assert Entry.objects.get(action="application.changed").facts["before"] == "applied"


def test_interviews_hang_on_the_applications_that_came_before_them(bring):
    bring(CANDIDATES), bring(POSITIONS), bring(APPLICATIONS), bring(INTERVIEWS)
    with scope():
        assert Application.objects.count() == 3
        one = Interview.objects.select_related("application").get(application__candidate__name="示例甲")
        assert (one.application.source, one.state) == ("校园招聘", "expired")


def test_a_cancellation_moves_its_interview_to_the_history_with_who_when_and_why(bring):
    for text in ALL[:4]:
        bring(text)
    said = bring(CANCELLATIONS)
    assert rejected(said) == {
        4: ("姓名", "示例壬", "no_such_candidate"),
        5: ("原面试时间", "2026-02-05 14:00", "other_time"),
    }
    assert "reason_understood" in warned(said)
    with scope():
        done = Cancellation.objects.select_related("reason", "interview__application").get(state="completed")
        assert (done.reason.code, done.initiator, done.channel) == ("health", "candidate", "import")
        assert "发烧住院了" in done.note
        assert done.requested_at == done.completed_at == datetime(2026, 2, 2, 1, 30, tzinfo=UTC)
        assert done.interview.state == "cancelled"
        history = HistoryRecord.objects.get(interview=done.interview)
        assert (history.reason_code, history.cancellation_id) == ("health", done.id)
        assert TalentProfile.objects.filter(candidate_id=history.candidate_id).count() == 1
        assert done.interview.application.state == done.reason.leads_to == "to_rebook"
        refused = Cancellation.objects.select_related("interview").get(state="rejected")
        assert (refused.interview.state, refused.completed_at) == ("expired", None)
        actions = set(Entry.objects.filter(cancellation_id=refused.id).values_list("action", flat=True))
        assert actions == {"cancellation.requested", "cancellation.rejected"}
        assert not Task.objects.exclude(kind="quarantined").exists()


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("C-1,示例甲,会计,2026-02-03,2026-02-02,生病,候选人,待审核", "cancellation_open"),
        ("C-1,示例甲,会计,2026-02-03,2027-02-02,生病,候选人,已同意", "cancelled_in_future"),
        ("C-1,示例甲,会计,2026-02-03,2026-02-02,生病,路人,已同意", "unknown_word"),
        ("C-1,示例甲,出纳,2026-02-03,2026-02-02,生病,候选人,已同意", "no_such_interview"),
        ("C-3,示例丙,会计,2026-02-03,2026-02-02,生病,候选人,已同意", "not_cancellable"),
    ],
)
def test_what_can_not_have_been_cancelled_is_rejected(bring, line, code):
    bring(INTERVIEWS + "C-3,示例丙,,会计,财务部,2026-02-03 15:00,已完成\n")
    said = bring(CANCELLATIONS.splitlines()[0] + "\n" + line + "\n", "--kind", "cancellations", status=1)
    assert [found[2] for found in rejected(said).values()] == [code]
    with scope():
        assert Cancellation.objects.count() == 0


def test_what_was_booked_in_the_product_is_cancelled_there_and_not_by_a_file(bring, here, interview):
    with here.scope():
        who = Candidate.objects.get(id=here.candidate.id)
    at = interview.starts_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    phone = here.phone()
    text = f"姓名,手机号,原面试时间,取消时间,取消原因,处理结果\n{who.name},{phone},{at},2026-01-01 10:00,生病,已取消\n"
    said = bring(text, company=here.company.slug, status=1)
    assert [found[2] for found in rejected(said).values()] == ["booked_here"]
    assert here.fresh(interview).state == "scheduled"


def test_a_row_without_any_id_is_found_by_name_time_and_position_if_that_fits_one_alone(bring):
    head = "姓名,岗位,面试时间,状态\n"
    bring(
        head
        + "示例甲,会计,2026-02-03 14:00,待面试\n示例乙,会计,2026-02-03 14:00,待面试\n示例乙,会计,2026-02-03 14:00,\n"
    )
    told = "姓名,岗位,原面试时间,取消时间,取消原因\n"
    lines = "示例甲,会计,2026-02-03 14:00,2026-02-01,生病\n示例乙,会计,2026-02-03 14:00,2026-02-01,生病\n"
    said = bring(told + lines)
    assert rejected(said) == {3: ("原面试时间", "2026-02-03 14:00", "several_interviews")}
    assert "found_by_name_and_time" in warned(said)


def test_each_batch_is_rolled_back_exactly_the_last_first(bring, superuser):
    def kept():
        # Tasks, and rows that wait for a person, have happened; what was said of a source is true of its next file.
        lasting = ("public.worklist_", "public.migration_quarantinedrow", "public.migration_sourcemapping")
        return {name: told for name, told in content(superuser).items() if not name.startswith(lasting)}

    states = [kept()]
    for text in ALL:
        bring(text)
        states.append(kept())
    with scope():
        batches = list(Batch.objects.order_by("at", "id"))
    with pytest.raises(NewerChanges):
        undo(batches[0])
    for batch, before in zip(reversed(batches), reversed(states[1:-1]), strict=False):
        undo(batch)
        assert kept() == before
    undo(batches[0])
    with scope():
        assert Candidate.objects.count() == Position.objects.count() == Department.objects.count() == 0


def test_a_kind_that_is_said_is_remembered_for_the_next_file_of_these_headings(bring):
    head = "姓名,手机号,应聘职位\n"
    assert bring(f"{head}示例甲,13800000001,会计\n", status=1)["error"] == "kind_not_sure"
    assert bring(f"{head}示例甲,13800000001,会计\n", "--kind", "applications")["loaded"] == 1
    said = bring(f"{head}示例乙,13800000002,会计\n")
    assert (said["loaded"], said["kind"]) == (1, "applications")
    assert "columns_remembered" in warned(said)


def test_the_same_row_read_as_another_kind_is_another_row(bring):
    text = "姓名,手机号,应聘职位,投递时间\n示例甲,13800000001,会计,2026-01-05\n"
    assert bring(text)["loaded"] == 1
    assert bring(text, "--kind", "candidates")["loaded"] == 1


def test_a_row_twice_in_one_file_is_loaded_once(bring):
    said = bring(CANDIDATES + CANDIDATES.splitlines()[1] + "\n")
    assert (said["loaded"], said["unchanged"]) == (3, 1)
    assert "same_row_twice" in warned(said)


def test_a_part_whose_stored_rows_differ_from_what_was_read_is_undone(bring, superuser, monkeypatch):
    before = everything(superuser)
    monkeypatch.setattr(CandidateKeeper, "plain", lambda *_: ("another",))
    assert bring(CANDIDATES, status=1)["error"] == "check_failed"
    assert everything(superuser) == before


def test_erasing_a_candidate_empties_what_their_rows_said(bring):
    bring(CANDIDATES)
    with scope() as now:
        one = Candidate.objects.get(name="示例甲")
        erase_candidate(candidate_id=one.id, actor=Actor.system(one.company_id), now=now)
    forgetting.forget(company_id=str(one.company_id), candidate_id=str(one.id))
    with scope():
        row = BroughtRow.objects.get(candidate=one)
        identity = Candidate.objects.select_related("identity").get(id=one.id).identity
        assert identity.data_key is None
        assert b"jia@example.com" not in bytes(row.original_sealed)
    assert bring(CANDIDATES)["unchanged"] == 3


def test_what_came_in_goes_out_and_in_elsewhere_and_is_known_there(bring, here, leave, tmp_path, monkeypatch):
    slug = here.company.slug
    for text in ALL:
        bring(text, company=slug)
    first = take(here, tmp_path / "first")
    assert first["jsonl/migration_broughtrow.jsonl"].count(b"\n") == 11
    leave()
    monkeypatch.setattr(settings, "RAINCHECK_MASTER_KEYS", (b"another installation's master ke",))
    restore(Lying(tmp_path / "first"))
    assert sheets_of(take(here, tmp_path / "again")) == sheets_of(first)
    for text, known in zip(ALL[:2], (3, 3), strict=True):
        assert bring(text, company=slug)["unchanged"] == known


def test_a_run_that_was_broken_off_is_gone_on_with(bring, monkeypatch):
    monkeypatch.setattr(source, "PART", 1)
    whole = KindLoading.load

    def broken(loading, part, **others):
        if part.first > 2:
            raise RuntimeError
        whole(loading, part, **others)

    with monkeypatch.context() as breaking:
        breaking.setattr(KindLoading, "load", broken)
        assert bring(CANDIDATES, status=1)["error"] == "unexpected_failure"
    with scope():
        assert (ImportRun.objects.get().position, Candidate.objects.count()) == (2, 1)
    assert bring(CANDIDATES)["loaded"] == 3
    with scope():
        assert (ImportRun.objects.get().state, Candidate.objects.count()) == ("done", 3)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (CANDIDATES, "candidates"),
        (POSITIONS, "positions"),
        (APPLICATIONS, "applications"),
        (INTERVIEWS, "interviews"),
        (CANCELLATIONS, "cancellations"),
        ("name,email,phone,university\nPerson A,a@example.com,+8613800000001,PKU\n", "candidates"),
        ("job title,department,status\nAccountant,Finance,open\n", "positions"),
        ("applicant,email,job,applied at\nPerson A,a@example.com,Accountant,2026-01-05\n", "applications"),
        (
            "姓名,岗位,面试时间,取消时间,取消原因\n示例甲,会计,2026-02-03 14:00,2026-02-01,生病\n",
            "cancellations",
        ),
        # A list of interviews stays one, whatever else it tells.
        (
            "姓名,岗位,面试时间,原面试时间,状态\n示例甲,会计,2026-02-03 14:00,2026-02-01 14:00,待面试\n",
            "interviews",
        ),
        (
            "姓名,岗位,面试时间,原面试时间,原因\n示例甲,会计,2026-02-03 14:00,2026-02-01 14:00,改期\n",
            "interviews",
        ),
        (
            "姓名,岗位,面试时间,状态,取消时间,取消原因\n示例甲,会计,2026-02-03 14:00,已取消,2026-02-01,生病\n",
            "interviews",
        ),
        ("姓名,手机号,应聘职位\n示例甲,13800000001,会计\n", None),
        ("姓名,毕业院校\n示例甲,示例大学\n", None),
        ("岗位\n会计\n", None),
        ("姓名,手机号,原面试时间,原因\n示例甲,13800000001,2026-02-01 14:00,改期\n", None),
    ],
)
def test_a_kind_is_recognised_or_asked_about(tmp_path, text, kind):
    (tmp_path / "list.csv").write_text(text)
    with Source.open(tmp_path / "list.csv") as opened:
        table = open_table(opened, Reading())
        if kind is None:
            with pytest.raises(KindNotSure, match="--kind"):
                study(table, Wishes())
        else:
            assert study(table, Wishes()).kind == kind
