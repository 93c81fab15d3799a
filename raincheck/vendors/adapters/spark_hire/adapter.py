"""Spark Hire, API v1.0: one-way interviews, tied to a job there.

Documented: Basic auth with the key as user, `/interviews`, `type: one_way`, DELETE, 410 for what has expired, 400
calls a minute. What isn't documented in public is guessed in one place, `_invitation` and `view_of`; no field is known
for a deadline or an id of ours, so none is sent (docs/reference/vendors.md).
"""

import base64
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import count, islice
from typing import Any
from urllib.parse import quote

from raincheck.core import http
from raincheck.vendors.adapters.base import (
    BadSignature,
    Booking,
    Cancel,
    Capabilities,
    Inbound,
    Line,
    NeedsPerson,
    Permanent,
    Retry,
    Setting,
    Status,
    View,
)
from raincheck.vendors.adapters.names import first_and_last
from raincheck.vendors.adapters.signatures import same
from raincheck.vendors.adapters.wire import Request, as_documented, ask, good

_STATUS = {
    "created": Status.INVITED,
    "accepted": Status.INVITED,
    "rescheduled": Status.INVITED,
    "reset": Status.INVITED,
    "completed": Status.SUBMITTED,
    "rated": Status.SUBMITTED,
    "expired": Status.EXPIRED,
}
_NO_SUCCESS, _NOT_FOUND, _GONE = 300, 404, 410
_PER_PAGE = 100
#: An earlier attempt to invite is minutes or hours old: it is looked for among what changed last.
_PAGES_BACK = 10


class SparkHire:
    """Spark Hire v1."""

    name = "spark_hire"
    title = "Spark Hire"
    can = Capabilities(
        cancel=Cancel.DELETE,
        webhook_signature="hmac-sha256-hex",
        lists=True,
        needs_contacts=True,
        template=Setting("template", "职位编号（job UUID）", "the job (its UUID)"),
        calls_per_minute=400,
        options=(
            Setting("question_set", "题库编号（question set UUID）", "Question set (its UUID)", needed=False),
        ),
    )

    def invite(self, line: Line, booking: Booking, *, key: str) -> View:
        """POST /interviews. No idempotency key is known, so a second attempt looks for the first one's effect."""
        if not booking.template:
            raise NeedsPerson("choose the Spark Hire job (its UUID) that this position invites to")
        if not booking.email:
            raise NeedsPerson("Spark Hire invites by e-mail, and the candidate has no address")
        invited = _invited_before(line, booking) if booking.again else None
        if invited is not None:
            return invited
        body = _invitation(booking, line.options.get("question_set", ""))
        return as_documented(view_of, good(_call(line, "invite", "POST", "/interviews", key=key, body=body)))

    def read(self, line: Line, ref: str) -> View | None:
        """GET /interviews/{uuid}; None on 404, expired on 410."""
        answer = _call(line, "read", "GET", _path(ref))
        if answer.status == _NOT_FOUND:
            return None
        if answer.status == _GONE:
            return View(ref, "expired", Status.EXPIRED)
        return as_documented(view_of, good(answer))

    def pages(self, line: Line) -> Iterator[Sequence[View]]:
        """GET /interviews, what changed last first; what is deleted isn't listed."""
        for items in _pages(line):
            yield [as_documented(view_of, item) for item in items]

    def cancel(self, line: Line, ref: str, *, reason: str, key: str) -> View | None:
        """DELETE /interviews/{uuid}, unless it was handed in: the answers might go with it. None on 404 and 410.

        A lost or wrong answer is asked about at once: afterwards what we deleted couldn't be told from what was
        never there.
        """
        before = self.read(line, ref)
        if before is None or before.status.ended:
            return before
        if before.status.handed_in:
            raise Permanent("handed in already")
        try:
            answer = _call(line, "cancel", "DELETE", _path(ref), key=key)
        except Retry:
            view = self.read(line, ref)
            if view is not None and not view.status.ended:
                raise
            return view
        if answer.status in {_NOT_FOUND, _GONE}:
            return None
        if answer.status >= _NO_SUCCESS:
            raise Permanent(f"answered {answer.status}")
        return _deleted(ref)

    def reschedule(self, line: Line, ref: str, *, starts_at: datetime, ends_at: datetime, key: str) -> View:
        """Ask a person: no field for the deadline is known."""
        raise NeedsPerson("set the new deadline in Spark Hire")

    def receive(self, line: Line, *, headers: Mapping[str, str], body: bytes, now: datetime) -> Inbound:
        """Verify `X-SparkHire-Signature` over the raw bytes; of all but a deletion the vendor is asked what is now.

        Neither the event's name nor its time is signed: a replayed event leads to a question, and what a deletion
        says (nothing would be left to ask about) is looked at again by reconciliation.
        """
        if not line.webhook_secret:
            raise BadSignature("no secret is set")
        right = hmac.digest(line.webhook_secret.encode(), body, "sha256").hex()
        same(right, headers.get("x-sparkhire-signature", ""))
        kind, event_id = headers.get("x-sparkhire-event", ""), headers.get("x-sparkhire-request-uuid", "")
        ref = as_documented(lambda raw: str(json.loads(raw)["uuid"]), body)
        view = _deleted(ref) if kind == "InterviewDeleted" else None
        return Inbound(event_id, kind, "", view, now, ref=ref)

    def health(self, line: Line) -> None:
        """GET the shortest page."""
        _list(line, "health", 1, 1)


