"""The demo's phones: every number that got a message, and its conversation.

Looking changes nothing: a message is read when a button is pressed (a row of the list, or back).
"""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta, timezone

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from raincheck.simulators.markup import Html, both, fill, join, shell
from raincheck.simulators.outbox import boxes
from raincheck.simulators.outbox.gateway import E164
from raincheck.simulators.outbox.sink import sink_of
from raincheck.simulators.wire import RefusedError, back_to, own_page_only, page

REFRESH = 3
_CHINA = timezone(timedelta(hours=8))
_PHONES = """
SELECT number, body, at, (SELECT SUM(unread) FROM sms AS all_sms WHERE all_sms.number = sms.number) AS unread
FROM sms WHERE seq IN (SELECT MAX(seq) FROM sms GROUP BY number) ORDER BY seq DESC LIMIT 500
"""


def routes() -> list[Route]:
    """Return the routes of the phones."""
    return [
        Route("/", front, methods=["GET"]),
        Route("/phone/", phones, methods=["GET"]),
        Route("/phone/{number}", conversation, methods=["GET"]),
        Route("/phone/{number}/read", read, methods=["POST"]),
    ]


async def front(_request: Request) -> Response:
    """Lead to the phones."""
    return back_to("/phone/")


async def phones(request: Request) -> Response:
    """List the numbers (500 at most), the latest message first."""
    rows = sink_of(request).store.execute(_PHONES).fetchall()
    items = join(_phone(row) for row in rows) or Html(_NONE)
    body = fill(_LIST, head=head("phone"), items=items)
    return page(shell(title="手机 · 模拟收件箱", body=body, refresh=REFRESH))


async def conversation(request: Request) -> Response:
    """Show one number's messages as its phone would, the newest at the bottom."""
    number = _number(request)
    # Newest first in the markup: the box is laid out upside down, so it opens at its lower end.
    rows = reversed(boxes.sms_to(sink_of(request).store, number)[-200:])
    body = fill(_TALK, number=number, bubbles=join(_bubble(row) for row in rows) or Html(_SILENT))
    return page(shell(title=f"{number} · 短信", body=body, refresh=REFRESH))


async def read(request: Request) -> Response:
    """Mark a number's messages as read; `?to=list` leads back to the list, else to the conversation."""
    own_page_only(request)
    number = _number(request)
    sink_of(request).store.execute("UPDATE sms SET unread = 0 WHERE number = ?", (number,))
    return back_to("/phone/" if request.query_params.get("to") == "list" else f"/phone/{number}")


def head(current: str) -> Html:
    """Draw the head both lists share, with the tab of `current` (phone or mail) marked."""
    tabs = (("phone", "手机", "Phones"), ("mail", "邮件", "Mail"))
    links = [
        fill(
            '<a href="/$name/"$mark>$label</a>',
            name=name,
            mark=Html(' aria-current="page"' if name == current else ""),
            label=both(zh, en),
        )
        for name, zh, en in tabs
    ]
    return fill(_HEAD, tabs=join(links))


def clock(at: str) -> str:
    """Show an instant in China's time, as month-day hour:minute."""
    return f"{datetime.fromisoformat(at).astimezone(_CHINA):%m-%d %H:%M}"


def _number(request: Request) -> str:
    number = str(request.path_params["number"])
    if not E164.fullmatch(number):
        raise RefusedError(404, "not_found", "there is no such number")
    return number


def _phone(row: sqlite3.Row) -> Html:
    dot = (
        fill('<span class="dot" title="未读 unread">$n</span>', n=row["unread"])
        if row["unread"]
        else Html("")
    )
    return fill(_ROW, number=row["number"], body=row["body"], at=clock(row["at"]), dot=dot)


def _bubble(row: sqlite3.Row) -> Html:
    return fill(_BUBBLE, body=row["body"], at=clock(row["at"]), template=row["template"])


_HEAD = """<div class="top"><span class="mark">信</span><div class="grow">
<h1>模拟收件箱 <span class="en" lang="en">Simulated outbox</span></h1>
<div class="soft small">演示发出的短信和邮件都到这里，不会真的发出
<span class="en" lang="en">— nothing leaves this machine</span></div></div>
<nav class="tabs">$tabs</nav></div>"""
_LIST = """<main class="wide">$head<div class="card list">$items</div></main>"""
_DOT = """<span class="dot" title="未读 unread">$n</span>"""
_ROW = """<form method="post" action="/phone/$number/read"><button>
<span class="face" aria-hidden="true">机</span>
<span class="grow"><b class="cut">$number</b><span class="cut soft small">$body</span></span>
<span class="when"><span class="soft small">$at</span>$dot</span></button></form>"""
_NONE = """<p class="empty">还没有短信 <span class="en" lang="en">no messages yet</span></p>"""
_SILENT = """<p class="empty">这个号码还没有短信 <span class="en" lang="en">no messages yet</span></p>"""
_TALK = """<main class="handset"><div class="bar">
<form class="side" method="post" action="/phone/$number/read?to=list"><button>‹ 返回</button></form>
<h1 class="who">$number <span class="en" lang="en">短信 · Messages</span></h1><span class="side"></span></div>
<div class="talk" tabindex="0" role="log" aria-label="短信 Messages">$bubbles</div>
<div class="foot small soft">模拟手机 · 每 3 秒刷新
<span class="en" lang="en">simulated phone, refreshes every 3 s</span></div></main>"""
_BUBBLE = """<article class="sms"><p>$body</p>
<span class="small soft">$at · <span class="code">$template</span></span></article>"""
