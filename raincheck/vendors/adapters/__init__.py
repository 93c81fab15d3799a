"""One folder an AI interview system; `find` returns the adapter an account names."""

from collections.abc import Mapping

from raincheck.vendors.adapters.base import Adapter, Fitting
from raincheck.vendors.adapters.configured.adapter import Configured
from raincheck.vendors.adapters.hireflix.adapter import Hireflix
from raincheck.vendors.adapters.humanly.adapter import Humanly
from raincheck.vendors.adapters.leapin.adapter import LeapIn
from raincheck.vendors.adapters.recording.adapter import Recording
from raincheck.vendors.adapters.simulated.adapter import Simulated
from raincheck.vendors.adapters.spark_hire.adapter import SparkHire
from raincheck.vendors.adapters.xobin.adapter import Xobin

REGISTRY: dict[str, Adapter] = {
    adapter.name: adapter
    for adapter in (
        Configured(),
        Hireflix(),
        Humanly(),
        LeapIn(),
        Recording(),
        Simulated(),
        SparkHire(),
        Xobin(),
    )
}


def find(name: str, options: Mapping[str, str]) -> Adapter:
    """Return the adapter of this name, fitted to an account's options; KeyError if none is installed."""
    adapter = REGISTRY[name]
    return adapter.fitted(options) if isinstance(adapter, Fitting) else adapter
