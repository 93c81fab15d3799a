"""Real vendors, simulated: each answers only what is known of it (docs/reference/vendors.md), 4xx to all else."""

from raincheck.simulators.vendors.hireflix import HIREFLIX
from raincheck.simulators.vendors.humanly import HUMANLY
from raincheck.simulators.vendors.kit import Vendor
from raincheck.simulators.vendors.leapin import LEAPIN
from raincheck.simulators.vendors.spark_hire import SPARK_HIRE
from raincheck.simulators.vendors.xobin import XOBIN

VENDORS: dict[str, Vendor] = {
    vendor.name: vendor for vendor in (HIREFLIX, HUMANLY, LEAPIN, SPARK_HIRE, XOBIN)
}
