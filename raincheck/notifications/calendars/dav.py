"""CalDAV (RFC 4791), as much of it as an appointment needs: put it, take it away, find it, look whether one may.

Plain calls through the one HTTP client, so that they are bounded in time and size and reach no private network. An
appointment that was changed there meanwhile is looked at and then overwritten: the schedule is kept here.
"""

import re
from base64 import b64encode
from dataclasses import dataclass, replace
from html import unescape
from urllib.parse import quote, urljoin, urlsplit

from raincheck.core import http

TRIES = 3
MINUTE = 60.0
_FOUND, _GONE = (200, 201, 204, 207), (404, 410)
_CHANGED, _REFUSED, _TAKEN = 412, (403, 405), (403, 409)
_TRY_LATER = (408, 423, 425, 429)
_SERVERS_FAULT = 500
_WRONG_PASSWORD = 401
#: The only thing read of an XML answer, and from peers of the company's own: no parser that could be led astray.
_HREF = re.compile(rb"<(?:[\w.-]+:)?href[^>]*>\s*([^<\s]+)\s*</")
_UID_TAKEN = b"no-uid-conflict"
_QUERY = (
    '<?xml version="1.0" encoding="utf-8"?><C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
    '<D:prop><D:getetag/></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">'
    '<C:prop-filter name="UID"><C:text-match collation="i;octet">{uid}</C:text-match></C:prop-filter>'
    "</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
)
_ASK = (
    b'<?xml version="1.0" encoding="utf-8"?>'
    b'<D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/></D:prop></D:propfind>'
)


class Later(Exception):
    """The server doesn't answer, or says so itself: it may work in `after` seconds. What it heard is unknown."""

    def __init__(self, why: str, *, after: float = MINUTE) -> None:
        super().__init__(why)
        self.after = after


class Barred(Exception):
    """The server lets this account do nothing: asking for another person would be no use."""


class Refused(Exception):
    """A person's calendar isn't there, or doesn't take it."""


@dataclass(frozen=True)
class Account:
    """How a company's server is reached; `url` is a person's calendar, by {email} or {localpart}."""

    url: str
    username: str
    password: str

    def calendar(self, email: str) -> str:
        """Return where a person's calendar is, with a slash at its end."""
        names = {"{email}": email, "{localpart}": email.partition("@")[0]}
        url = self.url
        for name, value in names.items():
            url = url.replace(name, quote(value, safe="@"))
        return url.rstrip("/") + "/"


@dataclass(frozen=True)
class Place:
    """Where an appointment is, or would be. `etag` is empty where the server tells none."""

    href: str
    there: bool = False
    etag: str = ""


def put(account: Account, place: Place, *, calendar: str, uid: str, text: str) -> Place:
    """Put an appointment there, new or in place of the old one. Raises Later, Barred, Refused."""
    for _ in range(TRIES):
        answer = _call(account, "PUT", place.href, body=text.encode(), headers=_only_if_so(place))
        if answer.status in _FOUND:
            return Place(place.href, there=True, etag=_etag(answer))
        if answer.status in _TAKEN and _UID_TAKEN in answer.body:
            # The person's own program has put it there, from the mail: under a name of its own, so that is the one.
            place = _look(account, replace(place, href=_find(account, calendar, uid)))
        elif answer.status == _CHANGED:
            place = _look(account, place)
        else:
            raise Refused(f"PUT {answer.status}")
    raise Later("changes again and again")


def remove(account: Account, place: Place, *, calendar: str, uid: str, cancelled: str) -> None:
    """Take an appointment away; where the server refuses that, mark it cancelled. Raises Later, Barred, Refused."""
    for _ in range(TRIES):
        condition = {"If-Match": place.etag} if place.etag else {}
        answer = _call(account, "DELETE", place.href, headers=condition)
        if answer.status in _FOUND or answer.status in _GONE:
            return
        if answer.status in _REFUSED:
            put(account, replace(place, there=True), calendar=calendar, uid=uid, text=cancelled)
            return
        if answer.status != _CHANGED:
            raise Refused(f"DELETE {answer.status}")
        place = _look(account, place)
    raise Later("changes again and again")


def ask(account: Account, email: str) -> None:
    """See whether a person's calendar is there for us. Raises Later, Barred, Refused."""
    answer = _call(account, "PROPFIND", account.calendar(email), body=_ASK, headers={"Depth": "0", **_XML})
    if answer.status not in _FOUND:
        raise Refused(f"PROPFIND {answer.status}")


_XML = {"Content-Type": "application/xml; charset=utf-8"}
_ICS = {"Content-Type": "text/calendar; charset=utf-8"}


def _only_if_so(place: Place) -> dict[str, str]:
    """Return what makes a PUT fail where somebody else was there meanwhile."""
    if not place.there:
        return {"If-None-Match": "*", **_ICS}
    return {"If-Match": place.etag, **_ICS} if place.etag else _ICS


def _look(account: Account, place: Place) -> Place:
    answer = _call(account, "GET", place.href)
    if answer.status in _GONE:
        return Place(place.href)
    if answer.status not in _FOUND:
        raise Refused(f"GET {answer.status}")
    return Place(place.href, there=True, etag=_etag(answer))


def _find(account: Account, calendar: str, uid: str) -> str:
    """Return where the calendar holds the appointment of this UID."""
    body = _QUERY.format(uid=uid).encode()
    answer = _call(account, "REPORT", calendar, body=body, headers={"Depth": "1", **_XML})
    found = [unescape(href.decode("utf-8", "replace")) for href in _HREF.findall(answer.body)]
    for href in found:
        url = urljoin(calendar, href)
        # Nobody is led with our password to another host.
        if not href.endswith("/") and urlsplit(url)[:2] == urlsplit(calendar)[:2]:
            return url
    raise Refused("UID taken, not found")


def _etag(answer: http.Answer) -> str:
    """Return what If-Match can use: a weak one can't be (RFC 9110 §8.8.3.2)."""
    etag = answer.headers.get("etag", "")
    return "" if etag.startswith("W/") else etag


def _call(
    account: Account,
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> http.Answer:
    """Make one call. Raises Later and Barred, for what no caller could handle otherwise."""
    login = b64encode(f"{account.username}:{account.password}".encode()).decode()
    try:
        answer = http.call(
            method, url, headers={"Authorization": f"Basic {login}", **(headers or {})}, content=body
        )
    except http.Forbidden as error:
        raise Barred("private network") from error
    except http.Unreachable as error:
        raise Later(str(error)) from error
    if answer.status == _WRONG_PASSWORD:
        raise Barred("wrong user or password")
    if answer.status in _TRY_LATER or answer.status >= _SERVERS_FAULT:
        wait = answer.headers.get("retry-after", "")
        raise Later(f"{method} {answer.status}", after=min(float(wait), 3600.0) if wait.isdigit() else MINUTE)
    return answer
