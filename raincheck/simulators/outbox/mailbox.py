"""The demo's mailbox: a list of mails, and one mail with its texts, calendar and attachments."""

from __future__ import annotations

import json
import sqlite3

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from raincheck.simulators.markup import Html, both, fill, join, shell
from raincheck.simulators.outbox import letters
from raincheck.simulators.outbox.letters import Attachment
from raincheck.simulators.outbox.phone import clock, head
from raincheck.simulators.outbox.sink import sink_of
from raincheck.simulators.wire import RefusedError, page

REFRESH = 5


def routes() -> list[Route]:
    """Return the routes of the mailbox."""
    return [Route("/mail/", mails, methods=["GET"]), Route("/mail/{id:int}", mail, methods=["GET"])]


async def mails(request: Request) -> Response:
    """List the latest 100 mails."""
    rows = sink_of(request).store.execute("SELECT * FROM mail ORDER BY seq DESC LIMIT 100").fetchall()
    body = fill(_LIST, head=head("mail"), items=join(_row(row) for row in rows) or Html(_NONE))
    return page(shell(title="邮件 · 模拟收件箱", body=body, refresh=REFRESH))


async def mail(request: Request) -> Response:
    """Show one mail; its HTML runs no script and loads nothing, in a frame without any right."""
    row = (
        sink_of(request)
        .store.execute("SELECT * FROM mail WHERE seq = ?", (min(request.path_params["id"], 2**62),))
        .fetchone()
    )
    if row is None:
        raise RefusedError(404, "not_found", "there is no such mail")
    letter = letters.read(row["raw"])
    parts = [_section("文字", "Text", fill("<pre>$text</pre>", text=letter.text))] if letter.text else []
    if letter.html:
        framed = fill('<iframe sandbox="" srcdoc="$html" title="HTML"></iframe>', html=letter.html)
        parts.append(_section("网页版", "HTML", framed))
    parts += [_attachment(attachment) for attachment in letter.attachments]
    subject = letter.headers.get("Subject", "") or "(无主题 no subject)"
    body = fill(
        _MAIL,
        head=head("mail"),
        subject=subject,
        sender=letter.headers.get("From", ""),
        to="，".join(json.loads(row["recipients"])),
        at=clock(row["at"]),
        message_id=row["message_id"],
        parts=join(parts),
    )
    return page(shell(title=f"{subject} · 邮件", body=body))


def _row(row: sqlite3.Row) -> Html:
    letter = letters.read(row["raw"])
    return fill(
        _ROW,
        id=row["seq"],
        subject=letter.headers.get("Subject", ""),
        to=", ".join(json.loads(row["recipients"])),
        at=clock(row["at"]),
        sign="历" if letter.calendar else "信",
    )


def _section(zh: str, en: str, content: Html) -> Html:
    return fill(
        '<section class="card"><h2>$title</h2>$content</section>', title=both(zh, en), content=content
    )


def _attachment(attachment: Attachment) -> Html:
    about = fill('<p class="soft small">$kind · $size B</p>', kind=attachment.kind, size=attachment.size)
    shown = Html("")
    if attachment.text is not None:
        shown = fill('<pre class="code">$text</pre>', text=attachment.text)
    return _section(f"附件 {attachment.name}", "Attachment", join([about, shown]))


_LIST = """<main class="wide">$head<div class="card list">$items</div></main>"""
_ROW = """<a href="/mail/$id"><span class="face" aria-hidden="true">$sign</span>
<span class="grow"><b class="cut">$subject</b><span class="cut soft small">$to</span></span>
<span class="soft small">$at</span></a>"""
_NONE = """<p class="empty">还没有邮件 <span class="en" lang="en">no mail yet</span></p>"""
_MAIL = """<main class="wide">$head<section class="card"><h1>$subject</h1><dl class="small">
<dt>发件人 From</dt><dd>$sender</dd><dt>收件人 To</dt><dd>$to</dd><dt>时间 At</dt><dd>$at</dd>
<dt>Message-ID</dt><dd class="code">$message_id</dd></dl></section>$parts</main>"""
