"""Reading a report of a switch: needs the verifier key alone, and neither a database nor this installation."""

import json
from typing import Any

from raincheck.audit.notes import NotOurs, Verifier

HEADING = "raincheck dual-track report"


def read(text: str, verifier: Verifier) -> dict[str, Any]:
    """Return what a report says, once it is this key's. Raises NotOurs."""
    lines = verifier.open(text).splitlines()
    if len(lines) != len(("key", "heading", "said")) or lines[:2] != [verifier.name, HEADING]:
        raise NotOurs("signed, but no report of a take-over")
    said: dict[str, Any] = json.loads(lines[2])
    return said
