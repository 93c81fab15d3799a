"""Every adapter the contract is checked for, each against its simulator: one entry a kind of account."""

import os
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from raincheck.simulators.vendors.leapin import ACCESS_ID
from raincheck.vendors.adapters.base import Cancel
from tests.contract.case import Case, OfKit
from tests.simulators import WebhookTarget, start_ai_interview

#: The simulated vendor as a customer would declare it.
DECLARED = Path(__file__).parents[1] / "declared" / "simulated.toml"


@contextmanager
def _simulated(folder: Path, webhook: WebhookTarget) -> Any:
    with start_ai_interview(folder, webhook=webhook) as vendor:
        yield vendor


_hireflix = partial(
    Case,
    adapter="hireflix",
    start=OfKit("hireflix"),
    again="person",
    keeps_external_id=False,
    template="position-1",
)
_humanly = partial(
    Case,
    adapter="humanly",
    start=OfKit("humanly"),
    again="same",
    keeps_external_id=False,
    gives_link=False,
    template="3b1d6c1e-52a5-4c8e-9c07-8a1a53c6a0d1",
)
_xobin = partial(
    Case,
    adapter="xobin",
    start=OfKit("xobin"),
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
        start=OfKit("spark_hire"),
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
        start=OfKit("leapin"),
        again="person",
        cancel_agrees=False,
        keeps_external_id=False,
        template="17",
        nobody="999999",
        credentials={"access_id": ACCESS_ID},
        optional=frozenset({"trigger_notice", "expire_days"}),
    ),
]
# Those of a package elsewhere: `module:CASES`.
if elsewhere := os.environ.get("RAINCHECK_CONTRACT"):
    CASES += resolve_name(elsewhere)
REAL = [case for case in CASES if case.start]
KIT = [case for case in REAL if case.kit]
CANCELLING = [case for case in REAL if case.can.cancel is not Cancel.NONE]
CALLING = [case for case in REAL if case.can.webhook_signature != "none"]
