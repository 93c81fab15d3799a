"""LeapIn, simulated. Documented: the token, the invitation's fields, the answer's, the statuses, the codes' numbers.

Guessed: which code means what, the HTTP status beside a code, that the list comes whole, which fields may be left out.
"""

from __future__ import annotations

import hmac
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request

from raincheck.simulators.shapes import BadValueError, Field, boolean, checked, optional, pattern, text, whole
from raincheck.simulators.vendors.interviews import Invitation
from raincheck.simulators.vendors.kit import Answer, Deed, Desk, Vendor, no_query
from raincheck.simulators.wire import RefusedError, of_shape, read_json

#: The access id of the one account; its secret is the desk's key.
ACCESS_ID = "leapin-access-id"
SIGN_IN = {"access_id": text(100), "access_secret": text(200)}
CANDIDATE = {
    "unique_id": text(64),
    "name": text(100),
    "email": optional(pattern(r"[^@\s]+@[^@\s]+"), ""),
    "mobile": optional(pattern(r"\d{5,15}"), ""),
    "mobile_country_code": optional(pattern(r"\d{1,3}"), ""),
    "resume_url": optional(text(500), ""),
}
STATUS = {"submitted": 1}
REPORT_READY = 3
_UNAUTHORIZED, _SERVER = 401, 500


def _one_candidate() -> Field:
    def read(value: Any) -> Any:
        if not isinstance(value, list) or len(value) != 1:
            raise BadValueError("what is answered for more than one candidate isn't known")
        return checked(CANDIDATE, value[0])

    return Field(read)


INVITE = {"candidate_list": _one_candidate(), "trigger_notice": boolean(), "expire_days": whole(1, 365)}


def _token_of(desk: Desk) -> str:
    return hmac.digest(desk.key.encode(), ACCESS_ID.encode(), "sha256").hex()


def _let_in(desk: Desk, request: Request) -> None:
    """Refuse whoever doesn't bear both headers."""
    no_query(request)
    pairs = (
        (request.headers.get("authorization", ""), f"Bearer {_token_of(desk)}"),
        (request.headers.get("x-leapin-open-api-access-id", ""), ACCESS_ID),
    )
    if not all(hmac.compare_digest(sent.encode(), right.encode()) for sent, right in pairs):
        raise RefusedError(_UNAUTHORIZED, "unauthorized", "access refused")


async def sign_in(desk: Desk, request: Request) -> Deed:
    """Understand POST /access_token/."""
    no_query(request)
    said = of_shape(SIGN_IN, await read_json(request))
    right = hmac.compare_digest(said["access_secret"].encode(), desk.key.encode())
    if said["access_id"] != ACCESS_ID or not right:
        raise RefusedError(_UNAUTHORIZED, "unauthorized", "access refused")
    return Deed("sign_in", None, lambda: Answer({"code": 0, "token": _token_of(desk)}))


async def invite(desk: Desk, request: Request) -> Deed:
    """Understand POST /jobs/{job_id}/applications/."""
    _let_in(desk, request)
    said = of_shape(INVITE, await read_json(request))
    who = said["candidate_list"]
    lapses = datetime.now(UTC) + timedelta(days=said["expire_days"])
    invitation = Invitation(
        external_id=who["unique_id"],
        template=request.path_params["job_id"],
        email=who["email"],
        name=who["name"],
        ends_at=lapses.strftime("%Y-%m-%d %H:%M:%S"),
    )
    return Deed("invite", who["unique_id"], lambda: _good(_shown(desk, desk.interviews.make(invitation))))


async def list_all(desk: Desk, request: Request) -> Deed:
    """Understand GET /jobs/applications/."""
    _let_in(desk, request)
    return Deed("list", None, lambda: _good([_shown(desk, row) for row in desk.interviews.all()]))


def _good(data: Any) -> Answer:
    return Answer({"code": 0, "error_msg": "", "data": data})


def _shown(desk: Desk, row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "unique_id": row["external_id"],
        "interview_url": f"{desk.base_url}/i/{row['id']}",
        "status": STATUS.get(row["state"], 0),
        "report_status": REPORT_READY if row["state"] == "submitted" else 0,
        "invite_expire_time": row["ends_at"],
    }


def _refusal(status: int, _code: str, message: str) -> Any:
    number = {_UNAUTHORIZED: 10001}.get(status, 50000 if status >= _SERVER else 40000)
    return {"code": number, "error_msg": message}


LEAPIN = Vendor(
    name="leapin",
    account_path="/api/open",
    routes=[
        ("POST", "/api/open/access_token/", sign_in),
        ("POST", "/api/open/jobs/{job_id}/applications/", invite),
        ("GET", "/api/open/jobs/applications/", list_all),
    ],
    refusal=_refusal,
)
