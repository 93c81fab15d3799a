"""Reasons an import can't surely understand: a task, their texts by how often they are said, sorted by a person."""

import re
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest

from raincheck.archive.models import HistoryRecord, ProfileEntry
from raincheck.audit.models import Entry
from raincheck.cancellations.models import Cancellation, Reason
from raincheck.core.scope import company_scope, keep_turn
from raincheck.migration.models import Batch
from raincheck.recruiting.models import Application, Interview
from raincheck.worklist.models import Task
from tests import people
from tests.audit import AUDIT, filtered, listed
from tests.flows.importing import warned
from tests.flows.test_rollback import content
from tests.flows.uploading import loaded, upload_of

HEAD = "姓名,手机号,应聘岗位,部门,面试时间,状态,取消原因,取消说明\n"
#: A clear one, one by the list's own word, two that say the same, two unclear ones, and one without a reason.
ROWS = (
    "示例甲,13700000001,工程师,研发部,2025-05-01 10:00,已取消,发烧住院了,\n"
    "示例乙,13700000002,工程师,研发部,2025-05-02 10:00,已取消,其他原因,另有说明\n"
    "示例丙,13700000003,工程师,研发部,2025-05-03 10:00,已取消,孩子生病,来电告知\n"
    "示例丁,13700000004,工程师,研发部,2025-05-04 10:00,已取消,孩子生病,\n"
    "示例戊,13700000005,工程师,研发部,2025-05-05 10:00,已取消,说不来了,\n"
    "示例己,13700000006,工程师,研发部,2025-05-06 10:00,已取消,天有点凉,\n"
    "示例庚,13700000007,工程师,研发部,2025-05-07 10:00,已取消,,只有说明\n"
)


@pytest.fixture
def unclear(here, hr, drain):
    """Load the file; return the address of its batch."""
    upload = loaded(hr, here, drain, HEAD + ROWS)
    return f"/console/batches/{upload.batch_id}/"


def field(said):
    return f"to-{sha256(said.encode()).hexdigest()}"


def task_of(here):
    with here.scope():
        return Task.objects.filter(kind="unclear_reasons").latest("opened_at")


def reasons(here):
    """Return {name: (code, note)} of every cancellation."""
    with here.scope():
        found = Cancellation.objects.values_list(
            "interview__application__candidate__name", "reason__code", "note"
        )
        return {name: (code, note) for name, code, note in found}


def test_a_task_waits_and_its_page_lists_the_texts_the_most_frequent_first(here, hr, unclear):
    task = task_of(here)
    assert (task.state, task.details["count"]) == ("open", 4)
    assert f"{unclear}reasons/" in hr.get(f"/console/tasks/{task.id}/").content.decode()
    assert f"{unclear}reasons/" in hr.get(unclear).content.decode()
    imported = f"/console/batches/imports/{upload_of(here).id}/"
    assert f"{unclear}reasons/" in hr.get(imported).content.decode()
    page = hr.get(f"{unclear}reasons/").content.decode()
    assert re.findall(r'<label for="to-\w+">([^<]+)<', page) == ["孩子生病", "天有点凉", "说不来了"]
    assert "可能是身体不适（把握40%）" in page
    assert page.count("看不出来") == 2
    # What is only guessed at isn't chosen.
    assert " selected>" not in page
    assert not re.search(r"来电告知|只有说明|另有说明", page)


def test_what_a_person_says_counts_for_all_who_said_the_same(here, hr, unclear):
    answer = hr.post(
        f"{unclear}reasons/sort/",
        {field("孩子生病"): "emergency", field("说不来了"): "not_interested", field("天有点凉"): ""},
    )
    assert answer.status_code == 302, people.text(answer)
    assert reasons(here) == {
        "示例甲": ("health", "发烧住院了"),
        "示例乙": ("other", "其他原因\n另有说明"),
        "示例丙": ("emergency", "孩子生病\n来电告知"),
        "示例丁": ("emergency", "孩子生病"),
        "示例戊": ("not_interested", "说不来了"),
        "示例己": ("other", "天有点凉"),
        "示例庚": ("other", "只有说明"),
    }
    with here.scope():
        done = Cancellation.objects.get(note="说不来了")
        assert HistoryRecord.objects.get(cancellation_id=done.id).reason_code == "not_interested"
        assert ProfileEntry.objects.get(kind="cancellation", subject_id=done.id).data == {
            "reason": "not_interested"
        }
        assert Application.objects.get(candidate__name="示例戊").state == "withdrawn"
        assert Application.objects.get(candidate__name="示例丁").state == "to_rebook"
        entry = Entry.objects.get(action="import.reasons_sorted")
    assert entry.facts == {"sorted": {"emergency": 2, "not_interested": 1}, "left": 1}
    assert entry.actor_id == here.staff["hr_manager"].id
    assert (task_of(here).state, task_of(here).details["count"]) == ("open", 1)
    page = people.text(hr.get(f"{unclear}reasons/"))
    assert "天有点凉" in page
    assert "孩子生病" not in page
    assert "归类导入的取消原因" in people.text(hr.get("/console/audit/trail/"))


