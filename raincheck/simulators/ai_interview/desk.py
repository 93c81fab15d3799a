"""The page for people at `/`: every interview and its state, and switches that make the vendor misbehave."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from raincheck.simulators.ai_interview import life
from raincheck.simulators.ai_interview.vendor import Vendor, vendor_of
from raincheck.simulators.faults import Fault
from raincheck.simulators.markup import Html, both, fill, join, shell
from raincheck.simulators.wire import RefusedError, back_to, own_page_only, page

PER_PAGE = 30
LAST_PAGE_DIGITS = 6
FIRST_REFUSAL = 300
STATUS_ZH = {
    "invited": "待面试",
    "in_progress": "进行中",
    "submitted": "已提交",
    "cancelled": "已取消",
    "expired": "已过期",
}
_STEPS_ZH = {
    "opened": ("打开链接", "open"),
    "started": ("开始", "start"),
    "partial": ("答一半", "half done"),
    "submitted": ("提交", "submit"),
    "cancelled": ("取消", "cancel"),
    "expired": ("过期", "expire"),
}
# The switches a viewer of the demo can press: name in the form, fault, zh, en.
SWITCHES = {
    "slow": (Fault("slow", ms=5000), "变慢 5 秒", "slow by 5 s"),
    "unreachable": (Fault("unreachable"), "连不上", "unreachable"),
    "error_500": (Fault("error_500"), "报错 500", "error 500"),
    "error_500_after_doing": (Fault("error_500_after_doing"), "已做但报错", "done, yet 500"),
    "lies": (Fault("lies"), "说已办其实没办", "says done, isn't"),
    "already_gone": (Fault("already_gone", operation="cancel"), "说早已取消", "already gone"),
    "unknown": (Fault("unknown"), "说不认识", "unknown there"),
    "other_time": (Fault("other_time"), "时间差 1 小时", "other time"),
    "cannot_cancel": (Fault("cannot_cancel", operation="cancel"), "不能取消", "cannot cancel"),
}
_CHINA = timezone(timedelta(hours=8))


def routes() -> list[Route]:
    """Return the routes of the page for people."""
    return [
        Route("/", show, methods=["GET"]),
        Route("/ui/faults", switch, methods=["POST"]),
        Route("/ui/interviews/{id}", step, methods=["POST"]),
    ]


async def show(request: Request) -> Response:
    """Show interviews (30 a page, `?q=` searches name, title and ids), faults and the latest calls."""
    vendor = vendor_of(request)
    wanted = request.query_params.get("q", "").strip()[:100]
    asked = request.query_params.get("page", "1")
    number = (
        max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) <= LAST_PAGE_DIGITS else 1
    )
    rows = _matching(vendor, wanted, number)
    body = fill(
        _BODY,
        q=wanted,
        items=join(_item(row, wanted) for row in rows[:PER_PAGE]) or Html(_NOTHING),
        turn=_turn(wanted, number, more=len(rows) > PER_PAGE),
        state=_fault_state(vendor),
        switches=join(_switch(name) for name in SWITCHES),
        calls=join(_call(row) for row in _latest_calls(vendor)),
    )
    return page(shell(title="云面 (simulated)", body=body))


async def switch(request: Request) -> Response:
    """Switch the fault named in the form on, or every fault off (`clear`)."""
    own_page_only(request)
    form = await _form(request)
    faults = vendor_of(request).faults
    if form.get("fault") == "clear":
        faults.clear()
    elif form.get("fault") in SWITCHES:
        faults.add(SWITCHES[form["fault"]][0])
    else:
        raise RefusedError(422, "invalid_request", "there is no such switch")
    return back_to("/")


async def step(request: Request) -> Response:
    """Make something happen to one interview, webhook and all."""
    own_page_only(request)
    form = await _form(request)
    if form.get("to") not in life.STEPS:
        raise RefusedError(422, "invalid_request", "there is no such step")
    life.happen(vendor_of(request), interview_id=request.path_params["id"], to=form["to"], webhook=True)
    return back_to(f"/?{urlencode({'q': form.get('q', '')})}")


async def _form(request: Request) -> dict[str, str]:
    body = (await request.body())[:4096].decode("utf-8", "replace")
    return {name: values[-1] for name, values in parse_qs(body).items()}


def chip(status: str) -> Html:
    """Show a status as a coloured word, Chinese then English."""
    label = both(STATUS_ZH[status], status.replace("_", " "))
    return fill('<span class="chip $status">$label</span>', status=status, label=label)


def shown_times(row: sqlite3.Row) -> str:
    """Show when an interview is, in China's time: a slot by its start, a window by its deadline."""
    starts, ends = (datetime.fromisoformat(row[name]).astimezone(_CHINA) for name in ("starts_at", "ends_at"))
    if row["kind"] == "slot":
        return f"{starts:%Y-%m-%d %H:%M}–{ends:%H:%M} (北京时间)"
    return f"{ends:%Y-%m-%d %H:%M} 截止 (北京时间)"


