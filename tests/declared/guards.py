"""Who may call: each scheme enforced in words of its own, from what is publicly known of it."""

import base64
import hashlib
import hmac
import json
import re
import secrets
from email.utils import parsedate_to_datetime

from tests.declared.server import Call, Clock, Refusal, Reply

SKEW = 300


class HeaderKey:
    """A key in a header."""

    def __init__(self, name: str, value: str) -> None:
        self.name, self.value = name, value

    def opens(self, call: Call) -> Reply | None:
        return None

    def admits(self, call: Call) -> bool:
        return call.headers.get(self.name) == self.value


class Basic(HeaderKey):
    """User and password."""

    def __init__(self, user: str, password: str) -> None:
        super().__init__("authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())


class Tokens:
    """What logins have in common: tokens that live for a while."""

    def __init__(self, clock: Clock, lives: float) -> None:
        self.clock, self.lives = clock, lives
        self.until: dict[str, float] = {}
        self.given = 0

    def give(self) -> str:
        token = secrets.token_urlsafe(12)
        self.until[token], self.given = self.clock.now() + self.lives, self.given + 1
        return token

    def alive(self, token: str) -> bool:
        return self.clock.now() < self.until.get(token, 0)

    def forget(self) -> None:
        self.until.clear()


class Session(Tokens):
    """A login as HireVue's fragments have it; its answer is made up. `cookie`: the session goes as one."""

    def __init__(
        self, clock: Clock, expected: dict[str, str], *, lives: float = 1200, cookie: str = ""
    ) -> None:
        super().__init__(clock, lives)
        self.expected, self.cookie, self.left, self.says = expected, cookie, 0, lives

    def opens(self, call: Call) -> Reply | None:
        if call.path == "/api/v1/logout/" and call.method == "POST":
            self.left += self.until.pop(self._token(call), None) is not None
            return Reply(200, {})
        if call.path != "/api/v1/login/":
            return None
        given = call.json("applicationToken", "version", "impersonate", "apiKey")
        if call.method != "POST" or given != self.expected:
            raise Refusal(403, "wrong credentials")
        token = self.give()
        if self.cookie:
            expires = "Wed, 31 Jan 2035 08:00:00 GMT"
            return Reply(
                200, {}, {"Set-Cookie": f"{self.cookie}={token}; Path=/; Expires={expires}; HttpOnly"}
            )
        return Reply(200, {"session": token, "lives": self.says})

    def admits(self, call: Call) -> bool:
        return self.alive(self._token(call))

    def _token(self, call: Call) -> str:
        if not self.cookie:
            return call.headers.get("x-session", "")
        return call.headers.get("cookie", "").removeprefix(f"{self.cookie}=")


class OAuth2(Tokens):
    """RFC 6749 §4.4, the client by Basic or in the form."""

    def __init__(self, clock: Clock, client: tuple[str, str], *, by: str, lives: float = 3600) -> None:
        super().__init__(clock, lives)
        self.client, self.by = client, by

    def opens(self, call: Call) -> Reply | None:
        if call.path != "/oauth/token":
            return None
        form = call.form()
        given = (form.pop("client_id", ""), form.pop("client_secret", ""))
        if self.by == "basic":
            scheme, _, coded = call.headers.get("authorization", "").partition(" ")
            user, _, password = base64.b64decode(coded).decode().partition(":")
            given = (user, password) if scheme == "Basic" and given == ("", "") else ("", "")
        if form != {"grant_type": "client_credentials", "scope": "interviews"}:
            raise Refusal(400, "unsupported_grant_type")
        if given != self.client:
            raise Refusal(401, "invalid_client")
        return Reply(200, {"access_token": self.give(), "token_type": "Bearer", "expires_in": self.lives})

    def admits(self, call: Call) -> bool:
        return self.alive(call.headers.get("authorization", "").removeprefix("Bearer "))


class Iflytek:
    """iFlytek's signature, checked from its description: URL form or header form, with or without a digest."""

    def __init__(self, key: str, secret: str, *, form: str = "url", digest: bool = False) -> None:
        self.key, self.secret, self.form, self.digest, self.clock = key, secret, form, digest, Clock()

    def opens(self, call: Call) -> Reply | None:
        return None

    def admits(self, call: Call) -> bool:
        if self.form == "url":
            try:
                host, date = call.query.pop("host"), call.query.pop("date")
                text = base64.b64decode(call.query.pop("authorization"), validate=True).decode()
            except (KeyError, ValueError):
                return False
        else:
            host, date = call.headers["host"], call.headers.get("date", "")
            scheme, _, text = call.headers.get("authorization", "").partition(" ")
            if scheme != "hmac":
                return False
        return host == call.headers["host"] and self._fresh(date) and text == self._right(call, host, date)

    def _fresh(self, date: str) -> bool:
        if not re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", date):
            return False
        return abs(parsedate_to_datetime(date).timestamp() - self.clock.now()) <= SKEW

    def _right(self, call: Call, host: str, date: str) -> str:
        lines, covered = [f"host: {host}", f"date: {date}", f"{call.method} {call.path} HTTP/1.1"], ""
        if self.digest:
            body = base64.b64encode(hashlib.sha256(call.body).digest()).decode()
            if call.headers.get("digest") != f"SHA-256={body}":
                return ""
            lines.append(f"digest: SHA-256={body}")
            covered = " digest"
        mac = hmac.new(self.secret.encode(), "\n".join(lines).encode(), hashlib.sha256)
        signature = base64.b64encode(mac.digest()).decode()
        head = f'api_key="{self.key}", algorithm="hmac-sha256", headers="host date request-line{covered}"'
        return f'{head}, signature="{signature}"'


def signed_in_hex(secret: str, body: bytes) -> str:
    """Sign as the first example's vendor does."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def signed_with_time(secret: str, stamp: str, body: bytes) -> str:
    """Sign as the second example's vendor does."""
    mac = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
    return base64.b64encode(mac.digest()).decode()


def as_json(value: object) -> bytes:
    """Write JSON as this vendor does, blanks and all: what is signed are its bytes."""
    return json.dumps(value, indent=1, ensure_ascii=False).encode()