def test_the_auditor_finds_a_request_by_what_its_reason_was_sorted_to_and_sees_that_it_was(here, hr, unclear):
    always = {"from": ""}
    assert {row["原因代码"] for row in filtered(hr, **always).values()} == {"health", "other"}
    hr.post(f"{unclear}reasons/sort/", {field("孩子生病"): "emergency", field("天有点凉"): "other"})
    rows = filtered(hr, **always)
    told = {name: (row["原因代码"], row["取消原因"], row["归类前的原因"]) for name, row in rows.items()}
    assert told["示例丙"] == told["示例丁"] == ("emergency", "家中或个人急事", "其他原因")
    assert told["示例甲"] == ("health", "身体不适", "")
    assert {row["发起方"] for row in rows.values()} == {"系统"}
    # What stays what it was bears no hint.
    assert told["示例戊"] == told["示例己"] == ("other", "其他原因", "")
    assert set(listed(hr, reason="emergency", **always)) == {"示例丙", "示例丁"}
    assert set(filtered(hr, reason="emergency", **always)) == {"示例丙", "示例丁"}
    assert set(listed(hr, reason="other", **always)) == {"示例乙", "示例戊", "示例己", "示例庚"}
    page = people.text(hr.get(AUDIT, always))
    assert page.count("后来归类，原记为“其他原因”") == 2


def test_what_is_left_as_another_reason_is_settled_and_the_task_closes_with_the_last(here, hr, unclear):
    said = ("孩子生病", "说不来了", "天有点凉")
    hr.post(f"{unclear}reasons/sort/", {field(one): "other" for one in said})
    assert task_of(here).state == "done"
    assert {code for name, (code, _) in reasons(here).items() if name != "示例甲"} == {"other"}
    assert "没有待归类的原因" in people.text(hr.get(f"{unclear}reasons/"))
    with here.scope():
        assert Entry.objects.get(action="import.reasons_sorted").facts == {"sorted": {"other": 4}, "left": 0}


def test_settling_the_task_leaves_the_rest_as_they_are(here, hr, unclear):
    path = f"/console/tasks/{task_of(here).id}/"
    assert "其余保留为“其他原因”" in people.text(hr.get(path))
    assert hr.post(f"{path}settle/", {"resolution": " "}).status_code == 422
    hr.post(f"{unclear}reasons/sort/", {field("孩子生病"): "emergency"})
    assert hr.post(f"{path}settle/", {"resolution": "看过了"}).status_code == 302
    assert (task_of(here).state, task_of(here).resolution) == ("done", "看过了")
    assert "没有待归类的原因" in people.text(hr.get(f"{unclear}reasons/"))
    assert reasons(here)["示例丁"][0] == "emergency"


@pytest.mark.parametrize("chosen", ["bogus", "health"])
def test_a_reason_that_is_not_on_the_list_is_refused_and_nothing_changes(here, hr, unclear, chosen):
    with here.scope():
        Reason.objects.filter(code="health").update(active=False)
    before = reasons(here)
    form = {field("孩子生病"): "emergency", field("天有点凉"): chosen}
    answer = hr.post(f"{unclear}reasons/sort/", form)
    page = answer.content.decode()
    assert (answer.status_code, "请选择取消原因" in page) == (422, True)
    # What was chosen is still chosen.
    assert 'value="emergency" selected' in page
    assert reasons(here) == before
    assert task_of(here).details["count"] == 4
    empty = hr.post(f"{unclear}reasons/sort/", {field("孩子生病"): ""})
    assert (empty.status_code, "还没有选择任何原因" in people.text(empty)) == (422, True)


def test_only_who_moves_data_sorts(here, hr, recruiter, viewer, unclear):
    for browser in (recruiter, viewer, people.staff_client(here.staff["auditor"])):
        assert browser.get(f"{unclear}reasons/").status_code == 403
        assert browser.post(f"{unclear}reasons/sort/", {field("孩子生病"): "health"}).status_code == 403
    settled = recruiter.post(f"/console/tasks/{task_of(here).id}/settle/", {"resolution": "x"})
    assert settled.status_code == 403
    assert task_of(here).details["count"] == 4


