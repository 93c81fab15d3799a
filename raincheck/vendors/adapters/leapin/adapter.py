"""LeapIn (docs/reference/vendors.md): AI interviews by a link that nothing takes back; it only lapses.

Documented (github.com/leapin-ai/open-api): the token, the invitation, the list and its pages, the statuses, the codes.
Not known: in which zone `invite_expire_time` is, so no time is claimed; whether a link can be used after a status
changes. Its `unique_id` is a number, which our ids aren't, and the list doesn't show it: it isn't sent.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import phonenumbers

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
from raincheck.vendors.adapters.wire import Request, as_documented, ask, good

_STATUS = {
    0: Status.INVITED,
    1: Status.SUBMITTED,
    # Invited to a second round, or hired: judged, so handed in. 5 (unfit) may be said of anybody.
    3: Status.AWAITING_FEEDBACK,
    4: Status.AWAITING_FEEDBACK,
}
_ACCESS_REFUSED = {10001, 10002, 10003}
_THEIR_TROUBLE = 50000
_DAY = timedelta(days=1)
_PER_PAGE = 100
#: As many pages are looked through for a single one.
_MOST_PAGES = 200


class LeapIn:
    """LeapIn; the account's key is the access secret, its address such as https://app.leapin-ai.com/api/open."""

    name = "leapin"
    title = "LeapIn"
    can = Capabilities(
        cancel=Cancel.NONE,
        webhook_signature="none",
        lists=True,
        needs_contacts=True,
        template=Setting("template", "职位编号（job id）", "the number of a job"),
        credentials=(Setting("access_id", "Access ID", "access id"),),
    )

    def invite(self, line: Line, booking: Booking, *, key: str) -> View:
        """POST /jobs/{job_id}/applications/; LeapIn itself tells the candidate nothing.

        The list doesn't show the link of one that an earlier attempt may have made: that is for a person.
        """
        if not booking.template.isdecimal() or not booking.email or not booking.phone:
            raise NeedsPerson("LeapIn needs the number of a job (template), the candidate's e-mail and phone")
        token = _token(line)
        if booking.again and _invited_before(line, token, booking):
            raise NeedsPerson(
                "the candidate is invited to this LeapIn job already: the link is in its console only"
            )
        body = {
            "candidate_list": [_candidate(booking)],
            "trigger_notice": False,
            "expire_days": _days(booking),
        }
        path = f"/jobs/{booking.template}/applications/"
        made = _call(line, Request("invite", "POST", path, _headers(line, token), body, key=key))
        return as_documented(lambda data: _view(data["data"], link=str(data["data"]["interview_url"])), made)

    def read(self, line: Line, ref: str) -> View | None:
        """Look through the list: no call for a single one is documented."""
        found = _find(line, ref)
        return None if found is None else as_documented(_view, found)

    def pages(self, line: Line) -> Iterator[Sequence[View]]:
        """GET /jobs/applications/, page by page."""
        for items in _pages(line, _token(line)):
            yield [as_documented(_view, data) for data in items]

    def cancel(self, line: Line, ref: str, *, reason: str, key: str) -> View | None:
        """Say until when the candidate's link lives, for nothing there ends it."""
        found = _find(line, ref)
        if found is None:
            return None
        if as_documented(_view, found).status.handed_in:
            raise Permanent("handed in already")
        until = as_documented(lambda data: str(data["invite_expire_time"]), found)
        raise NeedsPerson(
            f"LeapIn can't take a link back; it lapses at {until[:30]}: tell the candidate not to use it"
        )

    def reschedule(self, line: Line, ref: str, *, starts_at: datetime, ends_at: datetime, key: str) -> View:
        """Refuse: no such call is documented."""
        raise NeedsPerson("LeapIn documents no way to move an invitation: change it in its console")

    def receive(self, line: Line, *, headers: Mapping[str, str], body: bytes, now: datetime) -> Inbound:
        """Refuse: LeapIn never calls."""
        raise BadSignature("LeapIn sends nothing")

    def health(self, line: Line) -> None:
        """Sign in."""
        _token(line)


def _token(line: Line) -> str:
    """Sign in; an adapter keeps nothing, so each of its verbs does."""
    body = {"access_id": line.credentials.get("access_id", ""), "access_secret": line.api_key}
    found = _call(line, Request("sign_in", "POST", "/access_token/", json=body))
    return as_documented(lambda data: str(data["token"]), found)


def _headers(line: Line, token: str) -> dict[str, str]:
    access_id = line.credentials.get("access_id", "")
    return {"Authorization": f"Bearer {token}", "x-leapin-open-api-access-id": access_id}


def _pages(line: Line, token: str, job_id: str = "") -> Iterator[list[Mapping[str, Any]]]:
    page, more, only = 1, True, f"&job_id={job_id}" if job_id else ""
    while more:
        path = f"/jobs/applications/?page={page}&page_size={_PER_PAGE}{only}"
        data = _call(line, Request("list", "GET", path, _headers(line, token)))
        yield as_documented(lambda found: [dict(one) for one in found["data"]["results"]], data)
        more, page = as_documented(lambda found: bool(found["data"]["next"]), data), page + 1


def _look_through(line: Line, token: str, job_id: str = "") -> Iterator[Mapping[str, Any]]:
    """Return the list's rows for who looks for one. Raises Permanent where it is too long for that."""
    for n, page in enumerate(_pages(line, token, job_id)):
        if n == _MOST_PAGES:
            raise Permanent(f"not in the first {_MOST_PAGES} pages of the list")
        yield from page


def _find(line: Line, ref: str) -> Mapping[str, Any] | None:
    items = _look_through(line, _token(line))
    return next((data for data in items if str(data.get("id")) == ref), None)


def _invited_before(line: Line, token: str, booking: Booking) -> bool:
    """Say whether this address waits to be interviewed for this job."""
    items = _look_through(line, token, booking.template)
    return any(data.get("email") == booking.email and data.get("status") == 0 for data in items)


def _call(line: Line, request: Request) -> dict[str, Any]:
    """Make a call; returns its JSON where `code` is 0, whatever the HTTP status says beside it."""
    answer: http.Answer = ask(line, request, code=_code)
    found = good(answer) if answer.json is None else answer.json
    code = as_documented(lambda data: int(data["code"]), found)
    if code == _THEIR_TROUBLE:
        raise Retry(f"answered code {code}")
    if code in _ACCESS_REFUSED:
        raise NeedsPerson(f"LeapIn refuses the account's access id or secret (code {code})")
    if code:
        raise Permanent(f"answered {answer.status} code {code}")
    return good(answer)


def _code(answer: Mapping[str, Any]) -> object:
    return answer["code"]


def _view(data: Mapping[str, Any], link: str = "") -> View:
    status = _STATUS.get(int(data["status"]), Status.UNMAPPED)
    return View(str(data["id"]), str(data["status"]), status, link=link)


def _candidate(booking: Booking) -> dict[str, str]:
    number = phonenumbers.parse(booking.phone)
    return {
        "name": booking.candidate_name,
        "email": booking.email,
        "mobile": str(number.national_number),
        "mobile_country_code": str(number.country_code),
    }


def _days(booking: Booking) -> int:
    """Return in how many whole days the link may lapse at the earliest."""
    return max(1, -(-(booking.ends_at - datetime.now(UTC)) // _DAY))
