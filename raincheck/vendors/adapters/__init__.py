"""One folder an AI interview system; `find` returns the adapter an account names."""

from raincheck.vendors.adapters.base import Adapter
from raincheck.vendors.adapters.recording.adapter import Recording
from raincheck.vendors.adapters.simulated.adapter import Simulated

REGISTRY: dict[str, Adapter] = {
    adapter.name: adapter
    for adapter in (
        Recording(),
        Simulated(),
    )
}


def find(name: str) -> Adapter:
    """Return the adapter of this name; KeyError if none is installed."""
    return REGISTRY[name]
