"""What the contract has to know of one kind of account."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from raincheck.simulators.vendors import find
from raincheck.simulators.vendors.kit import Vendor
from raincheck.vendors import adapters
from raincheck.vendors.adapters.base import Capabilities
from tests.simulators import WebhookTarget
from tests.vendor_simulators import start_vendor

#: Runs the simulator, its store under a folder, its webhooks sent to a target.
Start = Callable[[Path, WebhookTarget], AbstractContextManager[Any]]


@dataclass(frozen=True)
class Case:
    """One kind of account, and what is known to be so there.

    To add a vendor, add one of these to CASES, or keep it in a package of its own (docs/howto/add-a-vendor.md).
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

    @property
    def kit(self) -> Vendor | None:
        """Its simulator, where that is made with the kit."""
        return find(self.start.name) if isinstance(self.start, OfKit) else None


@dataclass(frozen=True)
class OfKit:
    """Starts a simulator made with the kit: one of ours by name, or anybody's as `package.module:NAME`."""

    name: str

    def __call__(self, _folder: Path, webhook: WebhookTarget) -> AbstractContextManager[Any]:
        """Run it."""
        return start_vendor(self.name, webhook=webhook)
