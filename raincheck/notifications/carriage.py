"""Which carrier takes a company's messages on a channel, and with which account."""

import json
from dataclasses import dataclass
from uuid import UUID

from raincheck.notifications.channels import CARRIERS, HOUSE
from raincheck.notifications.channels.base import Account, Carrier, Channel
from raincheck.notifications.hearing import receipts_url
from raincheck.notifications.models import ChannelAccount


@dataclass(frozen=True)
class Carriage:
    """A carrier and the account it is used with."""

    carrier: Carrier
    account: Account


def carriages(company_id: UUID) -> dict[Channel, Carriage]:
    """Return, within the company's scope, who carries what; a channel nobody carries isn't there."""
    found = {
        channel: Carriage(CARRIERS[name], Account()) for channel, name in HOUSE.items() if name in CARRIERS
    }
    for own in ChannelAccount.objects.filter(company_id=company_id, ended_at=None):
        if own.carrier in CARRIERS:
            secrets = json.loads(own.secrets() or "{}")
            account = Account(own.options, secrets, receipts=receipts_url(own, secrets))
            found[Channel(own.channel)] = Carriage(CARRIERS[own.carrier], account)
    return found
