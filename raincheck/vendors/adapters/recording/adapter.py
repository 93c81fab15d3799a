"""For a company without an AI interview system yet: bookings are kept here, nothing leaves the house."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from raincheck.vendors.adapters.base import (
    BadSignature,
    Booking,
    CallRecord,
    Capabilities,
    Inbound,
    Line,
    Status,
    View,
)


class Recording:
    """Agrees to everything, in the memory of one process."""

    name = "recording"
    can = Capabilities(cancel="revoke", webhook_signature="none", verified_against_live=False)

    def __init__(self) -> None:
        self.views: dict[str, View] = {}

    def invite(self, line: Line, booking: Booking, *, key: str) -> View:
        """Keep the booking under our own id."""
        ref = str(booking.external_id)
        view = View(ref, "invited", Status.INVITED, "unopened", booking.starts_at, booking.ends_at, version=1)
        return self._keep(line, "invite", key, self.views.get(ref, view))

    def read(self, line: Line, ref: str) -> View | None:
        """Return what was kept."""
        line.calls.append(CallRecord("read", "", "ok", "", 0))
        return self.views.get(ref)

    def cancel(self, line: Line, ref: str, *, reason: str, key: str) -> View | None:
        """Mark it cancelled; None if it is already, or was never here."""
        found = self.views.get(ref)
        if found is None or found.status is Status.CANCELLED:
            line.calls.append(CallRecord("cancel", key, "already_gone", "", 0))
            return None
        gone = replace(found, word="cancelled", status=Status.CANCELLED, version=found.version + 1)
        return self._keep(line, "cancel", key, gone)

    def reschedule(self, line: Line, ref: str, *, starts_at: datetime, ends_at: datetime, key: str) -> View:
        """Move it."""
        found = self.views[ref]
        moved = replace(found, starts_at=starts_at, ends_at=ends_at, version=found.version + 1)
        return self._keep(line, "reschedule", key, moved)

    def receive(self, *, headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> Inbound:
        """Refuse: this vendor never calls."""
        raise BadSignature("the recording vendor sends nothing")

    def _keep(self, line: Line, operation: str, key: str, view: View) -> View:
        self.views[view.ref] = view
        line.calls.append(CallRecord(operation, key, "ok", view.word, 0))
        return view
