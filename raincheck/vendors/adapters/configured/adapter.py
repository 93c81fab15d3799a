"""The configurable adapter: speaks to whatever vendor the account's declaration describes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from raincheck.core import http
from raincheck.vendors.adapters.base import (
    Booking,
    Cancel,
    Capabilities,
    Inbound,
    Line,
    NeedsPerson,
    Permanent,
    View,
)
from raincheck.vendors.adapters.configured.access import Access, Clock
from raincheck.vendors.adapters.configured.declaration import DECLARATION, Declaration, parse
from raincheck.vendors.adapters.configured.endpoints import Endpoint, meets
from raincheck.vendors.adapters.configured.pointers import find
from raincheck.vendors.adapters.configured.reading import document
from raincheck.vendors.adapters.configured.templates import Values
from raincheck.vendors.adapters.configured.views import Reader
from raincheck.vendors.adapters.names import first_and_last
from raincheck.vendors.adapters.wire import as_documented

BY_HAND = "revoke the candidate's link in the vendor's own console"
LOOK_FIRST = "an earlier invitation may have arrived: look for it in the vendor's own console"


class Configured:
    """A vendor declared in TOML. The one in the registry has no declaration; `fitted` returns one that has."""

    name = "configured"

    def __init__(self, declared: Declaration | None = None, *, clock: Clock = timezone.now) -> None:
        self._declared, self._clock = declared, clock
        self.title = declared.title if declared else "按声明接入 / by declaration"
        nothing = Capabilities(cancel=Cancel.NONE, webhook_signature="none", options=(DECLARATION,))
        self.can = declared.can if declared else nothing

    def fitted(self, options: Mapping[str, str]) -> "Configured":
        """Return the adapter for an account whose option `declaration` holds the text. Raises BadDeclaration."""
        return Configured(parse(options.get("declaration", "")), clock=self._clock)

    @property
    def declared(self) -> Declaration:
        """What the account declares. Raises Permanent where it declares nothing."""
        if self._declared is None:
            raise Permanent("the account has no declaration")
        return self._declared

    def invite(self, line: Line, booking: Booking, *, key: str) -> View:
        """Invite; whoever knows no idempotency keys is looked at first where an earlier attempt may have arrived."""
        there = (
            self._invited_before(line, booking) if booking.again and not self.declared.idempotent else None
        )
        if there is not None:
            return there
        endpoint = self.declared.invite
        answer = self._call(line, "invite", endpoint, {**self._booked(booking), "key": key})
        return self._view(_succeeded(answer, endpoint), endpoint)

    def read(self, line: Line, ref: str) -> View | None:
        """Read one interview; None where the answer is one of those declared `not_found` or `gone`."""
        endpoint = self.declared.read
        answer = self._call(line, "read", endpoint, {"ref": ref})
        if meets((*endpoint.not_found, *endpoint.gone), answer):
            return None
        return self._view(_succeeded(answer, endpoint), endpoint)

    def pages(self, line: Line) -> Iterator[Sequence[View]]:
        """Yield the vendor's list. Raises NeedsPerson where none is declared."""
        listing = self.declared.listing
        if listing is None:
            raise NeedsPerson("compare the interviews by hand: no list is declared")
        endpoint = listing.endpoint

        def ask(values: dict[str, str | int]) -> Any:
            return document(_succeeded(self._call(line, "list", endpoint, values), endpoint))

        pages = listing.pages(ask)
        while (items := as_documented(lambda p: next(p, None), pages)) is not None:
            yield as_documented(
                lambda page: [self._reader.view(item, endpoint.fields) for item in page], items
            )

    def cancel(self, line: Line, ref: str, *, reason: str, key: str) -> View | None:
        """Cancel as declared; where the answer doesn't hold the interview, it is read back.

        Raises NeedsPerson where no way is declared.
        """
        endpoint = self.declared.cancel.endpoint
        if endpoint is None:
            raise NeedsPerson(BY_HAND)
        answer = self._call(line, "cancel", endpoint, {"ref": ref, "reason": reason, "key": key})
        if meets((*endpoint.gone, *endpoint.not_found), answer):
            return None
        return self._told_or_read(line, ref, _succeeded(answer, endpoint), endpoint)

    def reschedule(self, line: Line, ref: str, *, starts_at: datetime, ends_at: datetime, key: str) -> View:
        """Move it as declared. Raises NeedsPerson where no way is declared."""
        endpoint = self.declared.reschedule
        if endpoint is None:
            raise NeedsPerson("change the time in the vendor's own console")
        times = self.declared.times
        moved = {"starts_at": times.write(starts_at), "ends_at": times.write(ends_at)}
        answer = self._call(line, "reschedule", endpoint, {"ref": ref, "key": key, **moved})
        view = self._told_or_read(line, ref, _succeeded(answer, endpoint), endpoint)
        if view is None:
            raise Permanent("unknown there")
        return view

    def receive(self, line: Line, *, headers: Mapping[str, str], body: bytes, now: datetime) -> Inbound:
        """Verify and read a webhook as declared."""
        declared = self.declared
        return declared.webhook.receive(line, self._reader, headers=headers, body=body, now=now)

    def health(self, line: Line) -> None:
        """Make the call declared for it."""
        endpoint = self.declared.health
        _succeeded(self._call(line, "health", endpoint, {}), endpoint)

    @property
    def _reader(self) -> Reader:
        return Reader(self.declared.times, self.declared.status, self.declared.fields)

    def _call(self, line: Line, operation: str, endpoint: Endpoint, values: Values) -> http.Answer:
        return Access(line, self.declared.auth, self._clock).call(operation, endpoint, values)

    def _view(self, answer: http.Answer, endpoint: Endpoint) -> View:
        where = endpoint.interview or ""
        return as_documented(
            lambda data: self._reader.view(find(data, where), endpoint.fields), document(answer)
        )

    def _told_or_read(self, line: Line, ref: str, answer: http.Answer, endpoint: Endpoint) -> View | None:
        return self.read(line, ref) if endpoint.interview is None else self._view(answer, endpoint)

    def _booked(self, booking: Booking) -> dict[str, str | int]:
        times = self.declared.times
        given, family = first_and_last(booking.candidate_name)
        return {
            "external_id": str(booking.external_id),
            "kind": booking.kind,
            "starts_at": times.write(booking.starts_at),
            "ends_at": times.write(booking.ends_at),
            "title": booking.title,
            "candidate_name": booking.candidate_name,
            "given_name": given,
            "family_name": family,
            "email": booking.email,
            "phone": booking.phone,
            "language": self.declared.languages.get(booking.language, booking.language),
            "template": booking.template,
        }

    def _invited_before(self, line: Line, booking: Booking) -> View | None:
        """Look for our own id in the vendor's list. Raises NeedsPerson where it can't be found there at all."""
        listing = self.declared.listing
        fields = (listing.endpoint.fields if listing else None) or self.declared.fields
        if listing is None or fields.external_id is None:
            raise NeedsPerson(LOOK_FIRST)
        ours = str(booking.external_id)
        found = (view for page in self.pages(line) for view in page if view.external_id == ours)
        return next((view for view in found if not view.status.ended), None)


def _succeeded(answer: http.Answer, endpoint: Endpoint) -> http.Answer:
    """Return an answer that is declared a success. Raises Permanent for any other."""
    if not meets(endpoint.success, answer):
        raise Permanent(f"answered {answer.status}, which isn't declared a success")
    return answer
