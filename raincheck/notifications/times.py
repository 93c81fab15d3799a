"""When an interview is, as a fact of a message: instants stay instants until somebody reads them (`words.py`)."""

from typing import Any

from raincheck.recruiting.models import Interview


def times_of(
    interview: Interview, *, starts_at: str | None = None, ends_at: str | None = None
) -> dict[str, Any]:
    """Return `{kind, precision, starts_at, ends_at}`, ISO instants; as they were, where other ones are given."""
    return {
        "kind": interview.kind,
        "precision": interview.precision,
        "starts_at": starts_at or interview.starts_at.isoformat(),
        "ends_at": ends_at or interview.ends_at.isoformat(),
    }
