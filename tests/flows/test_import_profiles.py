"""Exports of other systems, read by their own names: small files of ours in their shapes."""

import json

import pytest

from raincheck.accounts.identities import open_contacts
from raincheck.migration.kinds.speech import SPEECHES
from raincheck.migration.profiles.reading import profile, profiles
from raincheck.recruiting.models import Application, Candidate, Interview, Position
from tests.flows.importing import scope, warned

GREENHOUSE_CANDIDATE = {
    "id": 7001,
    "first_name": "Jia",
    "last_name": "Example",
    "title": "Accountant",
    "phone_numbers": [{"value": "+8613800000001", "type": "mobile"}, {"value": "+8613800000009"}],
    "email_addresses": [{"value": "jia@example.com", "type": "personal"}],
    "educations": [{"school_name": "Peking University", "degree": "Bachelor"}],
    "tags": ["a", "b"],
}
GREENHOUSE_APPLICATION = {
    "id": 8001,
    "candidate": {"id": 7001, "first_name": "Jia", "last_name": "Example"},
    "applied_at": "2026-01-05T02:00:00.000Z",
    "status": "rejected",
    "source": {"public_name": "Jobs page"},
    "jobs": [{"id": 1, "name": "Accountant", "departments": [{"name": "Finance"}]}],
    "rejected_at": "2026-02-05T02:00:00.000Z",
}
LEVER_OPPORTUNITY = {
    "contact": "c-1",
    "name": "Jia Example",
    "emails": ["jia@example.com"],
    "phones": [{"type": "mobile", "value": "+8613800000001"}],
    "origin": "applied",
    "createdAt": 1767578400000,
    "stage": {"id": "s", "text": "Phone Screen"},
    "applications": [{"posting": {"text": "Accountant", "categories": {"department": "Finance"}}}],
}
MOKA_INTERVIEW = {
    "candidateId": 1,
    "candidateName": "示例甲",
    "candidatePhone": "13800000001",
    "jobTitle": "会计",
    "startTime": "2026-02-03T06:00:00.000Z",
    "duration": 30,
    "status": 3,
}
FEISHU_INTERVIEW = {
    "talent": {"id": "t-1", "basic_info": {"name": "示例甲", "email": "jia@example.com"}},
    "job": {"title": "会计"},
    "begin_time": 1770098400000,
    "end_time": 1770100200000,
    "participate_status": 3,
}
BEISEN = """\
应聘者编号,姓名,手机,应聘职位,需求部门,应聘渠道,应聘时间,当前阶段
B-1,示例甲,13800000001,会计,财务部,官网,2026-01-05,初试
"""


@pytest.fixture
def bring(brought):
    def one(told, source, *more, **how):
        text = told if isinstance(told, str) else json.dumps(told) + "\n"
        return brought(text, "--from", source, *more, tz="Asia/Shanghai", name="export.jsonl", **how)

    return one


def test_greenhouse_candidates_and_applications_belong_together(bring):
    said = bring(GREENHOUSE_CANDIDATE, "greenhouse")
    assert (said["kind"], said["loaded"]) == ("candidates", 1)
    why = {line["heading"]: line["why"] for line in said["mapping"] if line["field"]}
    assert "Greenhouse" in why["phone_numbers.0.value"]
    said = bring(GREENHOUSE_APPLICATION, "greenhouse")
    assert (said["kind"], said["loaded"]) == ("applications", 1)
    with scope():
        one = Candidate.objects.select_related("identity").get()
        assert (one.name, one.school, one.headline) == ("Jia Example", "北京大学", "Accountant")
        assert open_contacts(one.identity).phone == "+8613800000001"
        applied = Application.objects.select_related("position__department").get()
        assert (applied.state, applied.source) == ("declined", "Jobs page")
        assert (applied.position.title, applied.position.department.name) == ("Accountant", "Finance")


def test_a_lever_opportunity_is_an_application_at_the_stage_its_words_mean(bring):
    said = bring(LEVER_OPPORTUNITY, "lever", "--kind", "applications")
    assert said["loaded"] == 1
    with scope():
        one = Application.objects.get()
        assert (one.state, one.source, one.applied_at.isoformat()) == (
            "interviewing",
            "applied",
            "2026-01-05T02:00:00+00:00",
        )


