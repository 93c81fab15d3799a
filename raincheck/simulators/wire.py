"""HTTP in, HTTP out: bodies read against a shape, refusals answered as JSON.

A simulator that shrugs at a wrong body would let a guess pass for conformance, so anything but the
documented shape is refused with a 4xx and `{"error": code, "message": text}`.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ExceptionHandler

from raincheck.simulators.shapes import BadValueError, Field, checked

BODY_LIMIT = 64 * 1024
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_CODES = {404: "not_found", 405: "method_not_allowed"}
log = logging.getLogger(__name__)


class RefusedError(Exception):
    """The call is answered with `status` and `{"error": code, "message": message}`."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """Keep what the answer says: `code` is stable, `message` is for people."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


async def read_json(request: Request, *, limit: int = BODY_LIMIT) -> Any:
    """Read the body as JSON of at most `limit` bytes; refuses with 415, 413 or 400."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RefusedError(415, "unsupported_media_type", "the body must be application/json")
    body = await request.body()
    if len(body) > limit:
        raise RefusedError(413, "too_large", f"the body may have at most {limit} bytes")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedError(400, "invalid_json", "the body is not JSON in UTF-8") from None


def of_shape(shape: Mapping[str, Field], value: Any) -> dict[str, Any]:
    """Read `value` as an object of `shape`; refuses with 422 `invalid_request`."""
    try:
        return checked(shape, value)
    except BadValueError as problem:
        raise RefusedError(422, "invalid_request", str(problem)) from None


def idempotency_key(request: Request) -> str:
    """Return the Idempotency-Key header (1 to 200 visible ASCII characters); refuses with 400."""
    key = request.headers.get("idempotency-key", "")
    if not _KEY.fullmatch(key):
        raise RefusedError(
            400, "idempotency_key_missing", "send an Idempotency-Key of 1 to 200 visible ASCII characters"
        )
    return key


def whole_query(request: Request, defaults: Mapping[str, tuple[int, int]]) -> dict[str, int]:
    """Read whole numbers from the query: name to (default, highest), lowest 1; refuses others with 400."""
    if unknown := sorted(set(request.query_params) - set(defaults)):
        raise RefusedError(400, "invalid_query", f"unknown parameter {unknown[0]!r}")
    result = {}
    for name, (default, highest) in defaults.items():
        raw = request.query_params.get(name, str(default))
        if not re.fullmatch(r"[0-9]{1,9}", raw) or not 1 <= int(raw) <= highest:
            raise RefusedError(400, "invalid_query", f"{name} must be a whole number from 1 to {highest}")
        result[name] = int(raw)
    return result


def control_only(request: Request) -> None:
    """Refuse with 403 unless X-Control: 1 is sent; a foreign page's form cannot set that header."""
    if request.headers.get("x-control") != "1":
        raise RefusedError(403, "control_only", "send X-Control: 1 to move the simulator by hand")


def own_page_only(request: Request) -> None:
    """Refuse with 403 a form that was posted from somebody else's page."""
    origin = request.headers.get("origin")
    if origin and origin.partition("://")[2] != request.headers.get("host"):
        raise RefusedError(403, "foreign_page", "this form belongs to another page")
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise RefusedError(403, "foreign_page", "this form belongs to another page")


def page(html: str, *, status: int = 200) -> HTMLResponse:
    """Answer with an HTML page that may run no script and load nothing from elsewhere."""
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    headers = {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return HTMLResponse(html, status_code=status, headers=headers)


def back_to(path: str) -> RedirectResponse:
    """Send the browser to `path` with GET after a form."""
    return RedirectResponse(path, status_code=303)


async def _refused(_request: Request, error: Exception) -> Response:
    """Answer a RefusedError, or Starlette's own 404 and 405, in the one JSON form."""
    if isinstance(error, RefusedError):
        return JSONResponse({"error": error.code, "message": error.message}, error.status)
    if isinstance(error, HTTPException):
        code = _CODES.get(error.status_code, "refused")
        return JSONResponse(
            {"error": code, "message": error.detail}, error.status_code, headers=dict(error.headers or {})
        )
    log.error("simulator failed", exc_info=error)
    return JSONResponse({"error": "internal", "message": "the simulator itself failed"}, 500)


ERROR_HANDLERS: dict[Any, ExceptionHandler] = {
    RefusedError: _refused,
    HTTPException: _refused,
    Exception: _refused,
}
