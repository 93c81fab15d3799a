"""What every adapter's calls have in common: the ledger's record, and which answers are which failure."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from raincheck.core import http
from raincheck.vendors.adapters.base import CallRecord, Line, Permanent, Retry

_TOO_MANY, _SERVER, _NOT_IMPLEMENTED, _REFUSED, _NO_SUCCESS = 429, 500, 501, 400, 300
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,40}")
Read = TypeVar("Read")
#: Picks a vendor's own error code out of an answer's JSON.
Code = Callable[[Any], object]


@dataclass(frozen=True)
class Request:
    """One call to make; `key` is its idempotency key, for the ledger: where it is sent is the adapter's to say."""

    operation: str
    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None
    key: str = ""
    #: The header by which this vendor says in how many seconds to come back.
    wait_header: str = "retry-after"


def ask(line: Line, request: Request, *, code: Code | None = None) -> http.Answer:
    """Make a call and note it on the line; returns whatever is an answer to it, refusals included.

    `code` picks the vendor's error code out of an answer's JSON for the ledger. Raises Held where the account's
    gate is shut, Retry where no answer came, where the vendor is over its limit, and for every 5xx but 501, which
    is a plain no; Permanent where the address may not be called, or a header (its key) not be sent.
    """
    line.gate.enter()
    trouble, wait = "", 0.0
    try:
        answer = _call(line, request, code)
        if answer.status == _TOO_MANY:
            wait = _seconds(answer.headers.get(request.wait_header, ""))
            raise Retry("rate limit", after=wait)
        if answer.status >= _SERVER and answer.status != _NOT_IMPLEMENTED:
            trouble = f"answered {answer.status}"
            raise Retry(trouble)
    except http.Unreachable as error:
        trouble = f"unreachable ({error})"
        raise Retry(trouble) from error
    except http.Forbidden as error:
        message = f"{error} is in a private network (RAINCHECK_PRIVATE_NETWORKS)"
        raise Permanent(message) from error
    except http.Unsendable as error:
        raise Permanent("a header holds what HTTP can't send") from error
    finally:
        line.gate.leave(trouble=trouble, wait=wait)
    return answer


def _call(line: Line, request: Request, code: Code | None) -> http.Answer:
    """Make a call, and note it on the line whatever comes of it."""
    started = time.perf_counter()
    outcome, detail = "unreachable", ""
    try:
        answer = http.call(
            request.method,
            f"{line.base_url}{request.path}",
            headers=request.headers,
            json=request.json,
            form=request.form,
        )
        outcome = "ok" if answer.status < _REFUSED else "refused"
        detail = f"{answer.status} {_code(answer, code)}".strip()
    except http.Unreachable as error:
        detail = str(error)
        raise
    except http.Forbidden:
        detail = "private network"
        raise
    except http.Unsendable:
        detail = "unsendable header"
        raise
    finally:
        milliseconds = round((time.perf_counter() - started) * 1000)
        line.calls.append(CallRecord(request.operation, request.key, outcome, detail[:200], milliseconds))
    return answer


def _seconds(said: str) -> float:
    """Return how long the vendor says to wait; 5 seconds where it doesn't say it in whole ones."""
    return float(said) if said.isascii() and said.isdigit() else 5.0


def _code(answer: http.Answer, code: Code | None) -> str:
    """Return the vendor's error code, if it looks like one: free text might name somebody."""
    try:
        found = str(code(answer.json) or "") if code else ""
    except (AttributeError, KeyError, TypeError, IndexError):
        return ""
    return found if _CODE.fullmatch(found) else ""


def good(answer: http.Answer, *, code: Code | None = None) -> dict[str, Any]:
    """Return a 2xx answer's JSON object; raises Permanent, with the vendor's code, for anything else."""
    if answer.status >= _NO_SUCCESS or answer.json is None:
        raise Permanent(f"answered {answer.status} {_code(answer, code)}".strip())
    return answer.json


def as_documented(read: Callable[[Any], Read], data: Any) -> Read:
    """Read part of an answer. Raises Permanent where the vendor doesn't keep to its own shape."""
    try:
        return read(data)
    except (
        KeyError,
        IndexError,
        ValueError,
        TypeError,
        AttributeError,
        ArithmeticError,
        RecursionError,
    ) as error:
        raise Permanent("not the documented shape") from error
