"""A vendor's webhooks: how they are signed, and what they say."""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from raincheck.vendors.adapters.base import BadSignature, Inbound, Line, NeedsPerson
from raincheck.vendors.adapters.configured.access import values_of
from raincheck.vendors.adapters.configured.pointers import as_text, find, find_or_none, pointer_or_none
from raincheck.vendors.adapters.configured.shape import Table
from raincheck.vendors.adapters.configured.templates import Template, template
from raincheck.vendors.adapters.configured.views import Fields, Reader, read_fields
from raincheck.vendors.adapters.signatures import fresh, same, standard_webhook
from raincheck.vendors.adapters.wire import as_documented

SCHEMES = ("hmac-sha256", "standard-webhooks", "header", "basic", "none")


@dataclass(frozen=True)
class Webhook:
    """One scheme, and where an event's facts are; `interview` None: it says only that something happened."""

    scheme: str
    header: str = ""
    encoding: str = "hex"
    over_time: bool = False
    prefix: str = ""
    timestamp_header: str = ""
    username: Template | None = None
    event_id: str | None = None
    event_id_header: str = ""
    kind: str | None = None
    kind_header: str = ""
    ref: str | None = None
    external_id: str | None = None
    interview: str | None = None
    fields: Fields | None = None

    def receive(
        self, line: Line, reader: Reader, *, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> Inbound:
        """Verify the raw bytes, then read them. Raises BadSignature, Permanent."""
        event_id, at = self._verified(line, headers, body, now)

        def read(raw: bytes) -> Inbound:
            event = json.loads(raw)
            view = None
            if self.interview is not None:
                view = reader.view(find(event, self.interview), self.fields)
            ref = view.ref if view else _text(event, self.ref)
            external_id = _text(event, self.external_id) or (view.external_id if view else "")
            if not ref and not external_id:
                raise KeyError("neither ref nor external_id")
            kind = headers.get(self.kind_header, "") or _text(event, self.kind) or "event"
            known_by = event_id or headers.get(self.event_id_header, "") or _text(event, self.event_id)
            return Inbound(known_by, kind, external_id, view, at, ref=ref)

        return as_documented(read, body)

    def _verified(
        self, line: Line, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> tuple[str, datetime]:
        """Return the event's id, where the signature covers one, and its instant."""
        secret, given = line.webhook_secret, headers.get(self.header, "")
        match self.scheme:
            case "standard-webhooks":
                return standard_webhook(headers, body, secret, now)
            case "hmac-sha256" if self.over_time:
                return "", self._timed(headers, given, body, secret, now)
            case "hmac-sha256":
                self._signed(secret, body, given)
            case "header":
                same(secret, given)
            case "basic":
                same(self._password(line), headers.get("authorization", ""))
            case _:
                raise BadSignature("this vendor is declared to send nothing")
        return "", now

    def _password(self, line: Line) -> str:
        """Return what the vendor's calls must bear; `""` where the account lacks part of it."""
        try:
            user = self.username.render(values_of(line)) if self.username else ""
        except NeedsPerson:
            return ""
        both = f"{user}:{line.webhook_secret}".encode()
        return f"Basic {base64.b64encode(both).decode()}" if line.webhook_secret else ""

    def _timed(
        self, headers: Mapping[str, str], given: str, body: bytes, secret: str, now: datetime
    ) -> datetime:
        """Verify a signature over `t.body`: in a header of its own, or both in one as `t=…,v1=…`."""
        stamp, signatures = headers.get(self.timestamp_header, ""), [given]
        if not self.timestamp_header:
            parts = [part.strip().partition("=") for part in given.split(",")]
            stamp = next((value for name, _, value in parts if name == "t"), "")
            signatures = [value for name, _, value in parts if name == "v1"]
        at = fresh(stamp, now)
        for one in signatures[:-1]:
            try:
                self._signed(secret, f"{stamp}.".encode() + body, one)
            except BadSignature:
                continue
            return at
        self._signed(secret, f"{stamp}.".encode() + body, signatures[-1] if signatures else "")
        return at

    def _signed(self, secret: str, text: bytes, given: str) -> None:
        if not secret or not given.startswith(self.prefix):
            raise BadSignature("signature differs")
        digest = hmac.digest(secret.encode(), text, "sha256")
        right = digest.hex() if self.encoding == "hex" else base64.b64encode(digest).decode()
        same(right, given.removeprefix(self.prefix))


def _text(event: Any, where: str | None) -> str:
    value = find_or_none(event, where)
    return "" if value is None or value == "" else as_text(value)


def read_webhook(table: Table) -> Webhook:
    """Read how events are signed and where their facts are."""
    scheme = table.choice("scheme", SCHEMES)
    if scheme == "none":
        return Webhook(scheme)
    timed = scheme == "hmac-sha256" and table.choice("signed", ("body", "t.body"), "body") == "t.body"
    signs = scheme == "hmac-sha256"
    made = Webhook(
        scheme=scheme,
        header=table.header("header") if scheme in {"hmac-sha256", "header"} else "",
        encoding=table.choice("encoding", ("hex", "base64")) if signs else "hex",
        over_time=timed,
        prefix=table.text("prefix", "") if signs else "",
        timestamp_header=table.header("timestamp_header", "") if timed else "",
        username=template(table, "username", ()) if scheme == "basic" else None,
        event_id=pointer_or_none(table, "event_id"),
        event_id_header=table.header("event_id_header", ""),
        kind=pointer_or_none(table, "kind"),
        kind_header=table.header("kind_header", ""),
        ref=pointer_or_none(table, "ref"),
        external_id=pointer_or_none(table, "external_id"),
        interview=pointer_or_none(table, "interview"),
        fields=table.table_or_none("fields", read_fields),
    )
    if (made.ref, made.external_id, made.interview) == (None, None, None):
        zh = "ref、external_id、interview 至少要有一个"
        table.wrong(
            "ref", zh, "ref, external_id or interview must be there, or nobody knows what it is about"
        )
    return made
