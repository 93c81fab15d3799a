"""The raw trail: every entry, found by what, by whom and about what."""

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.audit import (
    EXPORT_TRAIL,
    TRAIL,
    as_csv,
    everything,
)
from tests.kept import played_once
from tests.people import text

#: A company that has seen everything, and its cancellations by the candidate's name.
here, told = played_once("told", everything)


def entries(client, **typed):
    """Return the rows of the raw trail's CSV that these filters let through."""
    return as_csv(client.post(EXPORT_TRAIL, {"format": "csv", **typed}))


def test_the_raw_trail_holds_every_entry(hr, here, told):
    recorded = here.entries()
    found = entries(hr)
    assert [row["操作代码"] for row in found] == recorded[::-1]
    assert {row["操作者"] for row in found if row["操作代码"] == "cancellation.rejected"} == {
        here.staff["recruiter"].name
    }
    page = text(hr.get(TRAIL))
    assert "审核驳回" in page
    assert "原始记录" in page


def test_the_raw_trail_is_found_by_what_whom_and_about_what(hr, here, told):
    asked = told["丁被驳回"]
    by_action = entries(hr, action="cancellation.rejected")
    assert [row["取消申请编号"] for row in by_action] == [str(asked.id)]
    for about in (asked.id, asked.interview_id):
        found = entries(hr, about=about)
        assert {"cancellation.requested", "cancellation.rejected"} <= {row["操作代码"] for row in found}
        assert all(str(about) in row.values() for row in found)
    mine = entries(hr, actor=here.staff["recruiter"].id)
    assert {row["操作者"] for row in mine} == {here.staff["recruiter"].name}
    assert {row["操作者类型"] for row in entries(hr, actor="vendor")} <= {"AI面试系统"}
    assert entries(hr, actor="system")
    assert entries(hr, to="2020-01-01") == []


def test_a_page_asks_for_each_version_of_the_rules_once(hr, told):
    with CaptureQueriesContext(connection) as asked:
        rows = hr.get(TRAIL).content.decode().count("规则「")
    assert rows > 1
    assert sum('FROM "cancellations_policy"' in query["sql"] for query in asked) == 1


def test_an_entry_is_found_by_the_request_it_came_with(hr, here, interview):
    hr.post(
        reverse("console:cancel", args=[interview.id]),
        {"reason": "time_conflict"},
        headers={"X-Request-Id": "trace-this-one"},
    )
    found = entries(hr, request="trace-this-one")
    assert [row["操作代码"] for row in found] == ["cancellation.requested"]
    assert "trace-this-one" in text(hr.get(TRAIL, {"request": "trace-this-one"}))


def test_every_entry_of_a_full_company_reads_in_both_languages(hr, told):
    for language, wanted in (("zh", "取消完成"), ("en", "Cancellation completed")):
        answer = hr.get(TRAIL, {"from": ""}, headers={"accept-language": language})
        assert answer.status_code == 200
        assert wanted in text(answer) or language == "en"
