"""The command: examine everything that can be examined, say it, and let the exit status tell the worst."""

import json
from argparse import Namespace
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from typing import Any

from raincheck.core.terminal import say
from raincheck.doctor import place as places
from raincheck.doctor.finding import Check, Finding, Grade, Said, tried
from raincheck.doctor.place import Place

_WORDS = {Grade.OK: "正常 ok", Grade.WARN: "注意 warn", Grade.FAIL: "故障 FAIL"}
_UNSEEN = Said("未能检查", "not looked at")


def doctor(args: Namespace) -> int:
    """Examine the installation; 0 where nothing has failed, else 1."""
    return _told(_examine(places.find()), as_json=args.json)


def deployment(args: Namespace) -> int:
    """Examine the settings alone, for people's real data on a real network; 0 where nothing has failed, else 1."""
    return _told(import_module("raincheck.doctor.deployment").examine(), as_json=args.json)


def _told(found_one_by_one: Iterator[Finding], *, as_json: bool) -> int:
    findings = []
    for found in found_one_by_one:
        findings.append(found)
        if not as_json:
            say(_line(found))
    worst = max(found.grade for found in findings)
    if as_json:
        shown = {"status": worst.name.lower(), "checks": [found.as_json() for found in findings]}
        say(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        say(_summary(findings))
    return int(worst is Grade.FAIL)


def _examine(place: Place) -> Iterator[Finding]:
    """Yield every finding, each as soon as it is made. What needs what has failed is said to be unseen."""
    told = tried("settings", partial(places.settings, place))
    yield from told
    host: Any = import_module("raincheck.doctor.host")
    yield from tried("disk", partial(host.disk, place))
    yield from tried("time_zones", host.zones)
    if any(found.grade is Grade.FAIL for found in told):
        yield from _unseen("settings", ["mail", "sms", "database", *_INSIDE])
        return
    yield from tried("mail", host.mail)
    yield from tried("sms", host.sms)
    yield from _inside(place)


#: What is asked of the database: the check's name, and where the function stands.
_INSIDE = {
    "migrations": "database.migrations",
    "walls": "database.walls",
    "clock": "database.clock",
    "backup": "backups.last_good",
    "companies": "house.companies",
    "workers": "house.workers",
    "queue": "house.oldest_jobs",
    "failed_jobs": "house.gave_up",
    "open_cancellations": "house.stranded",
    "promises": "house.kept_promises",
    "vendor_lag": "house.vendors",
    "vendor_adapters": "house.plugged_in",
    "messages": "house.messages",
    "audit_seal": "trail.sealed",
    "audit_stamp": "trail.stamped",
    "master_keys": "keys.rotated",
}


def _inside(place: Place) -> Iterator[Finding]:
    _without_pool()
    # Imported late: models need Django's settings, which needed the database's address.
    database: Any = import_module("raincheck.doctor.database")
    met = tried("database", partial(database.reachable, place))
    yield from met
    if not any(found.check == "connections" for found in met):
        yield from _unseen("database", list(_INSIDE))
        return
    for name, where in _INSIDE.items():
        module, _, function = where.partition(".")
        check: Check = getattr(import_module(f"raincheck.doctor.{module}"), function)
        yield from tried(name, check)


def _without_pool() -> None:
    """Connect directly: a pool would go on trying, and say so in the log, long after the answer is clear."""
    connections: Any = import_module("django.db").connections
    options = connections["default"].settings_dict["OPTIONS"]
    options.pop("pool", None)
    # Nor may one question about a sick database keep all the others waiting.
    options["options"] = "-c statement_timeout=10000"


def _unseen(why: str, checks: list[str]) -> Iterator[Finding]:
    for name in checks:
        yield Finding(name, Grade.WARN, _UNSEEN, Said(f"先解决 {why}", f"mend {why} first"))


def _line(found: Finding) -> str:
    line = f"{_WORDS[found.grade]:<9} {found.check:<19} {found.seen}"
    return f"{line}\n{'':<13}→ {found.todo}" if found.grade and str(found.todo) else line


def _summary(findings: list[Finding]) -> str:
    fails, warns = (sum(found.grade is grade for found in findings) for grade in (Grade.FAIL, Grade.WARN))
    if not fails and not warns:
        return "一切正常 / All is well."
    return f"故障 {fails}，注意 {warns} / {fails} failed, {warns} to look at"
