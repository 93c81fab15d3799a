"""Humanly, the Gather API of Qualifi (docs.humanly.io).

A candidate is created first and then invited to an interview kit, until the end of so many days. Archiving is the only
way back, and it isn't documented that the link dies with it: see the option `archive_ends_link`. What is guessed is
marked where it is (docs/reference/vendors.md).
"""

import hmac
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID, uuid5

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
    Setting,
    Status,
    View,
)
from raincheck.vendors.adapters.names import first_and_last
from raincheck.vendors.adapters.signatures import fresh, same
from raincheck.vendors.adapters.wire import Request, as_documented, ask, good

_STATUS = {
    "invite_sent": Status.INVITED,
    "partially_completed": Status.IN_PROGRESS,
    "new_response": Status.SUBMITTED,
    "has_reviewed": Status.SUBMITTED,
}
#: Words of the same list that say nothing of the link, nor of what was taken.
_ARCHIVED, _HIRED = "archived", "hired"
_LOOK = "archived in Humanly, of which it isn't known that the candidate's link dies: open the link to see"
_NOT_FOUND = 404
_PER_PAGE = 100
_DAY = timedelta(days=1)
_INTERVIEWS, _CANDIDATES = "/qsi/gather/candidate-interviews", "/qsi/gather/candidates"
#: One candidate there for one address, however often it is invited; the vendor learns no id of ours.
_PEOPLE = UUID("5f1c6b0e-6d0f-4c35-9f0a-3d5b6c1b7a52")


class Humanly:
    """Humanly."""

    name = "humanly"
    title = "Humanly"
    can = Capabilities(
        cancel=Cancel.ARCHIVE,
        webhook_signature="timestamped-hmac-sha256-hex",
        lists=True,
        needs_contacts=True,
        template=Setting("template", "面试编号（interview id）", "the interview there (its id)"),
        options=(
            Setting(
                "archive_ends_link",
                "已确认归档后候选人链接失效（填 yes）",
                "yes, once you have seen that a link is dead after archiving",
                needed=False,
            ),
        ),
    )

    def invite(self, line: Line, booking: Booking, *, key: str) -> View:
        """POST the candidate unless it is there, then the invitation; a second attempt looks for the first's effect."""
        if not booking.template:
            raise NeedsPerson("choose the Humanly interview (its id) that this position invites to")
        if not booking.email:
            # By SMS only those may be invited who opted in there, which isn't ours to say.
            raise NeedsPerson("Humanly invites by e-mail, and the candidate has no address")
        candidate = _candidate(line, booking, key=key)
        invited = self._invited_before(line, booking, candidate) if booking.again else None
        if invited is not None:
            return invited
        body = {
            "candidateId": candidate,
            "interviewId": booking.template,
            "sendInvite": True,
            "deliveryTypes": ["email"],
            "expiryDays": _days_until(booking.ends_at),
        }
        return _view(line, _call(line, "invite", "POST", _INTERVIEWS, key=key, body=body))

    def read(self, line: Line, ref: str) -> View | None:
        """GET /qsi/gather/candidate-interviews/{id}; None on 404."""
        answer = _call(line, "read", "GET", _path(ref))
        return None if answer.status == _NOT_FOUND else _view(line, answer)

    def pages(self, line: Line) -> Iterator[Sequence[View]]:
        """GET /qsi/gather/candidate-interviews."""
        page, last = 1, False
        while not last:
            items = _list(line, "list", page=page, pageSize=_PER_PAGE)
            yield [_view_of(line, item) for item in items]
            page, last = page + 1, len(items) < _PER_PAGE

    def cancel(self, line: Line, ref: str, *, reason: str, key: str) -> View | None:
        """PATCH …/{id}/status between two looks; None on 404.

        The word for the archive takes the place of the one for a hand-in, so that has to be ruled out before. Unless
        the account has it confirmed that an archive ends the link, a person has to look, too.
        """
        before = self.read(line, ref)
        if before is None:
            return None
        if before.status.handed_in:
            raise Permanent("handed in already")
        if before.word == _HIRED:
            raise NeedsPerson(
                "marked as hired in Humanly, which an archive would undo: end the invitation there"
            )
        # Guessed: the body, and with it that an answer need not say more than yes.
        answer = _call(line, "cancel", "PATCH", f"{_path(ref)}/status", key=key, body={"status": _ARCHIVED})
        if answer.status == _NOT_FOUND:
            return None
        good(answer, code=_code)
        view = self.read(line, ref)
        if view is None or view.status is Status.CANCELLED:
            return view
        raise NeedsPerson(_LOOK if view.word == _ARCHIVED else "Humanly said archived, yet it isn't")

    def reschedule(self, line: Line, ref: str, *, starts_at: datetime, ends_at: datetime, key: str) -> View:
        """Ask a person: no call is known that puts an expiry off."""
        raise NeedsPerson("set the new expiry in Humanly")

    def receive(self, line: Line, *, headers: Mapping[str, str], body: bytes, now: datetime) -> Inbound:
        """Verify `X-Qualifi-Signature: t=…,v1=…` over `t.body`; the vendor is asked what is now.

        Events bear no id, and those that aren't about an invitation aren't understood.
        """
        given = dict(
            part.strip().partition("=")[::2] for part in headers.get("x-qualifi-signature", "").split(",")
        )
        if not line.webhook_secret:
            raise BadSignature("no secret is set")
        # Guessed: `t` is in seconds.
        stamp = given.get("t", "")
        at = fresh(stamp, now)
        right = hmac.digest(line.webhook_secret.encode(), f"{stamp}.".encode() + body, "sha256").hex()
        same(right, given.get("v1", ""))
        kind, ref = as_documented(_event, body)
        return Inbound("", kind, "", None, at, ref=ref)

    def health(self, line: Line) -> None:
        """GET the shortest page."""
        _list(line, "health", page=1, pageSize=1)

    def _invited_before(self, line: Line, booking: Booking, candidate: str) -> View | None:
        # Guessed: the filters' names; what they let through is looked at, so that a filter unheard is no harm.
        filters = {"candidateId": candidate, "interviewId": booking.template, "status": "invite_sent"}
        for item in _list(line, "list", page=1, pageSize=_PER_PAGE, **filters):
            if as_documented(lambda found: {name: found[name] for name in filters}, item) == filters:
                return _view_of(line, item)
        return None


