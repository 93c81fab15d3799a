"""LeapIn (docs/reference/vendors.md): AI interviews by a link that nothing takes back; it only lapses.

Documented: the token, the invitation, the statuses, the codes' numbers. Guessed, and so marked [G] below: what each
code means, that the list comes whole, and that a résumé may be left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

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
_ACCESS_REFUSED = {10001, 10002, 10003}  # [G]
_THEIR_TROUBLE = 50000  # [G]
_DAY = timedelta(days=1)
_LIST = "/jobs/applications/"


class LeapIn:
    """LeapIn; the account's key is the access secret, its address such as https://app.leapin-ai.com/api/open."""

    name = "leapin"
    title = "LeapIn"
    can = Capabilities(
        cancel=Cancel.NONE,
        webhook_signature="none",
        lists=True,
        needs_contacts=True,
        credentials=(Setting("access_id", "Access ID", "access id"),),
    )

    def invite(self, line: Line, booking: Booking, *, key: str) -> View:
        """POST /jobs/{job_id}/applications/; one that may have been heard before is looked for first."""
        if not booking.template or not (booking.email or booking.phone):
            raise NeedsPerson("LeapIn needs the account's job (template) and the candidate's e-mail or phone")
        token = _token(line)
        if booking.again:
            found = [data for data in _all(line, token) if data.get("unique_id") == str(booking.external_id)]
            if found:
                return as_documented(_view, found[0])
        body = {
            "candidate_list": [_candidate(booking)],
            "trigger_notice": False,
            "expire_days": _days(booking),
        }
        path = f"/jobs/{quote(booking.template, safe='')}/applications/"
        made = _call(line, Request("invite", "POST", path, _headers(line, token), body, key=key))
        return as_documented(lambda data: _view(data["data"]), made)

    def read(self, line: Line, ref: str) -> View | None:
        """Look through the list: no call for a single one is documented."""
        found = _find(line, ref)
        return None if found is None else as_documented(_view, found)

    def pages(self, line: Line) -> Iterator[Sequence[View]]:
        """GET /jobs/applications/, whole [G]."""
        yield [as_documented(_view, data) for data in _all(line, _token(line))]

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


def _all(line: Line, token: str) -> list[Mapping[str, Any]]:
    found = _call(line, Request("list", "GET", _LIST, _headers(line, token)))
    return as_documented(lambda data: [{**one, "id": str(one["id"])} for one in data["data"]], found)


def _find(line: Line, ref: str) -> Mapping[str, Any] | None:
    return next((data for data in _all(line, _token(line)) if data["id"] == ref), None)


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


def _view(data: Mapping[str, Any]) -> View:
    """Read one application. In which zone and form `invite_expire_time` is isn't known: no time is claimed."""
    status = _STATUS.get(int(data["status"]), Status.UNMAPPED)
    link, unique_id = str(data["interview_url"]), str(data["unique_id"])
    return View(str(data["id"]), str(data["status"]), status, link=link, external_id=unique_id)


def _candidate(booking: Booking) -> dict[str, str]:
    who = {"unique_id": str(booking.external_id), "name": booking.candidate_name}
    if booking.email:
        who["email"] = booking.email
    if booking.phone:
        number = phonenumbers.parse(booking.phone)
        who["mobile"] = str(number.national_number)
        who["mobile_country_code"] = str(number.country_code)
    return who


def _days(booking: Booking) -> int:
    """Return in how many whole days the link may lapse at the earliest."""
    return max(1, -(-(booking.ends_at - datetime.now(UTC)) // _DAY))
