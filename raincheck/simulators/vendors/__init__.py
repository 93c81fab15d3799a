"""Real vendors, simulated: each answers only what is known of it (docs/reference/vendors.md), 4xx to all else."""

from pkgutil import resolve_name

from raincheck.simulators.vendors.hireflix import HIREFLIX
from raincheck.simulators.vendors.humanly import HUMANLY
from raincheck.simulators.vendors.kit import Vendor
from raincheck.simulators.vendors.leapin import LEAPIN
from raincheck.simulators.vendors.spark_hire import SPARK_HIRE
from raincheck.simulators.vendors.xobin import XOBIN

VENDORS: dict[str, Vendor] = {
    vendor.name: vendor for vendor in (HIREFLIX, HUMANLY, LEAPIN, SPARK_HIRE, XOBIN)
}


def find(name: str) -> Vendor:
    """Return one of these, or anybody's by `package.module:NAME`. Raises LookupError."""
    if name in VENDORS:
        return VENDORS[name]
    try:
        found = resolve_name(name)
    except (ValueError, ImportError, AttributeError) as error:
        message = f"{name} is none of {', '.join(sorted(VENDORS))}, nor a package.module:NAME to be found"
        raise LookupError(message) from error
    if not isinstance(found, Vendor):
        raise LookupError(f"{name} is no Vendor")  # noqa: TRY004 (to whoever asks, it isn't there)
    return found
