"""For a company without an AI interview system yet: bookings are kept here, nothing leaves the house."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from raincheck.vendors.adapters.base import (
    BadSignature,
    Booking,
    CallRecord,
    Cancel,
    Capabilities,
    Inbound,
    Line,
    Status,
    View,
)


class Recording:
    """Agrees to everything, in the memory of one process."""

    name = "recording"
    title = "Raincheck"
    can = Capabilities(
        cancel=Cancel.REVOKE, webhook_signature="none", lists=True, reschedules=True, idempotent=True
    )

    def __init__(self) -> None:
        self.views: dict[str, View] = {}

    def invite(self, line: Line, booking: Booking, *, key: str) -> View:
        """Keep the booking under our own id."""
        ref = str(booking.external_id)
        times = (booking.starts_at, booking.ends_at)
        view = View(ref, "invited", Status.INVITED, "unopened", *times, version=1, external_id=ref)
        return self._keep(line, "invite", key, self.views.get(ref, view))

    def read(self, line: Line, ref: str) -> View | None:
        """Return what was kept."""
        line.calls.append(CallRecord("read", "", "ok", "", 0))
        return self.views.get(ref)

    def pages(self, line: Line) -> Iterator[Sequence[View]]:
        """Yield what was kept, on one page."""
        line.calls.append(CallRecord("list", "", "ok", "", 0))
        yield list(self.views.values())

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

    def receive(self, line: Line, *, headers: Mapping[str, str], body: bytes, now: datetime) -> Inbound:
        """Refuse: this vendor never calls."""
        raise BadSignature("the recording vendor sends nothing")

    def health(self, line: Line) -> None:
        """Be well."""
        line.calls.append(CallRecord("health", "", "ok", "", 0))

    def _keep(self, line: Line, operation: str, key: str, view: View) -> View:
        self.views[view.ref] = view
        line.calls.append(CallRecord(operation, key, "ok", view.word, 0))
        return view
