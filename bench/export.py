"""The auditor's pages and exports of a million requests, over HTTP, and what the web process holds meanwhile."""

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from bench import audit_history
from bench.audit_history import EMAIL, PASSWORD
from bench.ground import Ground, web
from bench.report import Figure

ROWS = int(os.environ.get("RAINCHECK_BENCH_ROWS", "1000000"))
GOAL_MB = 200
#: How long anything may take before it counts as hung.
PATIENCE = 1800.0
PAGES: dict[str, dict[str, str]] = {
    "audit_page_s": {},
    "audit_page_all_time_s": {"from": ""},
    "audit_page_narrowed_s": {"from": "", "outcome": "rejected", "school": "第7学院"},
    "audit_page_by_name_s": {"from": "", "candidate": "候选人777"},
    "audit_trail_page_s": {"from": ""},
}


def run(ground: Ground) -> list[Figure]:
    """Measure what an auditor looks at, and both formats of the export."""
    audit_history.fill(ground, ROWS)
    browser = {"trust_env": False, "timeout": PATIENCE, "follow_redirects": True}
    with web(workers=1) as site, httpx.Client(base_url=site.url, **browser) as client:  # type: ignore[arg-type] # options
        _sign_in(client)
        return [*_pages(client), *_exports(client, _server_of(site.pid))]


def _sign_in(client: httpx.Client) -> None:
    token = _token(client.get("/staff/login/").text)
    form = {"login": EMAIL, "password": PASSWORD, "csrfmiddlewaretoken": token}
    client.post("/staff/login/", data=form, headers={"Referer": str(client.base_url)}).raise_for_status()


def _token(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    if found is None:
        raise RuntimeError(f"no form: {page[:200]}")
    return found[1]


def _server_of(pid: int) -> int:
    """Return the process that serves: granian's own first process only watches over it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return int(children[0]) if children else pid


def _pages(client: httpx.Client) -> Iterator[Figure]:
    """Time each page the second time it is looked at: of the last thirty days, of all time, and narrowed."""
    for name, query in PAGES.items():
        address = "/console/audit/trail/" if "trail" in name else "/console/audit/"
        client.get(address, params=query)
        began = time.monotonic()
        client.get(address, params=query).raise_for_status()
        yield Figure(
            name, time.monotonic() - began, "s", detail=f"{ROWS} requests; {query or 'last 30 days'}"
        )


def _exports(client: httpx.Client, process: int) -> Iterator[Figure]:
    for form in ("csv", "xlsx"):
        token = _token(client.get("/console/audit/").text)
        _forget_peak(process)
        before, began, first, size = _memory(process, "VmRSS"), time.monotonic(), 0.0, 0
        typed = {"format": form, "from": "", "csrfmiddlewaretoken": token}
        with client.stream(
            "POST", "/console/audit/export/", data=typed, headers={"Referer": str(client.base_url)}
        ) as answer:
            answer.raise_for_status()
            for piece in answer.iter_raw(1 << 16):
                first = first or time.monotonic() - began
                size += len(piece)
        seconds, peak = time.monotonic() - began, _memory(process, "VmHWM")
        said = (
            f"{size / 1e6:.0f} MB in {seconds:.0f} s, first byte after {first:.1f} s; {before:.0f} MB before"
        )
        yield Figure(f"export_{form}_rss_mb", peak, "MB", at_most=GOAL_MB, detail=f"{ROWS} rows; {said}")
        yield Figure(f"export_{form}_rows_per_s", ROWS / seconds, "rows/s", detail=said)


def _forget_peak(process: int) -> None:
    """Have the kernel measure the peak anew (proc(5), clear_refs)."""
    Path(f"/proc/{process}/clear_refs").write_text("5", encoding="ascii")


def _memory(process: int, name: str) -> float:
    status = Path(f"/proc/{process}/status").read_text("ascii")
    return int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) / 1000  # type: ignore[index] # Linux always has it
