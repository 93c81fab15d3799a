"""Reading what SMS carriers tell later: a JSON array, of which only ids, verdicts and codes are kept."""

import json
from collections.abc import Mapping
from typing import Any

from raincheck.notifications.channels.base import Call, NotUnderstood, Told

#: How many reports one call may hold; Aliyun sends up to 500, Tencent up to 200.
MOST = 1000


def objects(call: Call) -> list[Mapping[str, Any]]:
    """Return the objects of a JSON array. Raises NotUnderstood."""
    try:
        found = json.loads(call.body)
    except (ValueError, RecursionError) as error:
        raise NotUnderstood("not JSON") from error
    if not isinstance(found, list) or not 0 < len(found) <= MOST:
        raise NotUnderstood("not an array of reports")
    if not all(isinstance(one, dict) for one in found):
        raise NotUnderstood("not an array of objects")
    return found


def told(one: Mapping[str, Any], *, id_field: str, delivered: bool, code_field: str) -> Told:
    """Return one report's news. Raises NotUnderstood."""
    provider_id, code = one.get(id_field), one.get(code_field, "")
    if not isinstance(provider_id, str) or not provider_id or "\0" in provider_id:
        raise NotUnderstood(f"no {id_field}")
    # A code is a word; what else stands there may be anybody's text.
    said = code if isinstance(code, str) and code.replace("_", "").replace(":", "").isalnum() else ""
    return Told(provider_id, delivered, "" if delivered else said[:60])
