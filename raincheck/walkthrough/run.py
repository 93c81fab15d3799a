"""The command: find the running demo, walk through, print the timeline."""

import json
import sys
from argparse import Namespace
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx

from raincheck import hosting
from raincheck.runtime.home import Home
from raincheck.runtime.instance import running_instance
from raincheck.walkthrough.browser import Astray
from raincheck.walkthrough.candidate import cancel_one
from raincheck.walkthrough.onlooker import Step, sign_in_as_staff, watch

WITHIN = 60.0
_PEOPLE_TRIED = 40


@dataclass(frozen=True)
class Place:
    """Where a demo runs: its web server's origin, its phones, the company's AI interview system."""

    origin: str
    outbox: str
    vendor: str


def walk(args: Namespace) -> int:
    """Walk through; 0 only if all of it happened within a minute of asking."""
    try:
        place = _place(args)
        office = sign_in_as_staff(place.origin, email=args.staff, password=args.password)
        phones = (f"+{int(args.phone) + further}" for further in range(_PEOPLE_TRIED))
        asked = cancel_one(portal=f"{place.origin}/c/{args.company}/", outbox=place.outbox, phones=phones)
        steps, missing = watch(asked, office=office, vendor=place.vendor, seconds=WITHIN)
    except (Astray, httpx.HTTPError) as error:
        return _failed(error, as_json=args.json)
    begun = next((step.at for step in steps if step.name == "asked"), asked.sent_at)
    late = [step.name for step in steps if (step.at - begun).total_seconds() > WITHIN]
    ok = not missing and not late
    if args.json:
        shown = {"steps": _as_json(steps, begun), "ok": ok, "missing": missing}
        _put(json.dumps(shown, ensure_ascii=False))
    else:
        _put(_as_text(steps, begun, [*missing, *late]))
    return 0 if ok else 1


def _place(args: Namespace) -> Place:
    """Return where the demo says it is, or what the flags say. Raises Astray."""
    if args.url:
        return Place(args.url.rstrip("/"), args.outbox.rstrip("/"), args.vendor.rstrip("/"))
    instance = running_instance(Home(hosting.demo_home()))
    if instance is None or "console" not in instance.addresses:
        state = "尚未就绪 / is still starting" if instance else "没有运行 / isn't running"
        raise Astray(f"演示{state}。请先执行 make demo / Run `make demo` first.")
    addresses = instance.addresses
    origins = [addresses["console"], addresses["phone"], addresses[f"vendor-{args.company}"]]
    return Place(*(f"{urlsplit(there).scheme}://{urlsplit(there).netloc}" for there in origins))


def _failed(error: Exception, *, as_json: bool) -> int:
    if as_json:
        _put(json.dumps({"steps": [], "ok": False, "error": str(error)}, ensure_ascii=False))
    sys.stderr.write(f"{error}\n")
    return 1


def _as_json(steps: list[Step], begun: datetime) -> list[dict[str, object]]:
    return [
        {
            "name": step.name,
            "at": step.at.astimezone(UTC).isoformat(),
            "seconds": round((step.at - begun).total_seconds(), 3),
        }
        for step in steps
    ]


def _as_text(steps: list[Step], begun: datetime, missing: list[str]) -> str:
    rows = [f"{(step.at - begun).total_seconds():9.3f} s  {step.name}" for step in steps]
    end = [f"  missing     {what}" for what in missing] or ["全部完成 / All of it happened."]
    return "\n".join([*rows, *end])


def _put(text: str) -> None:
    sys.stdout.write(f"{text}\n")
