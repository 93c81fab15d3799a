"""LeapIn, simulated. Documented: the token, every field, the list and its pages, the statuses, the codes.

Guessed: the HTTP status beside a code, how long a page may be.
"""

from __future__ import annotations

import hmac
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request

from raincheck.simulators.shapes import BadValueError, Field, boolean, checked, optional, pattern, text, whole
from raincheck.simulators.vendors.interviews import Invitation
from raincheck.simulators.vendors.kit import Answer, Deed, Desk, Vendor, no_query
from raincheck.simulators.wire import RefusedError, of_shape, read_json, whole_query

#: The access id of the one account; its secret is the desk's key.
ACCESS_ID = "leapin-access-id"
SIGN_IN = {"access_id": text(100), "access_secret": text(200)}
CANDIDATE = {
    "unique_id": optional(whole(0, 2**63 - 1)),
    "name": text(100),
    "email": pattern(r"[^@\s]+@[^@\s]+"),
    "mobile": pattern(r"\d{5,15}"),
    "mobile_country_code": optional(pattern(r"\d{1,3}"), "86"),
    "gender": optional(whole(0, 1)),
    "avatar_url": optional(text(500)),
    "resume_url": optional(text(500)),
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


INVITE = {
    "candidate_list": _one_candidate(),
    "trigger_notice": optional(boolean(), default=False),
    "expire_days": optional(whole(1, 3650), 7),
}
PAGE = {"page": (1, 1_000_000), "page_size": (10, 100)}


def _token_of(desk: Desk) -> str:
    return hmac.digest(desk.key.encode(), ACCESS_ID.encode(), "sha256").hex()


def _let_in(desk: Desk, request: Request) -> None:
    """Refuse whoever doesn't bear both headers."""
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
    no_query(request)
    said = of_shape(INVITE, await read_json(request))
    who = said["candidate_list"]
    lapses = datetime.now(UTC) + timedelta(days=said["expire_days"])
    invitation = Invitation(
        external_id="" if who["unique_id"] is None else str(who["unique_id"]),
        template=str(request.path_params["job_id"]),
        email=who["email"],
        name=who["name"],
        ends_at=lapses.strftime("%Y-%m-%d 23:59:00"),
    )
    return Deed("invite", None, lambda: _good(_invited(desk, desk.interviews.make(invitation), who)))


async def list_all(desk: Desk, request: Request) -> Deed:
    """Understand GET /jobs/applications/, a page of all or of one job's."""
    _let_in(desk, request)
    of_job = {"job_id": (1, 2**31)} if "job_id" in request.query_params else {}
    asked = whole_query(request, {**PAGE, **of_job})
    return Deed("list", None, lambda: _good(_page(desk, asked)))


def _page(desk: Desk, asked: Mapping[str, int]) -> dict[str, Any]:
    """Return one page, with links to its neighbours as they are documented."""
    job_id, page, size = str(asked.get("job_id", "")), asked["page"], asked["page_size"]
    where = ("? IN ('', template)", job_id)
    rows = desk.interviews.all(*where, limit=size + 1, offset=(page - 1) * size)
    link = f"{desk.base_url}/api/open/jobs/applications/?page_size={size}&page="
    return {
        "count": len(desk.interviews.all(*where)) if job_id else desk.interviews.count(),
        "next": f"{link}{page + 1}" if len(rows) > size else None,
        "previous": f"{link}{page - 1}" if page > 1 else None,
        "results": [{"name": row["name"], **_shown(row)} for row in rows[:size]],
    }


def _good(data: Any) -> Answer:
    return Answer({"code": 0, "error_msg": "", "data": data})


def _shown(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["seq"],
        "email": row["email"],
        "status": STATUS.get(row["state"], 0),
        "report_status": REPORT_READY if row["state"] == "submitted" else 0,
        "invite_expire_time": row["ends_at"],
    }


def _invited(desk: Desk, row: sqlite3.Row, who: Mapping[str, Any]) -> dict[str, Any]:
    url = f"{desk.base_url}/i/{row['seq']}"
    return {"name": row["name"], "unique_id": who["unique_id"], "interview_url": url, **_shown(row)}


def _refusal(status: int, _code: str, message: str) -> Any:
    number = {_UNAUTHORIZED: 10001}.get(status, 50000 if status >= _SERVER else 40000)
    return {"code": number, "error_msg": message}


LEAPIN = Vendor(
    name="leapin",
    account_path="/api/open",
    routes=[
        ("POST", "/api/open/access_token/", sign_in),
        ("POST", "/api/open/jobs/{job_id:int}/applications/", invite),
        ("GET", "/api/open/jobs/applications/", list_all),
    ],
    refusal=_refusal,
    name_of=lambda row: str(row["seq"]),
)
