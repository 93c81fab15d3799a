"""Lists of other kinds than interviews through the console: what a row is, asked where it isn't sure, and corrected."""

import json
import re

from raincheck.cancellations.models import Cancellation
from raincheck.migration.models import BroughtRow, SourceMapping
from raincheck.recruiting.models import Application, Candidate, Interview
from tests import people
from tests.flows.uploading import HEAD, ZONE, form_of, lines, loaded, sent, upload_of

CANDIDATES = "姓名,手机号,邮箱,毕业院校,简历摘要\n示例甲,13800000001,jia@example.com,示例大学,会计三年\n"
INTERVIEWS = (
    "候选人编号,姓名,手机号,应聘职位,面试时间,面试状态\nC-1,示例甲,13800000001,会计,2026-02-03 14:00,待面试\n"
)
CANCELLATIONS = (
    "候选人编号,姓名,应聘职位,原面试时间,取消时间,取消原因,取消方,处理结果\n"
    "C-1,示例甲,会计,2026-02-03 14:00,2026-02-02 09:30,发烧住院了,候选人,已同意\n"
)
#: As sparse as this it may be one of applications or of candidates.
UNSURE = "姓名,手机号,应聘职位\n示例甲,13800000001,会计\n"
#: Every row tells of a cancellation, though somebody wants the interviews.
TAKEN_FOR_CANCELLATIONS = (
    "姓名,手机号,岗位,面试时间,取消时间,取消原因\n示例甲,13800000001,会计,2031-02-03 14:00,2026-02-01,生病\n"
)
GREENHOUSE = json.dumps(
    {
        "id": 7,
        "candidate": {"first_name": "Jia", "last_name": "Shili"},
        "jobs": [{"name": "Accountant"}],
        "applied_at": "2026-01-05T10:00:00Z",
        "status": "active",
    }
)


def page_of(browser, path, **more):
    return people.text(browser.get(path, **more))


def offered(page, name):
    """Return what one of the page's selects holds."""
    options = re.search(rf'<select id="{name}".*?</select>', page, re.DOTALL)[0]
    return set(re.findall(r'<option value="([^"]+)"', options))


def confirmed(browser, drain, path, **said):
    """Answer as proposed and as said, have it tried and loaded."""
    form = form_of(page_of(browser, path))
    answer = browser.post(f"{path}columns/", {**form, "timezone": ZONE, **said})
    assert answer.status_code == 302, people.text(answer)
    drain()
    assert browser.post(f"{path}load/").status_code == 302
    drain()


def test_a_list_of_candidates_is_known_for_one_and_named_on_every_page(here, hr, drain):
    path = sent(hr, CANDIDATES)
    page = page_of(hr, path)
    form = form_of(page)
    assert (form["kind"], form["source"]) == ("candidates", "")
    assert [form[f"column-{place}"] for place in range(5)] == ["name", "phone", "email", "school", "headline"]
    assert "headline" in offered(page, "column-0")
    assert not {"start", "position", "status"} & offered(page, "column-0")
    confirmed(hr, drain, path)
    done = upload_of(here)
    assert (done.state, done.figures["loaded"], done.answers["kind"]) == ("done", 1, "candidates")
    assert here.count(Candidate, name="示例甲", headline="会计三年") == 1
    assert (here.count(BroughtRow), here.count(Interview)) == (1, 0)
    assert "每一行是候选人" in page_of(hr, path)
    assert "去面试列表" not in page_of(hr, path)
    assert "候选人 · " in page_of(hr, "/console/batches/imports/")
    assert "rows are candidates" in page_of(hr, path, headers={"Accept-Language": "en"})


def test_a_list_of_cancellations_finds_the_interviews_that_came_before(here, hr, drain):
    loaded(hr, here, drain, INTERVIEWS)
    path = sent(hr, CANCELLATIONS)
    assert form_of(page_of(hr, path))["kind"] == "cancellations"
    confirmed(hr, drain, path)
    assert upload_of(here).figures["loaded"] == 1
    assert (here.count(Cancellation), here.count(Interview)) == (1, 1)
    assert "每一行是取消申请" in page_of(hr, path)


