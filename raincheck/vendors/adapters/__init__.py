"""One folder an AI interview system; `find` returns the adapter an account names, ours or a plug-in's."""

from collections import ChainMap
from collections.abc import Mapping

from raincheck.vendors.adapters.base import Adapter, Fitting
from raincheck.vendors.adapters.configured.adapter import Configured
from raincheck.vendors.adapters.hireflix.adapter import Hireflix
from raincheck.vendors.adapters.humanly.adapter import Humanly
from raincheck.vendors.adapters.leapin.adapter import LeapIn
from raincheck.vendors.adapters.plugins import Plugins, plugins
from raincheck.vendors.adapters.recording.adapter import Recording
from raincheck.vendors.adapters.simulated.adapter import Simulated
from raincheck.vendors.adapters.spark_hire.adapter import SparkHire
from raincheck.vendors.adapters.xobin.adapter import Xobin

#: Those that come with the product.
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
_BUILT_IN = frozenset(REGISTRY)


def installed() -> Mapping[str, Adapter]:
    """Return every adapter by its name, ours and those that other packages brought along."""
    return ChainMap(REGISTRY, plugged_in().adapters)


def plugged_in() -> Plugins:
    """Return what other packages brought along, and what of it was refused."""
    return plugins(_BUILT_IN)


def find(name: str, options: Mapping[str, str]) -> Adapter:
    """Return the adapter of this name, fitted to an account's options; KeyError if none is installed."""
    adapter = installed()[name]
    return adapter.fitted(options) if isinstance(adapter, Fitting) else adapter
