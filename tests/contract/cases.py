"""Every adapter the contract is checked for, each against its simulator: one entry a kind of account."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

from raincheck.simulators.vendors import VENDORS
from raincheck.simulators.vendors.leapin import ACCESS_ID
from raincheck.vendors import adapters
from raincheck.vendors.adapters.base import Cancel, Capabilities
from tests.simulators import WebhookTarget, start_ai_interview
from tests.vendor_simulators import start_vendor

#: The simulated vendor as a customer would declare it.
DECLARED = Path(__file__).parents[1] / "declared" / "simulated.toml"
#: Runs the simulator, its store under a folder, its webhooks sent to a target.
Start = Callable[[Path, WebhookTarget], AbstractContextManager[Any]]


@dataclass(frozen=True)
class Case:
    """One kind of account, and what is known to be so there. To add a vendor, add one of these to CASES.

    `again`: an invitation whose answer was lost, made again, is answered with the `same` interview, needs a `person`,
    or is made `anew`. `cancel_agrees`: a cancel is the end of it; otherwise a person has to do or see something.
    `keeps_external_id`: a look there shows our id; `gives_link`: the answer to an invitation has the link.
    `optional`: fields of the invitation's body that may be left out there. `nobody`: a reference to none there.
    """

    name: str
    adapter: str
    start: Start | None
    again: Literal["same", "person", "anew"]
    cancel_agrees: bool = True
    keeps_external_id: bool = True
    gives_link: bool = True
    signs_body: bool = True
    template: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    nobody: str = "00000000-0000-4000-8000-000000000000"

    def __str__(self) -> str:
        return self.name

    @property
    def can(self) -> Capabilities:
        """What its adapter declares."""
        return adapters.find(self.adapter, self.options).can


def of_kit(name: str) -> Start:
    """Start one of the kit's vendors."""

    def start(_folder: Path, webhook: WebhookTarget) -> AbstractContextManager[Any]:
        return start_vendor(name, webhook=webhook)

    return start


@contextmanager
def _simulated(folder: Path, webhook: WebhookTarget) -> Any:
    with start_ai_interview(folder, webhook=webhook) as vendor:
        yield vendor


_hireflix = partial(
    Case,
    adapter="hireflix",
    start=of_kit("hireflix"),
    again="person",
    keeps_external_id=False,
    template="position-1",
)
_humanly = partial(
    Case,
    adapter="humanly",
    start=of_kit("humanly"),
    again="same",
    keeps_external_id=False,
    gives_link=False,
    template="3b1d6c1e-52a5-4c8e-9c07-8a1a53c6a0d1",
)
_xobin = partial(
    Case,
    adapter="xobin",
    start=of_kit("xobin"),
    again="anew",
    keeps_external_id=False,
    signs_body=False,
    template="206",
    nobody="206/999999",
    optional=frozenset({"start_date", "expiry_date", "custom_field_id"}),
)

CASES = [
    Case("recording", adapter="recording", start=None, again="same"),
    Case("simulated", adapter="simulated", start=_simulated, again="same"),
    Case(
        "simulated, by declaration",
        adapter="configured",
        start=_simulated,
        again="same",
        options={"declaration": DECLARED.read_text(encoding="utf-8")},
    ),
    _hireflix("hireflix", cancel_agrees=False),
    _hireflix("hireflix, its archive known to end the link", options={"archive_ends_link": "yes"}),
    _humanly("humanly", cancel_agrees=False),
    _humanly("humanly, its archive known to end the link", options={"archive_ends_link": "yes"}),
    Case(
        "spark hire",
        adapter="spark_hire",
        start=of_kit("spark_hire"),
        again="same",
        keeps_external_id=False,
        gives_link=False,
        template="a-job",
        options={"question_set": "a-question-set"},
        optional=frozenset({"question_set_uuid"}),
    ),
    _xobin("xobin"),
    _xobin("xobin, its AI interviews named", options={"ai_interviews": "205, 206"}),
    Case(
        "leapin",
        adapter="leapin",
        start=of_kit("leapin"),
        again="person",
        cancel_agrees=False,
        keeps_external_id=False,
        template="17",
        nobody="999999",
        credentials={"access_id": ACCESS_ID},
        optional=frozenset({"trigger_notice", "expire_days"}),
    ),
]
REAL = [case for case in CASES if case.start]
KIT = [case for case in REAL if case.adapter in VENDORS]
CANCELLING = [case for case in REAL if case.can.cancel is not Cancel.NONE]
CALLING = [case for case in REAL if case.can.webhook_signature != "none"]