# Guessed, all that follows to the next comment: the names of a body's fields, and its words for a status. A public
# transcription of the paths says that it modelled them; nobody checked them against the service.
def _invitation(booking: Booking, question_set: str) -> dict[str, str]:
    first, last = first_and_last(booking.candidate_name)
    body = {
        "type": "one_way",
        "job_uuid": booking.template,
        "candidate_first_name": first,
        "candidate_last_name": last,
        "candidate_email": booking.email,
    }
    return {**body, "question_set_uuid": question_set} if question_set else body


def view_of(data: Mapping[str, Any]) -> View:
    """Read one interview. Raises KeyError, TypeError where it isn't of this shape."""
    word = str(data["status"])
    progress = "opened" if word == "accepted" else ""
    return View(str(data["uuid"]), word, _STATUS.get(word, Status.UNMAPPED), progress)


def _whose(item: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(item["status"]), str(item["job_uuid"]), str(item["candidate_email"]).casefold()


# No guess from here on but the list's being a JSON array, and its end a page that isn't full.
def _invited_before(line: Line, booking: Booking) -> View | None:
    ours = ("created", booking.template, booking.email.casefold())
    for items in islice(_pages(line), _PAGES_BACK):
        for item in items:
            if as_documented(_whose, item) == ours:
                return as_documented(view_of, item)
    return None


def _pages(line: Line) -> Iterator[list[Any]]:
    for first in count(1, _PER_PAGE):
        items = _list(line, "list", first, first + _PER_PAGE - 1)
        yield [item for item in items if as_documented(lambda i: i["type"], item) == "one_way"]
        if len(items) < _PER_PAGE:
            return


def _list(line: Line, operation: str, first: int, last: int) -> list[Any]:
    answer = _call(line, operation, "GET", f"/interviews?range={first}-{last}&orderby=updated_desc")
    if answer.status >= _NO_SUCCESS:
        raise Permanent(f"answered {answer.status}")
    return as_documented(lambda raw: list(json.loads(raw)), answer.body)


def _deleted(ref: str) -> View:
    return View(ref, "deleted", Status.CANCELLED)


def _path(ref: str) -> str:
    return f"/interviews/{quote(ref, safe='')}"


def _call(
    line: Line,
    operation: str,
    method: str,
    path: str,
    *,
    key: str = "",
    body: Mapping[str, Any] | None = None,
) -> http.Answer:
    user = base64.b64encode(f"{line.api_key}:".encode()).decode()
    headers = {"Authorization": f"Basic {user}"}
    wait = "x-rate-limit-try-again-seconds"
    return ask(line, Request(operation, method, path, headers=headers, json=body, key=key, wait_header=wait))
