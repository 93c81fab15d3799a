"""What a customer declares about a vendor, read from TOML. Every key is in docs/reference/vendor-declaration.md."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from raincheck.vendors.adapters.base import Cancel, Capabilities, Setting, Status
from raincheck.vendors.adapters.configured.auth import Auth, read_auth
from raincheck.vendors.adapters.configured.endpoints import (
    BOOKING,
    KEY,
    NEW_TIMES,
    REF,
    Endpoint,
    read_endpoint,
)
from raincheck.vendors.adapters.configured.listing import Listing, read_listing
from raincheck.vendors.adapters.configured.shape import BadDeclaration, Findings, Problem, Table
from raincheck.vendors.adapters.configured.templates import names_in
from raincheck.vendors.adapters.configured.times import Times, read_times
from raincheck.vendors.adapters.configured.views import Fields, read_fields
from raincheck.vendors.adapters.configured.webhooks import Webhook, read_webhook

LONGEST = 100_000


@dataclass(frozen=True)
class Cancelling:
    """How the vendor takes an interview back; no endpoint where it can't."""

    kind: Cancel
    endpoint: Endpoint | None


@dataclass(frozen=True)
class Declaration:
    """One vendor, as declared."""

    title: str
    idempotent: bool
    calls_per_minute: int
    languages: dict[str, str]
    auth: Auth
    times: Times
    status: dict[str, Status]
    fields: Fields
    invite: Endpoint
    read: Endpoint
    health: Endpoint
    cancel: Cancelling
    reschedule: Endpoint | None
    listing: Listing | None
    webhook: Webhook

    @property
    def can(self) -> Capabilities:
        """What the vendor can do, and what an account there must be given, by the placeholders used."""
        calls = (endpoint.names for endpoint in self._endpoints)
        used = self.auth.names.union(names_in(self.webhook.username), *calls)
        return Capabilities(
            cancel=self.cancel.kind,
            webhook_signature=self.webhook.scheme,
            lists=self.listing is not None,
            reschedules=self.reschedule is not None,
            idempotent=self.idempotent,
            needs_contacts=bool(self.invite.names & {"email", "phone"}),
            calls_per_minute=self.calls_per_minute,
            credentials=_settings(used, "credentials."),
            options=(DECLARATION, *_settings(used, "options.")),
        )

    @property
    def _endpoints(self) -> list[Endpoint]:
        listed = self.listing.endpoint if self.listing else None
        every = (self.invite, self.read, self.health, self.cancel.endpoint, self.reschedule, listed)
        return [endpoint for endpoint in every if endpoint]


DECLARATION = Setting("declaration", "接口声明（TOML）", "declaration (TOML)")


@lru_cache(maxsize=128)
def parse(text: str) -> Declaration:
    """Read a declaration. Raises BadDeclaration, with everything that is wrong in it."""
    findings = Findings()
    tree = _toml(text)
    findings.look_for_open(tree)
    table = Table(tree, "", findings)
    declaration = _read(table)
    table.end()
    findings.raise_any()
    return declaration


def _toml(text: str) -> dict[str, Any]:
    if len(text) > LONGEST:
        raise BadDeclaration([Problem("", "声明过长", f"is longer than {LONGEST} characters")])
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        raise BadDeclaration([Problem("", f"不是有效的 TOML：{error}", f"is no TOML: {error}")]) from error


def _read(table: Table) -> Declaration:
    return Declaration(
        title=table.text("title", longest=60),
        idempotent=table.yes("idempotent"),
        calls_per_minute=table.number("calls_per_minute", 0, lowest=0, highest=1_000_000),
        languages=table.words("languages", default={}),
        auth=table.table("auth", read_auth),
        times=table.table("time", read_times),
        status=table.table("status", _statuses),
        fields=table.table("fields", read_fields),
        invite=table.table("invite", lambda t: read_endpoint(t, BOOKING | KEY, answers=True, invites=True)),
        read=table.table("read", lambda t: read_endpoint(t, REF, answers=True)),
        health=table.table("health", lambda t: read_endpoint(t, frozenset())),
        cancel=table.table("cancel", _cancelling),
        reschedule=table.table_or_none("reschedule", lambda t: read_endpoint(t, REF | NEW_TIMES | KEY)),
        listing=table.table_or_none("list", read_listing),
        webhook=table.table("webhook", read_webhook),
    )


def _statuses(table: Table) -> dict[str, Status]:
    ours = [status.value for status in Status if status is not Status.UNMAPPED]
    return {word: Status(table.choice(word, ours)) for word in table.names}


def _cancelling(table: Table) -> Cancelling:
    kind = Cancel(table.choice("kind", [kind.value for kind in Cancel]))
    if kind is Cancel.NONE:
        return Cancelling(kind, None)
    return Cancelling(kind, read_endpoint(table, REF | KEY | {"reason"}))


def _settings(used: frozenset[str], prefix: str) -> tuple[Setting, ...]:
    found = sorted(name.removeprefix(prefix) for name in used if name.startswith(prefix))
    return tuple(Setting(name, name, name) for name in found)
