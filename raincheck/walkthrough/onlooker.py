"""Watching from outside until all of it happened: HR's timeline, the AI interview system's log, the phone."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from raincheck.walkthrough.browser import Astray, Browser, Page
from raincheck.walkthrough.candidate import Asked

_POLL = 0.25
#: The deeds that must be on the timeline, by the name their step has.
DEEDS = {
    "cancellation.requested": "asked",
    "cancellation.agreed": "vendor agreed",
    "archive.moved": "moved",
    "cancellation.completed": "completed",
}
_ACKNOWLEDGED, _CONFIRMED = "asked.", "cancelled."


@dataclass(frozen=True)
class Step:
    """One thing that happened, and when."""

    name: str
    at: datetime


def watch(asked: Asked, *, office: Browser, vendor: str, seconds: float) -> tuple[list[Step], list[str]]:
    """Watch until everything happened or the time is up; return the steps in order, and what is missing.

    `office` is a signed-in console. Raises httpx.HTTPError.
    """
    deadline = time.monotonic() + seconds
    settled: datetime | None = None
    while True:
        if settled is None and asked.browser.open(asked.interview_url).shows("state state-cancelled"):
            settled = datetime.now(UTC)
        timeline = office.open(f"/console/interviews/{asked.interview_id}/")
        missing = _missing(timeline, settled)
        if not missing or time.monotonic() > deadline:
            break
        time.sleep(_POLL)
    steps = [Step("acknowledged: page 取消中", asked.acknowledged_at), *_deeds(timeline, asked, vendor)]
    steps += _deliveries(timeline)
    steps += [Step("page 已取消", settled)] if settled else []
    return sorted(steps, key=lambda step: step.at), missing


def _missing(timeline: Page, settled: datetime | None) -> list[str]:
    """Name what has not happened yet: a deed, a message, or a delivery still on its way."""
    seen = {mark["data-event"] for mark in timeline.marked("data-event")}
    missing = [name for event, name in DEEDS.items() if event not in seen]
    missing += [] if settled else ["page 已取消"]
    sent = {
        (mark["data-message"].partition(".")[0] + ".", mark["data-channel"])
        for mark in timeline.marked("data-message")
    }
    wanted = {(_ACKNOWLEDGED, "sms"), (_CONFIRMED, "sms"), (_CONFIRMED, "email"), (_CONFIRMED, "in_app")}
    missing += [f"message {event}* by {channel}" for event, channel in sorted(wanted - sent)]
    waiting = sum(1 for mark in timeline.marked("data-waiting"))
    return [*missing, f"{waiting} deliveries"] if waiting else missing


def _deeds(timeline: Page, asked: Asked, vendor: str) -> Iterator[Step]:
    for mark in timeline.marked("data-event"):
        name = DEEDS.get(mark["data-event"])
        at = datetime.fromisoformat(mark["data-at"]) if name else None
        if name and at:
            said = _vendor_said(vendor, since=asked.sent_at, until=at) if name == "vendor agreed" else None
            yield Step(name, said or at)


def _vendor_said(vendor: str, *, since: datetime, until: datetime) -> datetime | None:
    """Return when the AI interview system itself says it cancelled, if its own log can be read."""
    try:
        answer = httpx.get(f"{vendor}/_control/calls", headers={"X-Control": "1"}, trust_env=False)
        calls: list[Mapping[str, Any]] = answer.raise_for_status().json()["items"]
    except (httpx.HTTPError, ValueError):
        return None
    at = [
        datetime.fromisoformat(call["at"])
        for call in calls
        if call["operation"] == "cancel" and call["effect"]
    ]
    return next((moment for moment in reversed(at) if since <= moment <= until), None)


def _deliveries(timeline: Page) -> Iterator[Step]:
    for mark in timeline.marked("data-message"):
        name = f"message {mark['data-message']} → {mark['data-to']} · {mark['data-channel']}"
        yield Step(name, datetime.fromisoformat(mark["data-at"]))


def sign_in_as_staff(origin: str, *, email: str, password: str) -> Browser:
    """Return a console browser. Raises Astray, httpx.HTTPError."""
    office = Browser(origin)
    door = office.open("/staff/login/")
    inside = office.send(door, door.form("login", "password"), login=email, password=password)
    if "/console/" not in inside.url:
        raise Astray(f"{email} can't sign in at {door.url} ({inside.status})")
    return office