def test_moka_and_feishu_say_states_as_numbers(bring):
    assert bring(MOKA_INTERVIEW, "moka")["loaded"] == 1
    assert bring({**MOKA_INTERVIEW, "status": 9}, "moka", status=1)["rejected"] == 1
    assert bring(FEISHU_INTERVIEW, "feishu")["loaded"] == 1
    with scope():
        found = Interview.objects.order_by("id").values_list("state", "starts_at")
        assert [(state, at.isoformat()) for state, at in found] == [
            ("cancelled", "2026-02-03T06:00:00+00:00"),
            ("no_show", "2026-02-03T06:00:00+00:00"),
        ]


def test_feishu_positions_and_beisen_headings(bring):
    job = {"title": "会计", "department": {"zh_name": "财务部"}, "active_status": 2}
    assert bring(job, "feishu", "--kind", "positions")["loaded"] == 1
    assert bring(BEISEN, "beisen")["kind"] == "applications"
    with scope():
        assert Position.objects.get().state == "closed"
        assert Application.objects.get().state == "interviewing"


def test_a_person_goes_before_the_profile(bring):
    told = {**MOKA_INTERVIEW, "another": "2026-02-09T06:00:00.000Z"}
    said = bring(told, "moka", "--map", "another=start", way="--dry-run")
    fields = {line["heading"]: line["field"] for line in said["mapping"]}
    assert (fields["another"], fields["startTime"]) == ("start", None)


def test_the_system_a_list_comes_from_is_remembered_with_its_headings(bring, brought):
    assert bring(BEISEN, "beisen")["loaded"] == 1
    # Its own headings again, nothing said: the system's names and words count as they did.
    again = BEISEN.replace("B-1,示例甲,13800000001", "B-2,示例乙,13800000002")
    said = brought(again, tz="Asia/Shanghai")
    assert (said["kind"], said["loaded"]) == ("applications", 1)
    assert {line["field"] for line in said["mapping"]} >= {"candidate_id", "position", "applied_at", "stage"}
    assert "Beisen" in warned(said)["columns_remembered"]


def test_lists_within_the_objects_of_a_remembered_system_are_its_columns_again(bring, brought):
    assert bring(GREENHOUSE_APPLICATION, "greenhouse")["loaded"] == 1
    another = {
        **GREENHOUSE_APPLICATION,
        "id": 8002,
        "candidate": {"id": 7002, "first_name": "Yi", "last_name": "Example"},
    }
    said = brought(json.dumps(another) + "\n", tz="Asia/Shanghai", name="export.jsonl")
    assert (said["kind"], said["loaded"]) == ("applications", 1)
    fields = {line["heading"]: line["field"] for line in said["mapping"]}
    assert fields["jobs.0.name"] == "position"


def test_what_was_said_of_one_systems_columns_says_nothing_of_anothers(bring):
    bring(BEISEN, "beisen", "--map", "当前阶段=-")
    assert bring(BEISEN, "moka", status=1)["error"] == "not_from_there"
    assert bring(BEISEN, "beisen", way="--dry-run")["mapping"][-1]["field"] is None


def test_a_file_that_is_from_elsewhere_is_refused(bring):
    assert bring({"mood": "good"}, "greenhouse", status=1)["error"] == "not_from_there"


def test_a_list_of_objects_stays_one_cell_without_a_profile(brought):
    told = {"姓名": "示例甲", "岗位": "会计", "面试时间": "2026-02-03 14:00", "tags": [{"a": 1}]}
    said = brought(json.dumps(told, ensure_ascii=False) + "\n", name="export.jsonl")
    assert [line["heading"] for line in said["mapping"]] == ["姓名", "岗位", "面试时间", "tags"]


@pytest.mark.parametrize("code", profiles())
def test_a_profile_names_only_fields_its_kinds_have_and_words_they_know(code):
    one = profile(code)
    assert one.kinds
    for kind in one.kinds:
        for names in (one.known.get(kind, {}), one.guessed.get(kind, {})):
            assert names.keys() <= SPEECHES[kind].fields
            assert all(names.values())
        assert one.words.get(kind, {}).keys() <= SPEECHES[kind].fields
