"""An answer's JSON, whatever it is: some vendors answer lists, or call their JSON text."""

import json
from typing import Any

from raincheck.core import http


def document(answer: http.Answer) -> Any:
    """Return an answer's JSON; None where it is none."""
    if answer.json is not None:
        return answer.json
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
