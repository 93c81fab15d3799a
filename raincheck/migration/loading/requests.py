"""A request for a cancellation as a file tells of it: what its row and its deed hold, as one of ours would."""

from typing import Any

from psycopg.types.json import Jsonb

from raincheck.cancellations.models import Agreement
from raincheck.cancellations.policy import IMPORTED, Facts, Initiator, Outcome, Progress
from raincheck.migration.values.states import Cancelled
from raincheck.migration.values.times import Span
from raincheck.recruiting.models import Position

_CHANNEL, _VERSION = "import", 0


def same_of_all(outcome: Outcome) -> dict[str, Any]:
    """Return the columns that all cancellations of a file share."""
    return {
        "channel": _CHANNEL,
        "outcome": outcome,
        "rule": IMPORTED,
        "policy_version": _VERSION,
        "checks": Jsonb([]),
        "decision_note": "",
        "though_begun": False,
        "agreement": Agreement.NOT_NEEDED,
        "mismatch": "",
        "attempts": 0,
    }


def on_record(
    how: Cancelled, outcome: Outcome, position: Position, *, school: str, source: str
) -> dict[str, Any]:
    """Return what is recorded of the request itself."""
    return {
        "reason": how.reason,
        "note_given": bool(how.note),
        "initiator": how.initiator,
        "channel": _CHANNEL,
        "outcome": outcome,
        "rule": IMPORTED,
        "policy_version": _VERSION,
        "position": str(position.id),
        "department": str(position.department_id),
        "school": school,
        "source": source,
        "asked_at": how.at.isoformat(),
    }


def facts_then(how: Cancelled, position: Position, span: Span) -> Jsonb:
    """Return what was the case when it was asked for, as far as the file says."""
    facts = Facts(
        initiator=Initiator(how.initiator),
        now=how.at,
        interview_kind=span.kind,
        interview_state="scheduled",
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        progress=Progress.UNKNOWN,
        vendor_said_at=None,
        recent_cancellations=(),
        position_state=position.state,
        department=str(position.department_id),
        vendor=None,
        working_hours=False,
    )
    return Jsonb(facts.as_json())