def _matching(vendor: Vendor, wanted: str, number: int) -> list[sqlite3.Row]:
    return vendor.store.execute(
        "SELECT * FROM interview WHERE ? = '' OR instr(candidate_name || ' ' || title || ' ' || id || ' '"
        " || external_id, ?) ORDER BY seq DESC LIMIT ? OFFSET ?",
        (wanted, wanted, PER_PAGE + 1, (number - 1) * PER_PAGE),
    ).fetchall()


def _latest_calls(vendor: Vendor) -> list[sqlite3.Row]:
    return vendor.store.execute("SELECT * FROM call ORDER BY seq DESC LIMIT 12").fetchall()


def _item(row: sqlite3.Row, wanted: str) -> Html:
    buttons = join(
        fill('<button class="btn mini" name="to" value="$to">$label</button>', to=to, label=both(zh, en))
        for to, (zh, en) in _STEPS_ZH.items()
    )
    return fill(
        _ITEM,
        name=row["candidate_name"],
        title=row["title"],
        chip=chip(row["status"]),
        times=shown_times(row),
        id=row["id"],
        progress=row["progress"],
        version=row["version"],
        token=row["token"],
        q=wanted,
        buttons=buttons,
    )


def _turn(wanted: str, number: int, *, more: bool) -> Html:
    def link(to: int, zh: str, en: str) -> Html:
        return fill(
            '<a class="btn" href="/?$query">$label</a>',
            query=urlencode({"q": wanted, "page": to}),
            label=both(zh, en),
        )

    before = link(number - 1, "上一页", "newer") if number > 1 else Html("")
    return join([before, link(number + 1, "下一页", "older") if more else Html("")])


def _fault_state(vendor: Vendor) -> Html:
    on = vendor.faults.listed()
    if not on:
        return fill('<p class="note">$says</p>', says=both("✓ 一切正常", "all well"))
    return join(fill('<p class="note on">$says</p>', says=_fault_words(fault)) for fault in on)


def _fault_words(fault: dict[str, Any]) -> Html:
    known = SWITCHES.get(fault["mode"])
    zh = "变慢" if fault["mode"] == "slow" else known[1] if known else fault["mode"]
    rest = [fault["operation"]]
    if fault["mode"] == "slow":
        rest.append(f"{fault['ms']} ms")
    if fault["times"]:
        rest.append(f"× {fault['times']}")
    return both(f"⚠ {zh}", " · ".join([fault["mode"], *rest, *filter(None, [fault["subject"]])]))


def _switch(name: str) -> Html:
    _fault, zh, en = SWITCHES[name]
    return fill(
        '<button class="btn" name="fault" value="$name">$label</button>', name=name, label=both(zh, en)
    )


def _call(row: sqlite3.Row) -> Html:
    status = row["status"]
    return fill(
        _CALL,
        at=row["at"][11:19],
        what=f"{row['operation']} {row['interview_id'] or ''}" + (" ↺" if row["replayed"] else ""),
        tone="submitted" if status and status < FIRST_REFUSAL else "bad",
        status=status or "—",
    )


_BODY = """<main class="wide">
<div class="top"><span class="mark">云</span><div class="grow">
<h1>云面 AI 面试系统 <span class="chip">模拟 simulated</span></h1>
<div class="soft small">演示与测试用的外部系统：在这里让它变慢、断线，或替候选人作答
<span class="en" lang="en">— an outside system for demo and tests; make it misbehave here</span>
</div></div></div>
<div class="cols">
<section class="card"><h2>面试 <span class="en" lang="en">Interviews</span></h2>
<form class="row" action="/" method="get"><input class="find" name="q" value="$q"
 placeholder="姓名、岗位或编号" aria-label="搜索 Search">
<button class="btn main">搜索 <span class="en" lang="en">Search</span></button></form>
$items<div class="row">$turn</div></section>
<div><section class="card"><h2>系统状态 <span class="en" lang="en">Faults</span></h2>
$state
<form method="post" action="/ui/faults" class="switches">
<button class="btn main" name="fault" value="clear">
恢复正常 <span class="en" lang="en">all well again</span></button>
$switches</form></section>
<section class="card"><h2>最近的调用 <span class="en" lang="en">Latest calls (UTC)</span></h2>
<ul class="plain log small">$calls</ul></section></div>
</div></main>"""
_ITEM = """<article class="item"><div><b>$name</b> · $title $chip</div>
<div class="soft small">$times · <span class="code">$id</span> · $progress · v$version ·
<a href="/i/$token">候选人页面 <span class="en" lang="en">candidate's page</span></a></div>
<form class="row" method="post" action="/ui/interviews/$id">
<input type="hidden" name="q" value="$q">$buttons</form></article>"""
_CALL = """<li><span class="soft">$at</span><span class="grow code">$what</span>
<span class="chip $tone">$status</span></li>"""
_NOTHING = """<p class="empty">还没有面试 <span class="en" lang="en">no interviews</span></p>"""
