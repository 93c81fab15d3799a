"""The signature of iFlytek's open platform: HMAC-SHA256 over host, date and request line, in two forms."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

_COVERED = "host date request-line"


@dataclass(frozen=True)
class Call:
    """What is signed: `path` is without its query, `digest` is `""` where the body isn't covered."""

    method: str
    host: str
    path: str
    at: datetime
    digest: str = ""

    @property
    def date(self) -> str:
        """The instant as RFC 1123 in GMT."""
        return format_datetime(self.at.astimezone(UTC), usegmt=True)

    @property
    def origin(self) -> str:
        """The text that is signed."""
        text = f"host: {self.host}\ndate: {self.date}\n{self.method} {self.path} HTTP/1.1"
        return f"{text}\ndigest: {self.digest}" if self.digest else text


def digest_of(body: bytes) -> str:
    """Return a body's digest as HTTP writes it (RFC 3230)."""
    return "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()


def query(call: Call, api_key: str, api_secret: str) -> dict[str, str]:
    """Return the parameters of the URL form."""
    authorization = base64.b64encode(_signed(call, api_key, api_secret).encode()).decode()
    return {"host": call.host, "date": call.date, "authorization": authorization}


def headers(call: Call, api_key: str, api_secret: str) -> dict[str, str]:
    """Return the headers of the header form; `Host` is the client's own to send."""
    found = {"Date": call.date, "Authorization": f"hmac {_signed(call, api_key, api_secret)}"}
    return {**found, "Digest": call.digest} if call.digest else found


def _signed(call: Call, api_key: str, api_secret: str) -> str:
    signature = base64.b64encode(hmac.digest(api_secret.encode(), call.origin.encode(), "sha256")).decode()
    covered = f"{_COVERED} digest" if call.digest else _COVERED
    return f'api_key="{api_key}", algorithm="hmac-sha256", headers="{covered}", signature="{signature}"'
