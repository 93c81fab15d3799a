"""The hand-over itself. No transaction is open while a carrier works."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from time import monotonic

import structlog

from raincheck.notifications.carriage import Carriage
from raincheck.notifications.channels.base import Channel, OursToMend, Retry, Undeliverable
from raincheck.notifications.delivery.attempts import Outcome, Parcel, later
from raincheck.notifications.models import DeliveryState

log = structlog.get_logger(__name__)
RETRY_AFTER = 30.0


def send_while_ours(
    parcels: Sequence[Parcel], carried_by: Mapping[Channel, Carriage], *, lease: timedelta
) -> list[Outcome]:
    """Send until the claim is about to run out; a slow peer's rest is the sweep's, unsent."""
    until = monotonic() + lease.total_seconds() / 2
    outcomes = []
    for parcel in parcels:
        if monotonic() > until:
            break
        outcomes.append(_send(parcel, carried_by[Channel(parcel.attempt.channel)]))
    return outcomes


def _send(parcel: Parcel, carriage: Carriage) -> Outcome:
    """Hand one envelope over. Never raises, so that one message's bug holds up no other's delivery."""
    attempt, carrier = parcel.attempt, carriage.carrier
    if parcel.envelope is None:
        return Outcome(attempt, DeliveryState.FAILED, error="words missing")
    try:
        provider_id = carrier.send(parcel.envelope, carriage.account)
    except Retry as retry:
        ours = retry.cause if isinstance(retry, OursToMend) else ""
        return later(attempt, str(retry), retry.after, carrier=carrier.name, ours=ours)
    except Undeliverable as error:
        return Outcome(
            attempt, DeliveryState.FAILED, error=str(error)[:200], carrier=carrier.name, gone=error.gone
        )
    except Exception as bug:  # noqa: BLE001 (any bug of any library: the other messages go on; its text may hold an address, its kind doesn't)
        log.warning("channel broke", channel=attempt.channel, kind=type(bug).__name__)
        return later(attempt, type(bug).__name__, RETRY_AFTER, carrier=carrier.name)
    return Outcome(
        attempt,
        DeliveryState.SENT,
        provider_id=provider_id[:200],
        carrier=carrier.name,
        # Where nobody would hear a receipt, none is waited for.
        confirms=carrier.confirms and bool(carriage.account.receipts),
    )
