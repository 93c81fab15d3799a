"""How a take-over's days and differences read at a shell: a line each, times by the take-over's own zone."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from raincheck.migration.dual_track.models import TrackDay, TrackDifference


def of_day(day: TrackDay) -> tuple[str, ...]:
    """Return one day's line: the day, rows on both sides, how many agree, what differs, of which file."""
    differs = ", ".join(f"{kind} {many}" for kind, many in sorted(day.counts.items()))
    rows = f"对方 / there {day.rows_there}，本平台 / here {day.rows_here}"
    rows += f"，重复 / repeated {day.repeated}" if day.repeated else ""
    return (str(day.day), rows, f"一致 / agree {day.agreeing}", differs or "=", day.file_name)


def of_row(row: TrackDifference, zone: ZoneInfo) -> tuple[str, ...]:
    """Return one difference's line: what differs, the row in the file, each side, the interview here."""
    number = f"#{row.number}" if row.number else "-"
    return (row.kind, number, _side(row.there, zone), _side(row.here, zone), str(row.interview_id or ""))


def _side(said: Mapping[str, str], zone: ZoneInfo) -> str:
    if "fault" in said:
        words = f"{said['zh']} / {said['en']}" if "zh" in said else ""
        return "  ".join(filter(None, (said["fault"], said.get("column", ""), words)))
    if "starts_at" not in said:
        return "-"
    start, end = (datetime.fromisoformat(said[name]).astimezone(zone) for name in ("starts_at", "ends_at"))
    until = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%Y-%m-%d %H:%M}"
    return f"{said['position']}  {start:%Y-%m-%d %H:%M}–{until}  {said['state']}"
