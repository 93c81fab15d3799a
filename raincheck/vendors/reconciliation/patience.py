"""Waiting one's turn: a list can't be taken up again in the middle, and a reconciliation has time."""

import time

from raincheck.vendors.adapters.base import Gate, Held

#: As long as a page is worth waiting for, in seconds.
PATIENCE = 60.0


class PatientGate(Gate):
    """Another gate, waited at while it is shut."""

    def __init__(self, gate: Gate) -> None:
        """Stand before `gate`."""
        self._gate = gate

    def enter(self) -> None:
        """Let one call through, be it after a while. Raises Held where that would take too long."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return self._gate.enter()
            except Held as held:
                if time.monotonic() + held.after > until:
                    raise
                time.sleep(held.after)

    def leave(self, *, trouble: str = "", wait: float = 0.0) -> None:
        """Hand on what came of it."""
        self._gate.leave(trouble=trouble, wait=wait)
