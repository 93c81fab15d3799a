"""A table for each case: its simulator running, its adapter, lines to it, and a look at the ledger afterwards."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from raincheck.vendors import adapters
from raincheck.vendors.adapters.base import Adapter, Booking, Line
from tests.contract.cases import Case
from tests.peers import Peer, listening
from tests.simulators import WebhookTarget

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NAME, EMAIL, PHONE = "契约测试人", "contract-candidate", "13800137"
_numbers = count(1)


@dataclass
class Table:
    """One case: its simulator (None: it has none), who hears its webhooks, its adapter, and every line to it."""

    case: Case
    vendor: Any
    receiver: Peer
    lines: list[Line] = field(default_factory=list)

    @property
    def adapter(self) -> Adapter:
        """The adapter, as an account of this case has it."""
        return adapters.find(self.case.adapter, self.case.options)

    def line(self, **changes: Any) -> Line:
        """Open a line as an account of this case has it."""
        line = Line(
            account_id=uuid4(),
            base_url=getattr(self.vendor, "base_url", getattr(self.vendor, "url", "")),
            api_key=self.vendor.key if self.vendor else "",
            webhook_secret=SECRET,
            credentials=self.case.credentials,
            options=self.case.options,
        )
        line = replace(line, **changes)
        self.lines.append(line)
        return line

    def booking(self, **changes: Any) -> Booking:
        """Return a booking of somebody new, in five days."""
        number = next(_numbers)
        starts_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=5)
        booking = Booking(
            external_id=uuid4(),
            kind="window",
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=1),
            title="数据分析师",
            candidate_name=NAME,
            language="zh-hans",
            email=f"{EMAIL}-{number}@example.com",
            phone=f"+86{PHONE}{number:03d}",
            template=self.case.template,
        )
        return replace(booking, **changes)

    def invite(self) -> str:
        """Invite somebody new; returns the vendor's reference."""
        booking = self.booking()
        return self.adapter.invite(self.line(), booking, key=f"invite-{booking.external_id}").ref

    def effects(self, ref: str) -> int:
        """Count the cancels that really cancelled."""
        return int(self.vendor.effects().get(ref, 0)) if self.vendor else 1

    def news(self, ref: str, to: str) -> tuple[dict[str, str], bytes]:
        """Let something happen there; returns the webhook that tells of it."""
        heard = len(self.receiver.bodies)
        self.vendor.progress(ref, to)
        self.receiver.wait_for(heard + 1)
        return self.receiver.headers[-1], self.receiver.bodies[-1]


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Yield a function that lays a case's table, its simulator started once."""
    laid: dict[str, Table] = {}
    with ExitStack() as open_until_the_end:

        def lay(case: Case) -> Table:
            if case.name not in laid:
                receiver = open_until_the_end.enter_context(listening())
                folder: Path = tmp_path_factory.mktemp("contract")
                target = WebhookTarget(receiver.url, SECRET)
                vendor = open_until_the_end.enter_context(case.start(folder, target)) if case.start else None
                laid[case.name] = Table(case, vendor, receiver)
            return laid[case.name]

        yield lay


@pytest.fixture
def table(request: pytest.FixtureRequest, tables: Any) -> Iterator[Table]:
    """Yield the case's table without faults; what its calls left behind names nobody and no secret."""
    laid: Table = tables(request.param)
    laid.lines.clear()
    if laid.vendor:
        laid.vendor.clear_faults()
    yield laid
    for line in laid.lines:
        for call in line.calls:
            for private in (NAME, EMAIL, PHONE, SECRET, line.api_key):
                assert not private or private not in str(call)
