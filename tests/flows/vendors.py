"""A company's account at one of the simulated real vendors, with an interview there that its own job invited to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.test import Client

from raincheck.core.actor import Actor
from raincheck.recruiting import actions as recruiting
from raincheck.recruiting.models import Interview
from raincheck.vendors.models import VendorAccount
from raincheck.vendors.opening import Terms, open_account
from tests.peers import Peer, listening
from tests.simulators import WebhookTarget
from tests.vendor_simulators import SimulatedVendor, start_vendor
from tests.world import World

SECRET = "a-secret-of-both-sides"


@dataclass
class Peers:
    """A vendor, and the one who hears its webhooks."""

    vendor: SimulatedVendor
    receiver: Peer


@contextmanager
def running(name: str) -> Iterator[Peers]:
    """Run one vendor with a receiver for a `with` block."""
    with listening() as receiver, start_vendor(name, webhook=WebhookTarget(receiver.url, SECRET)) as vendor:
        yield Peers(vendor, receiver)


@dataclass
class Desk:
    """One company's account there."""

    here: World
    peers: Peers
    account: VendorAccount
    drain: Callable[[], None]

    @property
    def vendor(self) -> SimulatedVendor:
        """The simulated vendor."""
        return self.peers.vendor

    def invite(self, *, hours: float = 120, **booking: Any) -> Interview:
        """Book a window and have the vendor invite to it."""
        interview = self.here.book(hours=hours, kind="window", with_vendor=False, **booking)
        self.here.put(interview, vendor_account_id=self.account.id)
        with self.here.scope():
            recruiting.invite(Interview.objects.get(id=interview.id))
        self.drain()
        fresh: Interview = self.here.fresh(interview)
        return fresh

    def hear(self, interview: Interview, to: str) -> list[int]:
        """Let something happen there, and pass the webhook on twice; returns how each was answered."""
        heard = len(self.peers.receiver.bodies)
        self.vendor.progress(interview.vendor_ref, to)
        self.peers.receiver.wait_for(heard + 1)
        path = f"/hooks/{self.account.adapter}/{self.account.id}/"
        sent = {
            name: value for name, value in self.peers.receiver.headers[-1].items() if name.startswith("x-")
        }
        answers = [
            Client()
            .post(path, self.peers.receiver.bodies[-1], content_type="application/json", headers=sent)
            .status_code
            for _ in range(2)
        ]
        self.drain()
        return answers


def open_desk(here: World, peers: Peers, drain: Callable[[], None], *, template: str, **options: str) -> Desk:
    """Open an account for this company, faults of earlier tests cleared."""
    peers.vendor.clear_faults()
    terms = Terms(
        adapter=peers.vendor.name,
        name="真实面试系统（模拟）",
        url=peers.vendor.base_url,
        key=peers.vendor.key,
        webhook_secret=SECRET,
        options=options,
        template=template,
    )
    with here.scope() as now:
        account = open_account(actor=Actor.system(here.company.id), terms=terms, now=now)
    return Desk(here, peers, account, drain)
