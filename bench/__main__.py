"""`python -m bench [name …]`: measure, print a table, write bench/results.json.

A name is a figure's or a part's; every part runs in a process of its own, on ground of its own.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.report import table

RESULTS = Path(__file__).parent / "results.json"
#: Part of the bench (a module of this package) → the figures it gives.
PARTS = {
    "cancel_http": ("cancel_http_per_s", "cancel_http_ratio", "cancel_http_statements"),
    "everyone_knows": (
        "everyone_knows_p50_s",
        "everyone_knows_p99_s",
        "everyone_knows_20_p50_s",
        "everyone_knows_20_p99_s",
        "everything_done_per_s",
    ),
    "healthy_vendor": ("healthy_vendor_p50_s", "healthy_vendor_p99_s"),
    "export": (
        "audit_page_s",
        "audit_page_all_time_s",
        "audit_page_narrowed_s",
        "audit_page_by_name_s",
        "audit_trail_page_s",
        "export_csv_rss_mb",
        "export_csv_rows_per_s",
        "export_xlsx_rss_mb",
        "export_xlsx_rows_per_s",
    ),
    "messages": (
        "message_p50_s",
        "message_p99_s",
        "burst_10k_s",
        "burst_ack_p99_s",
        "messages_twice",
    ),
    "audit_verify": ("audit_verify_per_s", "audit_verify_ratio", "audit_seal_per_s"),
    "webhook": ("webhook_p99_ms",),
    "archive": ("archive_per_s",),
    "imports": ("import_rows_per_s", "import_ratio", "import_rss_mb"),
    "rollback": ("rollback_100k_s", "rollback_100k_undone_s"),
    "reconcile": ("reconcile_1m_s", "reconcile_1m_again_s", "reconcile_1m_rss_mb"),
}


def main(wanted: list[str]) -> int:
    """Return 0 when all goals were met, 1 when one wasn't, 2 for a name nobody knows."""
    parts = [part for part, figures in PARTS.items() if not wanted or {part, *figures} & set(wanted)]
    unknown = set(wanted) - set(PARTS) - {figure for figures in PARTS.values() for figure in figures}
    if unknown:
        sys.stderr.write(f"bench: no such figure: {', '.join(sorted(unknown))}\n")
        return 2
    results: list[dict[str, Any]] = []
    for part in parts:
        results += _measure(part)
        RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(table(results))
    return 0 if all(result["ok"] for result in results) else 1


def _measure(part: str) -> list[dict[str, Any]]:
    sys.stderr.write(f"bench: {part} …\n")
    with tempfile.NamedTemporaryFile("r", suffix=".json") as answer:
        subprocess.run([sys.executable, "-m", "bench.part", part, answer.name], check=True)
        found: list[dict[str, Any]] = json.load(answer)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
