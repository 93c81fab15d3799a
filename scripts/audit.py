"""Look for known weaknesses in what we are built from: `make audit`.

pip-audit asks the package index's advisories about every line of the lock file, tools of ours included. Where the
index can't be reached, or knows no advisories, as many mirrors don't, that is said in so many words and isn't a
failure: nobody's work stops because a line is down. Ends with 1 only where a weakness is known.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
#: Holds all of base.txt as well.
LOCK = "requirements/dev.txt"
PATIENCE = 120


def main() -> int:
    """Audit the lock file."""
    argv = [sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip", "--format", "json"]
    argv += ["--progress-spinner", "off", "--timeout", "10", "-r", str(ROOT / LOCK)]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=PATIENCE)
        report = json.loads(done.stdout)
    except (ValueError, subprocess.TimeoutExpired):
        report = None
    status, lines = verdict(report)
    for line in lines:
        print(f"audit: {LOCK}: {line}")
    return status


def verdict(report: dict[str, Any] | None) -> tuple[int, list[str]]:
    """Return the exit status and what to say of one report of pip-audit's; None where there is none."""
    if report is None:
        return 0, ["NOT AUDITED: no advisories could be reached from here"]
    found = report["dependencies"]
    unseen = [one["name"] for one in found if "skip_reason" in one]
    seen = [one for one in found if "skip_reason" not in one]
    lines = [_weakness(one, known) for one in seen for known in one["vulns"]]
    if not seen:
        return 0, [f"NOT AUDITED: the index here has no advisories for any of {len(unseen)} packages"]
    said = f"{len(seen)} packages audited, {len(lines)} known weaknesses"
    not_seen = [f"NOT AUDITED: {', '.join(unseen)}"] if unseen else []
    return int(bool(lines)), [*lines, said, *not_seen]


def _weakness(package: dict[str, Any], known: dict[str, Any]) -> str:
    fixed = ", ".join(known["fix_versions"]) or "no release yet"
    return f"{package['name']} {package['version']}: {known['id']}, mended in {fixed}"


if __name__ == "__main__":
    sys.exit(main())