def test_where_the_kind_is_not_sure_nothing_is_preset_and_the_answer_is_remembered(here, hr, drain):
    path = sent(hr, UNSURE)
    page = page_of(hr, path)
    assert form_of(page) == {"kind": "", "source": ""}
    assert "每一行是什么不够确定" in page
    assert "13****01" in page
    for language, words in (
        ("zh-hans", "请选择文件中每一行是什么"),
        ("en", "Please say what a row of this file is"),
    ):
        refused = hr.post(f"{path}columns/", form_of(page), headers={"Accept-Language": language})
        assert refused.status_code == 422
        assert words in people.text(refused)
        assert "<code>kind_unanswered</code>" in people.text(refused)
    asked = people.text(hr.post(f"{path}columns/", {"kind": "applications", "again": "1"}))
    form = form_of(asked)
    assert (form["kind"], form["column-2"]) == ("applications", "position")
    assert upload_of(here).state == "asking"
    confirmed(hr, drain, path)
    assert (here.count(Application, candidate__name="示例甲"), here.count(Interview)) == (1, 0)
    assert here.count(SourceMapping, kind="applications") == 1
    again = sent(hr, UNSURE.replace("示例甲", "示例乙").replace("0001", "0002"))
    assert form_of(page_of(hr, again))["kind"] == "applications"


def test_a_wrong_kind_is_corrected_and_the_columns_are_proposed_anew(here, hr, drain):
    path = sent(hr, TAKEN_FOR_CANCELLATIONS)
    form = form_of(page_of(hr, path))
    assert form["kind"] == "cancellations"
    # Whichever button is pressed: what was asked about another kind's columns isn't tried.
    answer = hr.post(f"{path}columns/", {**form, "kind": "interviews", "timezone": ZONE, "region": "CN"})
    page = people.text(answer)
    assert (answer.status_code, upload_of(here).state) == (200, "asking")
    assert (form_of(page)["kind"], form_of(page)["timezone"]) == ("interviews", ZONE)
    assert 'value="CN"' in page
    assert "status" in offered(page, "column-0")
    confirmed(hr, drain, path, **{"column-4": "-", "column-5": "-"})
    assert upload_of(here).answers["kind"] == "interviews"
    assert here.count(Interview) == 1


def test_a_kind_can_still_be_corrected_after_the_dry_run(here, hr, drain):
    path = sent(hr, HEAD + lines(2))
    hr.post(f"{path}columns/", {**form_of(page_of(hr, path)), "timezone": ZONE})
    drain()
    assert "每一行是面试" in page_of(hr, path)
    hr.post(f"{path}columns/", {"kind": "candidates"})
    assert upload_of(here).state == "asking"
    form = form_of(page_of(hr, path))
    assert (form["kind"], form["column-4"]) == ("candidates", "-")
    confirmed(hr, drain, path)
    assert (here.count(Interview), upload_of(here).figures["loaded"]) == (0, 2)
    assert hr.post(f"{path}columns/", {"kind": "interviews"}).status_code == 409


def test_pressed_without_a_change_the_columns_stay_as_they_were_answered(here, hr):
    path = sent(hr, HEAD + lines(2))
    form = {**form_of(page_of(hr, path)), "timezone": ZONE, "column-1": "-"}
    page = people.text(hr.post(f"{path}columns/", {**form, "again": "1"}))
    assert form_of(page) == form
    assert upload_of(here).state == "asking"


def test_columns_are_read_by_the_names_of_the_system_they_come_from(here, hr, drain):
    path = sent(hr, GREENHOUSE, name="applications.jsonl")
    form = form_of(page_of(hr, path))
    told = {"kind": "applications", "source": "greenhouse", "again": "1"}
    page = people.text(hr.post(f"{path}columns/", {**form, **told}))
    assert "Greenhouse 的字段名" in page
    form = form_of(page)
    assert (form["kind"], form["source"]) == ("applications", "greenhouse")
    assert {"first_name", "last_name", "position", "applied_at", "stage"} <= set(form.values())
    confirmed(hr, drain, path)
    assert upload_of(here).figures["loaded"] == 1
    assert here.count(Application, candidate__name__contains="Jia") == 1


def test_the_system_is_preset_for_the_next_file_of_the_same_headings_and_can_be_taken_back(here, hr, drain):
    path = sent(hr, GREENHOUSE, name="applications.jsonl")
    form = form_of(page_of(hr, path))
    hr.post(f"{path}columns/", {**form, "kind": "applications", "source": "greenhouse", "again": "1"})
    confirmed(hr, drain, path)
    path = sent(hr, GREENHOUSE.replace('"id": 7', '"id": 8').replace("Jia", "Yi"), name="more.jsonl")
    form = form_of(page_of(hr, path))
    assert (form["kind"], form["source"]) == ("applications", "greenhouse")
    assert {"first_name", "last_name", "position", "applied_at", "stage"} <= set(form.values())
    page = people.text(hr.post(f"{path}columns/", {**form, "source": "", "again": "1"}))
    assert form_of(page)["source"] == ""
    assert "jobs.0.name" not in page
    hr.post(f"{path}columns/", {**form, "source": "greenhouse", "again": "1"})
    confirmed(hr, drain, path)
    assert here.count(Application, candidate__name__contains="Yi") == 1
