"""A company whose requests for cancellation ended in every possible way, and reading its exports back."""

import csv
import io
import re
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from raincheck.cancellations import errors
from raincheck.cancellations.actions import approve, reject, withdraw
from raincheck.cancellations.clocks import run_clock
from raincheck.cancellations.models import Cancellation
from raincheck.core.actor import Actor
from raincheck.recruiting.models import Application, Candidate, Department, Position
from tests.people import text
from tests.world import World

AUDIT = reverse("console:audit")
TRAIL = reverse("console:audit_trail")
EXPORT = reverse("console:audit_export")
EXPORT_TRAIL = reverse("console:audit_trail_export")
SHANGHAI = ZoneInfo("Asia/Shanghai")
FINALLY = ("已取消", "已驳回", "已撤回")
#: Whom the stories are about, newest request first, and how each ended.
STORIES = {
    "辛被拒": "未受理",
    "庚在审": "待审核",
    "己超时": "已取消",
    "戊撤回": "已撤回",
    "丁被驳回": "已驳回",
    "丙获批": "已取消",
    "乙由HR": "已取消",
    "甲自动": "已取消",
}


def everything(world: World, drain: Any) -> dict[str, Cancellation]:
    """Have a request end in each possible way, each by a candidate of its own."""
    hr, recruiter = world.actor(), world.actor("recruiter")
    sales = _position(world)
    asked = {
        "甲自动": _ask(world, "甲自动", hours=120, note="学校答辩"),
        "乙由HR": _ask(
            world,
            "乙由HR",
            hours=121,
            position=sales,
            school="海滨学院",
            actor=recruiter,
            reason="position_filled",
            channel="console",
        ),
        "丙获批": _ask(world, "丙获批", hours=3, reason="health"),
        "丁被驳回": _ask(world, "丁被驳回", hours=4, source="内部推荐"),
        "戊撤回": _ask(world, "戊撤回", hours=5, school="海滨学院"),
        "己超时": _ask(world, "己超时", hours=6),
        "庚在审": _ask(world, "庚在审", hours=7),
    }
    with pytest.raises(errors.InterviewSubmitted):
        _ask(world, "辛被拒", hours=1, reason="emergency", state="submitted", progress="submitted")
    with world.scope() as now:
        approve(cancellation_id=asked["丙获批"].id, actor=hr, decision_note="请好好休息", now=now)
        reject(cancellation_id=asked["丁被驳回"].id, actor=recruiter, decision_note="请按时参加", now=now)
        owner = world.as_candidate(_named(world, "戊撤回"))
        withdraw(cancellation_id=asked["戊撤回"].id, actor=owner, now=now)
    with world.scope() as now:
        late = asked["己超时"]
        Cancellation.objects.filter(id=late.id).update(due_at=now, final_due_at=now)
        run_clock(cancellation_id=late.id, actor=Actor.system(world.company.id), now=now)
    drain()
    return {name: world.fresh(cancellation) for name, cancellation in asked.items()}


def _ask(
    world: World,
    name: str,
    *,
    hours: float,
    position: Position | None = None,
    school: str = "示例大学",
    source: str = "校园招聘",
    state: str = "scheduled",
    progress: str = "unopened",
    **how: Any,
) -> Cancellation:
    candidate = world.add_candidate(name=name)
    interview = world.book(hours=hours, candidate=candidate, state=state, progress=progress)
    with world.scope():
        Candidate.objects.filter(id=candidate.id).update(school=school)
        mine = Application.objects.filter(candidate=candidate)
        mine.update(source=source, position=position or world.position)
    return world.ask(world.fresh(interview), **how)


def _position(world: World) -> Position:
    with world.scope():
        department = Department.objects.create(company=world.company, name="销售部")
        return Position.objects.create(
            company=world.company, department=department, title="销售代表", owner=world.staff["recruiter"]
        )


def _named(world: World, name: str) -> Candidate:
    return next(candidate for candidate in world.candidates if candidate.name == name)


def sent(response: Any) -> bytes:
    """Return a streamed answer whole."""
    assert response.status_code == 200, response
    assert response.streaming
    whole = b"".join(response.streaming_content)
    response.close()
    return whole


def as_csv(response: Any) -> list[dict[str, str]]:
    """Return a CSV answer's rows by heading; of a heading that names its zone, without the zone."""
    decoded = sent(response).decode("utf-8")
    assert decoded.startswith("\ufeff")
    headings, *rows = csv.reader(io.StringIO(decoded.removeprefix("\ufeff"), newline=""))
    assert all(len(row) == len(headings) for row in rows)
    bare = [heading.split(" (Asia")[0] for heading in headings]
    return [dict(zip(bare, row, strict=True)) for row in rows]


def as_xlsx(response: Any) -> list[Any]:
    """Return the sheets of an Excel answer."""
    return list(load_workbook(io.BytesIO(sent(response))).worksheets)


def filtered(client, **typed):
    """Return the rows of the CSV that these filters let through, by the candidate's name."""
    rows = as_csv(client.post(EXPORT, {"format": "csv", **typed}))
    return {row["候选人"]: row for row in rows}


def listed(client, **typed):
    """Return the names on every page of the list, following the links to older ones."""
    names, query = [], {"from": "", **typed}
    while True:
        page = text(client.get(AUDIT, query))
        names += re.findall(r'<td class="cell-main"><a [^>]*>([^<]*)</a>', page)
        older = re.search(r"href=\"\?[^\"]*at=(older_[0-9]+_[0-9a-f]+)", page)
        if older is None:
            return names
        query = {**query, "at": older[1]}
