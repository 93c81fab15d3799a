"""Getting in: what a call bears so that the vendor takes it, and the sessions that are open, a process each."""

import base64
import hashlib
import json
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import quote, urlencode

import httpx

from raincheck.core import http
from raincheck.vendors.adapters.base import Line, NeedsPerson, Permanent, Retry
from raincheck.vendors.adapters.configured import iflytek
from raincheck.vendors.adapters.configured.auth import Auth, Login, Signing
from raincheck.vendors.adapters.configured.endpoints import Endpoint, meets
from raincheck.vendors.adapters.configured.pointers import as_text, find, find_or_none
from raincheck.vendors.adapters.configured.reading import document
from raincheck.vendors.adapters.configured.templates import Template, Values, filled, query
from raincheck.vendors.adapters.wire import Request, as_documented, ask

_MOST_SESSIONS = 1000
#: Seconds: a session isn't used in the last of its life, and nobody waits longer for another's login.
_MARGIN, _LONGEST_WAIT = 30.0, 20.0
REFUSED = "the vendor refuses the account's credentials"
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Session:
    """What a login gave; `until` on the monotonic clock."""

    token: str = field(repr=False)
    until: float


@dataclass
class _Desk:
    """One account's open session; whoever signs in holds the lock, so that only one does."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    session: Session | None = None


_DESKS: "OrderedDict[bytes, _Desk]" = OrderedDict()
_DESKS_LOCK = threading.Lock()


def values_of(line: Line) -> dict[str, str | int]:
    """Return what every template of an account may use."""
    return {
        "api_key": line.api_key,
        **{f"credentials.{name}": value for name, value in line.credentials.items()},
        **{f"options.{name}": value for name, value in line.options.items()},
    }


@dataclass(frozen=True)
class Access:
    """One account's way in."""

    line: Line
    auth: Auth
    clock: Clock

    def call(self, operation: str, endpoint: Endpoint, values: Values) -> http.Answer:
        """Make a call as somebody the vendor knows; signs in once more where the session is refused.

        Raises Retry, NeedsPerson, Permanent.
        """
        line, login = self.line, self.auth.login
        request = request_for(operation, endpoint, {**values_of(line), **values})
        session = _session(line, login) if login else None
        answer = ask(line, self._dressed(request, session))
        if login and meets(self.auth.refused, answer):
            session = _session(line, login, instead_of=session)
            answer = ask(line, self._dressed(request, session))
        if meets(self.auth.refused, answer):
            raise NeedsPerson(REFUSED)
        return answer

    def _dressed(self, request: Request, session: Session | None) -> Request:
        """Add what the scheme asks for."""
        if self.auth.signing:
            return _signed(self.line, self.auth.signing, request, self.clock())
        values = {**values_of(self.line), **({"token": session.token} if session else {})}
        headers = {name: _header(one, values) for name, one in self.auth.headers.items()}
        if self.auth.basic:
            headers |= _basic(self.auth.basic, values)
        return replace(request, headers={**request.headers, **headers})


def request_for(operation: str, endpoint: Endpoint, values: Values) -> Request:
    """Fill an endpoint in."""
    path, asked = endpoint.path.path(values), query(endpoint.query, values)
    form = endpoint.form
    return Request(
        operation,
        endpoint.method,
        f"{path}?{asked}" if asked else path,
        headers={name: _header(one, values) for name, one in endpoint.headers.items()},
        json=filled(endpoint.json, values),
        form={name: one.render(values) for name, one in form.items()} if form is not None else None,
        key=str(values.get("key", "")),
    )


def _header(one: Template, values: Values) -> str:
    value = one.render(values)
    if not (value.isascii() and value.isprintable()):
        raise Permanent("a header can only hold plain ASCII")
    return value


def _basic(pair: tuple[Template, Template], values: Values) -> dict[str, str]:
    both = ":".join(one.render(values) for one in pair)
    return {"Authorization": f"Basic {base64.b64encode(both.encode()).decode()}"}


def _signed(line: Line, signing: Signing, request: Request, now: datetime) -> Request:
    values = values_of(line)
    url = httpx.URL(f"{line.base_url}{request.path}")
    # The very bytes that the client is going to send.
    body = httpx.Request(request.method, url, json=request.json, data=request.form).content
    made = iflytek.Call(
        method=request.method,
        host=url.netloc.decode(),
        path=url.raw_path.decode().partition("?")[0],
        at=now,
        digest=iflytek.digest_of(body) if signing.digest else "",
    )
    key, secret = signing.api_key.render(values), signing.api_secret.render(values)
    if not signing.in_url:
        return replace(request, headers={**request.headers, **iflytek.headers(made, key, secret)})
    joint = "&" if "?" in request.path else "?"
    signed = urlencode(iflytek.query(made, key, secret), quote_via=quote)
    digest = {"Digest": made.digest} if made.digest else {}
    return replace(request, path=f"{request.path}{joint}{signed}", headers={**request.headers, **digest})


def _session(line: Line, login: Login, *, instead_of: Session | None = None) -> Session:
    """Return the account's open session, another than the one that was refused; signs in where there is none."""
    desk = _desk(line)
    if not desk.lock.acquire(timeout=_LONGEST_WAIT):
        raise Retry("another call is still signing in")
    try:
        old = desk.session
        if old is not None and old is not instead_of and time.monotonic() < old.until:
            return old
        desk.session = None
        if old is not None and old is not instead_of:
            _sign_out(line, login, old)
        desk.session = _sign_in(line, login)
        return desk.session
    finally:
        desk.lock.release()


def _desk(line: Line) -> _Desk:
    """Find an account's desk by who it is and by what it signs in with, of which only a digest is kept."""
    about = [str(line.account_id), line.base_url, line.api_key, dict(line.credentials), dict(line.options)]
    name = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).digest()
    with _DESKS_LOCK:
        desk = _DESKS.setdefault(name, _Desk())
        _DESKS.move_to_end(name)
        if len(_DESKS) > _MOST_SESSIONS:
            _DESKS.popitem(last=False)
        return desk


def _sign_in(line: Line, login: Login) -> Session:
    values = values_of(line)
    request = request_for("login", login.endpoint, values)
    if login.basic:
        request = replace(request, headers={**request.headers, **_basic(login.basic, values)})
    at = replace(line, base_url="") if request.path.startswith("http") else line
    answer = ask(at, request)
    if not meets(login.endpoint.success, answer):
        raise NeedsPerson(REFUSED)
    data = document(answer)
    token = _cookie(answer, login.cookie) if login.cookie else _token(data, login.token)
    said = find_or_none(data, login.expires_in)
    lives = as_documented(float, said) if said is not None else float(login.lives or "inf")
    return Session(token, time.monotonic() + max(lives - _MARGIN, lives / 2))


def _token(data: object, where: str | None) -> str:
    return as_documented(lambda found: as_text(find(found, where or "")), data)


def _cookie(answer: http.Answer, name: str) -> str:
    """Return a cookie's value; headers of the same name come joined by commas."""
    found = re.search(rf"(?:^|,\s*){re.escape(name)}=([^;,]+)", answer.headers.get("set-cookie", ""))
    if found is None:
        raise Permanent("not the documented shape")
    return found[1].strip().strip('"')


def _sign_out(line: Line, login: Login, session: Session) -> None:
    """Say goodbye to a session grown old; whether the vendor hears it is its own affair."""
    if login.logout is None:
        return
    try:
        ask(line, request_for("logout", login.logout, {**values_of(line), "token": session.token}))
    except (Retry, NeedsPerson, Permanent):
        return