def _candidate(line: Line, booking: Booking, *, key: str) -> str:
    """Return the id of the candidate with this address, created if need be."""
    external_id = str(uuid5(_PEOPLE, booking.email.casefold()))
    query = urlencode({"externalId": external_id})
    found = good(_call(line, "candidate", "GET", f"{_CANDIDATES}?{query}"), code=_code)
    for one in as_documented(lambda data: list(data["data"]["candidates"]), found):
        if as_documented(lambda data: data["externalId"], one) == external_id:
            return as_documented(lambda data: str(data["id"]), one)
    first, last = first_and_last(booking.candidate_name)
    body = {"firstName": first, "lastName": last, "email": booking.email, "externalId": external_id}
    made = good(_call(line, "candidate", "POST", _CANDIDATES, key=key, body=body), code=_code)
    return as_documented(lambda data: str(data["data"]["id"]), made)


def _days_until(ends_at: datetime) -> int:
    """Return whole days, rounded up: nobody's link may die before the time that was promised."""
    return max(1, math.ceil((ends_at - datetime.now(UTC)) / _DAY))


def _list(line: Line, operation: str, **query: str | int) -> list[Any]:
    answer = good(_call(line, operation, "GET", f"{_INTERVIEWS}?{urlencode(query)}"), code=_code)
    # Guessed after the list of candidates, which is documented as `data.candidates`.
    return as_documented(lambda data: list(data["data"]["candidateInterviews"]), answer)


def _view(line: Line, answer: http.Answer) -> View:
    return _view_of(line, as_documented(lambda data: data["data"], good(answer, code=_code)))


def _view_of(line: Line, data: Any) -> View:
    ends = line.options.get("archive_ends_link") == "yes"
    return as_documented(lambda found: view_of(found, archive_ends_link=ends), data)


def view_of(data: Mapping[str, Any], *, archive_ends_link: bool) -> View:
    """Read one invitation; raises KeyError, TypeError, ValueError where it isn't as documented."""
    word = str(data["status"])
    status = _STATUS.get(word, Status.UNMAPPED)
    expiry = datetime.fromisoformat(data["expiry"]) if data["expiry"] else None
    if expiry is not None and expiry.tzinfo is None:
        raise ValueError("an instant without a zone")
    if word == _ARCHIVED and archive_ends_link:
        status = Status.CANCELLED
    elif status is Status.INVITED and expiry is not None and expiry <= datetime.now(UTC):
        # No status says so, but an invitation that has expired is documented to be over.
        status = Status.EXPIRED
    # Kept in whole days, so it lies up to a day after what we asked for.
    return View(str(data["id"]), word, status, ends_at=expiry, tolerance=_DAY)


def _event(body: bytes) -> tuple[str, str]:
    event = json.loads(body)
    return str(event["event"]), str(event["data"]["candidateInterviewId"])


def _code(answer: Mapping[str, Any]) -> object:
    return answer["error"]["code"]


def _path(ref: str) -> str:
    return f"{_INTERVIEWS}/{quote(ref, safe='')}"


def _call(
    line: Line,
    operation: str,
    method: str,
    path: str,
    *,
    key: str = "",
    body: Mapping[str, Any] | None = None,
) -> http.Answer:
    headers = {"x-api-key": line.api_key}
    return ask(line, Request(operation, method, path, headers=headers, json=body, key=key), code=_code)