def test_while_an_import_runs_reasons_wait_their_turn(here, hr, unclear):
    def sort():
        return hr.post(f"{unclear}reasons/sort/", {field("孩子生病"): "health"}).status_code

    with keep_turn(f"import:{here.company.id}"), ThreadPoolExecutor(1) as other:
        assert other.submit(sort).result() == 409
    assert sort() == 302


def test_another_company_finds_no_such_batch(other_hr, unclear):
    assert other_hr.get(f"{unclear}reasons/").status_code == 404
    assert other_hr.post(f"{unclear}reasons/sort/", {field("孩子生病"): "health"}).status_code == 404


def test_what_was_sorted_goes_with_its_batch_and_comes_again_with_it(here, hr, unclear, superuser):
    hr.post(f"{unclear}reasons/sort/", {field("孩子生病"): "emergency", field("说不来了"): "not_interested"})
    tables = ("public.cancellations_", "public.recruiting_", "public.archive_")
    sorted_then = {name: told for name, told in content(superuser).items() if name.startswith(tables)}
    assert hr.post(f"{unclear}rollback/").status_code == 302
    with here.scope():
        assert not Interview.objects.exists()
        undoing = Batch.objects.get(kind="rollback")
    assert (task_of(here).state, task_of(here).details["count"]) == ("done", 1)
    assert hr.get(f"{unclear}reasons/").status_code == 404
    assert hr.post(f"/console/batches/{undoing.id}/rollback/").status_code == 302
    again = {name: told for name, told in content(superuser).items() if name.startswith(tables)}
    assert again == sorted_then
    assert (task_of(here).state, task_of(here).details["count"]) == ("open", 1)
    assert "天有点凉" in people.text(hr.get(f"{unclear}reasons/"))


def test_an_application_that_moved_on_meanwhile_stays_where_it_is(here, hr, unclear):
    with here.scope():
        Application.objects.filter(candidate__name="示例戊").update(state="rejected")
    hr.post(f"{unclear}reasons/sort/", {field("说不来了"): "not_interested"})
    with here.scope():
        assert Application.objects.get(candidate__name="示例戊").state == "rejected"


def test_a_list_of_past_cancellations_has_a_task_beside_that_of_the_interviews_it_tells_of(here, hr, brought):
    def bring(text, *more):
        said = brought(text, *more, company=here.company.slug, tz="Asia/Shanghai")
        assert "“Reasons to be sorted”" in warned(said)["reason_as_note"]
        with here.scope():
            return Batch.objects.latest("at")

    third = "示例辛,13700000008,工程师,研发部,2025-05-08 10:00,待面试,,\n"
    bring(HEAD + ROWS + third)
    told = "姓名,手机号,岗位,原面试时间,取消时间,取消原因,处理结果\n"
    rows = (
        "示例辛,13700000008,工程师,2025-05-08 10:00,2025-05-02,天有点凉,已驳回\n"
        "示例辛,13700000008,工程师,2025-05-08 10:00,2025-05-03,说不来了,已同意\n"
    )
    listed = bring(told + rows, "--kind", "cancellations")
    with here.scope():
        first, second = Task.objects.filter(kind="unclear_reasons").order_by("opened_at")
        assert (first.details["count"], second.details["count"]) == (4, 2)
    form = {field("天有点凉"): "health", field("说不来了"): "not_interested"}
    assert hr.post(f"/console/batches/{listed.id}/reasons/sort/", form).status_code == 302
    with here.scope():
        mine = Cancellation.objects.filter(interview__application__candidate__name="示例辛")
        assert dict(mine.values_list("state", "reason__code")) == {
            "rejected": "health",
            "completed": "not_interested",
        }
        assert Application.objects.get(candidate__name="示例辛").state == "withdrawn"
        assert Task.objects.get(id=first.id).details["count"] == 4
        assert Task.objects.get(id=second.id).state == "done"
    assert reasons(here)["示例己"] == ("other", "天有点凉")


def test_a_contact_amid_a_reason_is_hidden_and_still_sorted(here, hr, drain):
    said = "改打13912345678再约"
    upload = loaded(hr, here, drain, HEAD + ROWS.splitlines()[0].replace("发烧住院了", said) + "\n")
    path = f"/console/batches/{upload.batch_id}/reasons/"
    assert "13912345678" not in people.text(hr.get(path))
    assert hr.post(f"{path}sort/", {field(said): "time_conflict", "to-bogus": "health"}).status_code == 302
    assert reasons(here)["示例甲"] == ("time_conflict", said)


def test_nothing_waits_where_every_reason_is_clear(here, hr, drain):
    loaded(hr, here, drain, HEAD + ROWS.splitlines()[0] + "\n")
    with company_scope(here.company.id):
        assert not Task.objects.filter(kind="unclear_reasons").exists()
