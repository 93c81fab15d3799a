"""What an auditor takes away: files that say what the page says, run nothing, and are streamed."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote

import pytest
from django.db import connection
from openpyxl.utils.escape import unescape

from raincheck.audit.catalogue import Action
from raincheck.audit.models import Entry
from raincheck.cancellations.models import Reason
from raincheck.core.scope import company_scope
from raincheck.insights import xlsx_file
from raincheck.insights.exports import ExportRunning, Order, begin_export, stream
from raincheck.insights.filters import RequestFilters
from raincheck.recruiting.models import Application, Candidate
from tests.audit import (
    AUDIT,
    EXPORT,
    EXPORT_TRAIL,
    SHANGHAI,
    STORIES,
    TRAIL,
    as_csv,
    as_xlsx,
    everything,
    filtered,
    sent,
)
from tests.kept import played_once
from tests.people import text

#: A company that has seen everything, and its cancellations by the candidate's name.
here, told = played_once("told", everything)


# ── files ───────────────────────────────────────────────────────────────────────────────────────────

RUNS = [
    "=1+1",
    "+1",
    "-2+3",
    "@SUM(A1)",
    " =1",
    "\t=1",
    "\r=1",
    "\n=1",
    "　=1",
    "\u200b=1",
    "＝1",
    "＋1",
    "－1",
    "＠A1",
]
HARMLESS = [
    "1+1=2",
    "a@b",
    "",
    "'=1",
    '<b>&amp;"',
    "_x0041_",
    '多\r\n行，"引号"',
    "\x0b垂直",
    "😀",
    " 两头空 ",
]


@pytest.mark.parametrize("planted", RUNS)
def test_no_text_runs_as_a_formula_wherever_it_was_written(hr, here, planted):
    with here.scope():
        Candidate.objects.filter(id=here.candidate.id).update(school=planted, name=planted)
        Application.objects.filter(candidate=here.candidate).update(source=planted)
        Reason.objects.filter(company=here.company, code="health").update(label_zh=planted)
    asked = here.ask(here.book(hours=100), reason="health", note=f"{planted}，病了")
    here.put(asked, note=f"{planted}，病了", decision_note=planted)
    [row] = as_csv(hr.post(EXPORT, {"format": "csv"}))
    for heading in ("候选人", "学校", "渠道", "取消原因", "补充说明", "审核说明", "发起人"):
        assert row[heading].startswith("'"), heading
        assert row[heading].startswith(f"'{planted}"), heading
    [sheet] = as_xlsx(hr.post(EXPORT, {"format": "xlsx"}))
    heading, values = list(sheet.iter_rows())
    for name, cell in zip(heading, values, strict=True):
        assert cell.data_type != "f", name.value
        if name.value in {"候选人", "学校", "渠道", "补充说明"}:
            assert cell.data_type in {"s", "inlineStr"}
            assert cell.quotePrefix, name.value
            assert unescape(cell.value).startswith(planted), name.value


@pytest.mark.parametrize("planted", HARMLESS)
def test_text_that_cannot_run_arrives_as_it_was_written(hr, here, planted):
    with here.scope():
        Candidate.objects.filter(id=here.candidate.id).update(school=planted)
    here.ask(here.book(hours=100))
    [row] = as_csv(hr.post(EXPORT, {"format": "csv"}))
    assert row["学校"] == planted
    [sheet] = as_xlsx(hr.post(EXPORT, {"format": "xlsx"}))
    [heading, values] = list(sheet.iter_rows(values_only=True))
    assert unescape(dict(zip(heading, values, strict=True))["学校"] or "") == planted


def test_in_excel_dates_are_dates_and_numbers_numbers(hr, told):
    [sheet] = as_xlsx(hr.post(EXPORT, {"format": "xlsx"}))
    heading, *rows = list(sheet.iter_rows())
    place = {cell.value.split(" (Asia")[0]: cell.column - 1 for cell in heading}
    assert len(rows) == len(STORIES)
    first = rows[-1]
    asked = first[place["申请时间"]]
    assert asked.is_date
    assert asked.number_format.replace("\\", "") == "yyyy-mm-dd hh:mm:ss"
    wall = told["甲自动"].requested_at.astimezone(SHANGHAI).replace(tzinfo=None, microsecond=0)
    assert asked.value == wall
    assert first[place["用时（秒）"]].data_type == "n"
    assert isinstance(first[place["用时（秒）"]].value, float | int)
    assert rows[0][place["取消申请编号"]].value is None
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == f"A1:{first[-1].coordinate}"
    assert sheet.title == "取消审计"


def test_a_full_sheet_is_followed_by_another(hr, told, monkeypatch):
    monkeypatch.setattr(xlsx_file, "ROWS", 4)
    sheets = as_xlsx(hr.post(EXPORT, {"format": "xlsx"}))
    assert [sheet.title for sheet in sheets] == ["取消审计", "取消审计 2", "取消审计 3"]
    names = [row[4] for sheet in sheets for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert names == list(STORIES)
    assert len({tuple(cell.value for cell in sheet[1]) for sheet in sheets}) == 1


@pytest.mark.parametrize("address", [EXPORT, EXPORT_TRAIL])
def test_of_nothing_the_file_has_its_heading_and_no_row(hr, here, address):
    nothing = {"to": "2020-01-01"}
    assert as_csv(hr.post(address, {"format": "csv", **nothing})) == []
    [sheet] = as_xlsx(hr.post(address, {"format": "xlsx", **nothing}))
    assert sheet.max_row == 1
    assert "没有符合条件" in text(hr.get(AUDIT))


def test_the_file_speaks_the_readers_language_and_is_named_for_what_it_holds(hr, here, told):
    answer = hr.post(
        EXPORT,
        {"format": "csv", "from": "2020-01-01", "to": "2999-12-31"},
        headers={"accept-language": "en"},
    )
    named = answer["Content-Disposition"]
    assert f'filename="raincheck-cancellations-{here.company.slug}-20200101-' in named
    assert unquote(named).count("Cancellation audit-cancellations-") == 1
    whole = sent(answer).decode()
    assert "Asked at (Asia/Shanghai)" in whole
    assert "Refused" in whole
    assert "未受理" not in whole
    assert "Content-Length" not in answer


# ── an export is a deed ─────────────────────────────────────────────────────────────────────────────


def exported(here):
    """Return what is recorded of the last export."""
    with here.scope():
        return Entry.objects.filter(action=Action.EXPORTED).latest("at", "id")


def test_an_export_is_recorded_with_its_filters_format_and_rows(hr, here, told):
    sent(
        hr.post(EXPORT, {"format": "xlsx", "school": "海滨", "reason": "time_conflict", "from": "2020-01-01"})
    )
    entry = exported(here)
    assert (entry.actor_kind, entry.actor_id) == ("staff", here.staff["hr_manager"].id)
    facts = dict(entry.facts)
    kept = facts.pop("filters")
    assert facts == {"what": "cancellations", "format": "xlsx", "rows": 1}
    assert kept.pop("before") == entry.at.isoformat()
    assert kept == {"school": "海滨", "reason": "time_conflict", "since": "2019-12-31T16:00:00+00:00"}
    assert "导出审计记录" in text(hr.get(TRAIL))


def test_what_is_recorded_of_an_export_names_nobody(hr, here, told):
    planted = ("13900001111", "someone@example.com", "王小明")
    for name in planted:
        sent(hr.post(EXPORT, {"format": "csv", "school": name, "source": name, "reason": name}))
        sent(hr.post(EXPORT_TRAIL, {"format": "csv", "request": name}))
    sent(hr.post(EXPORT, {"format": "csv", "candidate": "甲自动"}))
    assert exported(here).facts["filters"]["candidate"] is True
    with here.scope():
        written = str(list(Entry.objects.values_list("facts", flat=True)))
    for name in (*planted, "甲自动"):
        assert name not in written


def test_getting_the_address_of_an_export_exports_nothing(hr, here, told):
    for address in (EXPORT, EXPORT_TRAIL):
        assert hr.get(address).status_code == 405
    assert Action.EXPORTED not in here.entries()


# ── streaming ───────────────────────────────────────────────────────────────────────────────────────


def transactions(superuser):
    """Return how many transactions of the run-time role stand open."""
    [(n,)] = superuser.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE usename = 'raincheck_app' AND state = 'idle in transaction'"
    ).fetchall()
    return n


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_stream_has_a_transaction_of_its_own_that_ends_with_it(hr, told, superuser, form):
    response = hr.post(EXPORT, {"format": form})
    assert transactions(superuser) == 0
    pieces = iter(response.streaming_content)
    next(pieces)
    assert transactions(superuser) == 1
    assert b"".join(pieces) != b""
    assert transactions(superuser) == 0
    response.close()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_reader_who_leaves_ends_the_transaction(hr, here, told, superuser, form):
    response = hr.post(EXPORT, {"format": form})
    next(iter(response.streaming_content))
    assert transactions(superuser) == 1
    response.close()
    assert transactions(superuser) == 0
    assert len(filtered(hr)) == len(STORIES)
    with company_scope(here.company.id):
        assert connection.in_atomic_block


def test_one_export_at_a_time_a_company(hr, other_hr, told):
    first = hr.post(EXPORT, {"format": "csv"})
    next(iter(first.streaming_content))
    # The first one's transaction is this thread's, so the second asks from a thread of its own, as a browser does.
    assert in_another_thread(lambda: hr.post(EXPORT, {"format": "csv"}).status_code) == 409
    assert in_another_thread(lambda: len(sent(other_hr.post(EXPORT, {"format": "csv"})))) > 0
    first.close()
    assert len(filtered(hr)) == len(STORIES)


def test_of_two_exports_recorded_in_the_same_moment_one_gives_way_at_once(here, told):
    order = Order(here.actor(), RequestFilters(), "csv", "zh-hans", SHANGHAI)
    for _ in range(2):
        with here.scope() as now:
            bounded, rows = begin_export(order=order, now=now)
    first = stream(bounded)
    head = next(first)

    def ask_too():
        with pytest.raises(ExportRunning):
            next(stream(bounded))

    in_another_thread(ask_too)
    assert (head + b"".join(first)).count(b"\r\n") == rows + 1


def in_another_thread(work):
    """Return what `work` returns, done in a thread with a connection of its own."""

    def done():
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(done).result()


def test_what_commits_while_a_file_is_read_is_no_part_of_it(hr, here, told, monkeypatch):
    order = Order(here.actor(), RequestFilters(outcome="in_review"), "csv", "zh-hans", SHANGHAI)
    pieces = stream(order)
    next(pieces)
    in_another_thread(lambda: here.put(told["庚在审"], state="withdrawn"))
    rest = b"".join(pieces).decode()
    # The rows' cursor opened after the heading: either way the row and its outcome are of one moment.
    assert ("庚在审" in rest) == ("待审核" in rest)
