"""The report of a switch: a signed note, as the audit's checkpoints are; whoever has the key can check it."""

import hashlib
from collections.abc import Sequence
from typing import Any

from raincheck.accounts.models import Company
from raincheck.audit.canonical import canonical
from raincheck.audit.notes import signer
from raincheck.migration.dual_track.models import DualTrack, TrackDay
from raincheck.migration.dual_track.reading import HEADING


def signed(track: DualTrack, company: Company, days: Sequence[TrackDay]) -> str:
    """Return the report as a signed note: the key's name, what it is, and one line of canonical JSON."""
    key = signer()
    said = {
        "company": {"id": str(company.id), "slug": company.slug, "name": company.name},
        "track": str(track.id),
        "source": track.name,
        "timezone": track.timezone,
        "since": track.since.isoformat() if track.since else None,
        "begun_at": track.begun_at.isoformat(),
        "switched_at": track.switched_at.isoformat() if track.switched_at else None,
        "switched_by": str(track.switched_by_id) if track.switched_by_id else None,
        "days_in_a_row_needed": track.needed,
        "days": [_day(day) for day in days],
    }
    return key.sign(f"{key.verifier.name}\n{HEADING}\n{canonical(said)}\n")


def digest(text: str) -> str:
    """Return the SHA-256 (hex) of a report, as the audit has it."""
    return hashlib.sha256(text.encode()).hexdigest()


def _day(day: TrackDay) -> dict[str, Any]:
    return {
        "day": day.day.isoformat(),
        "loaded_at": day.loaded_at.isoformat(),
        "file_sha256": day.sha256,
        "rows_there": day.rows_there,
        "rows_here": day.rows_here,
        "agreeing": day.agreeing,
        "repeated": day.repeated,
        "differences": day.counts,
        "checksum_there": day.checksum_there,
        "checksum_here": day.checksum_here,
    }
