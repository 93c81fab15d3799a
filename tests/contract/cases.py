"""Every adapter the contract is checked for, each against its simulator: one entry a kind of account."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

from raincheck.simulators.vendors import VENDORS
from raincheck.simulators.vendors.leapin import ACCESS_ID
from tests.simulators import WebhookTarget, start_ai_interview
from tests.vendor_simulators import start_vendor

#: Runs the simulator, its store under a folder, its webhooks sent to a target.
Start = Callable[[Path, WebhookTarget], AbstractContextManager[Any]]


@dataclass(frozen=True)
class Case:
    """One kind of account, and what is known to be so there. To add a vendor, add one of these to CASES.

    `again`: an invitation whose answer was lost, made again, is answered with the `same` interview, needs a `person`,
    or is made `anew`. `cancel_agrees`: a cancel is the end of it; otherwise a person has to do or see something.
    `optional`: fields of the invitation's body that may be left out there.
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

    def __str__(self) -> str:
        return self.name

    @property
    def kit(self) -> bool:
        """Say whether its simulator is one of the kit's, with the kit's faults."""
        return self.adapter in VENDORS


def of_kit(name: str) -> Start:
    """Start one of the kit's vendors."""

    def start(_folder: Path, webhook: WebhookTarget) -> AbstractContextManager[Any]:
        return start_vendor(name, webhook=webhook)

    return start


@contextmanager
def _simulated(folder: Path, webhook: WebhookTarget) -> Any:
    with start_ai_interview(folder, webhook=webhook) as vendor:
        yield vendor


_hireflix = partial(Case, adapter="hireflix", start=of_kit("hireflix"), again="person", template="position-1")
_humanly = partial(
    Case,
    adapter="humanly",
    start=of_kit("humanly"),
    again="same",
    keeps_external_id=False,
    gives_link=False,
    template="3b1d6c1e-52a5-4c8e-9c07-8a1a53c6a0d1",
)

CASES = [
    Case("recording", adapter="recording", start=None, again="same"),
    Case("simulated", adapter="simulated", start=_simulated, again="same"),
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
    Case(
        "xobin",
        adapter="xobin",
        start=of_kit("xobin"),
        again="anew",
        keeps_external_id=False,
        signs_body=False,
        template="ai-interview-1",
    ),
    Case(
        "leapin",
        adapter="leapin",
        start=of_kit("leapin"),
        again="same",
        cancel_agrees=False,
        template="job-1",
        credentials={"access_id": ACCESS_ID},
    ),
]
REAL = [case for case in CASES if case.start]
KIT = [case for case in CASES if case.kit]
