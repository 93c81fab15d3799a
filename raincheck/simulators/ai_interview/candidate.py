"""The candidate's page behind the invite link: begin, submit, or learn that the link is dead.

GET changes nothing here either: mail scanners open links; only the buttons do something.
"""

from __future__ import annotations

import sqlite3

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from raincheck.simulators.ai_interview import life
from raincheck.simulators.ai_interview.desk import chip, shown_times
from raincheck.simulators.ai_interview.interviews import find_by_token
from raincheck.simulators.ai_interview.vendor import vendor_of
from raincheck.simulators.markup import Html, both, fill, shell
from raincheck.simulators.wire import RefusedError, back_to, own_page_only, page

# Per status: sign, what it says in Chinese and English, and the HTTP status the page comes with.
_SAYS = {
    "invited": ("▶", "准备好了吗？", "Ready when you are", 200),
    "in_progress": ("●", "面试进行中", "Your interview is under way", 200),
    "submitted": ("✓", "已提交，谢谢参与", "Submitted, thank you", 200),
    "cancelled": (
        "✕",
        "此面试已取消，链接已失效",
        "This interview was cancelled; the link no longer works",
        410,
    ),
    "expired": (
        "✕",
        "此面试已过期，链接已失效",
        "This interview has expired; the link no longer works",
        410,
    ),
}
_UNKNOWN = ("?", "没有找到这个面试", "There is no such interview", 404)
OK = 200
_ALIVE = ("invited", "in_progress", "submitted")
_BUTTONS = {
    "invited": ("begin", "开始面试", "Start the interview"),
    "in_progress": ("submit", "提交面试", "Submit the interview"),
}


def routes() -> list[Route]:
    """Return the routes of the candidate's page."""
    return [
        Route("/i/{token}", show, methods=["GET"]),
        Route("/i/{token}/begin", begin, methods=["POST"]),
        Route("/i/{token}/submit", submit, methods=["POST"]),
    ]


async def show(request: Request) -> Response:
    """Show the interview as it stands: 200, 410 when cancelled or expired, 404 when unknown."""
    try:
        row = find_by_token(vendor_of(request).store, request.path_params["token"])
    except RefusedError:
        return _page(_UNKNOWN, Html(""))
    return _page(_SAYS[row["status"]], _details(row))


async def begin(request: Request) -> Response:
    """Begin: opened, started, first answer recorded. Back to the page, whatever it says by now."""
    return _do(request, life.begin)


async def submit(request: Request) -> Response:
    """Submit what was recorded. Back to the page, whatever it says by now."""
    return _do(request, life.submit)


def _do(request: Request, step: life.CandidateStep) -> Response:
    own_page_only(request)
    token = request.path_params["token"]
    try:
        step(vendor_of(request), token=token)
    except RefusedError as refusal:
        says = _SAYS.get(refusal.code, _UNKNOWN)
        # Too late or too early is a conflict; a dead link stays 410, an unknown one 404.
        return _page((*says[:3], 409 if refusal.code in _ALIVE else says[3]), Html(""))
    return back_to(f"/i/{token}")


def _page(says: tuple[str, str, str, int], details: Html) -> Response:
    sign, zh, en, status = says
    body = fill(
        _BODY,
        sign=sign,
        tone="alive" if status == OK else "dead",
        says=both(zh, en),
        details=details,
        brand=both("云面 AI 面试", "simulated"),
    )
    return page(shell(title=f"{zh} · 云面 (simulated)", body=body), status=status)


def _details(row: sqlite3.Row) -> Html:
    if row["status"] in ("cancelled", "expired"):
        return Html("")
    button = Html("")
    if row["status"] in _BUTTONS:
        action, zh, en = _BUTTONS[row["status"]]
        button = fill(_BUTTON, token=row["token"], action=action, label=both(zh, en))
    return fill(
        _DETAILS,
        title=row["title"],
        name=row["candidate_name"],
        times=shown_times(row),
        state=chip(row["status"]),
        button=button,
    )


_BODY = """<main class="narrow">
<div class="top"><span class="mark">云</span><strong>$brand</strong></div>
<div class="card">
<div class="hero"><div class="big $tone" aria-hidden="true">$sign</div><h1>$says</h1></div>$details</div>
<p class="soft small">这是模拟的 AI 面试系统，仅用于演示与测试，不会录音录像。
<span class="en" lang="en">A simulated vendor for demo and tests; nothing is recorded.</span></p>
</main>"""
_DETAILS = """<dl><dt>面试</dt><dd>$title</dd><dt>候选人</dt><dd>$name</dd>
<dt>时间</dt><dd>$times</dd><dt>状态</dt><dd>$state</dd></dl>$button"""
_BUTTON = """<form method="post" action="/i/$token/$action">
<button class="btn main full">$label</button></form>"""
