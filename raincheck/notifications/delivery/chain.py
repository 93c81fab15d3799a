"""Which step of a message is due, and when it is over: pure, from what was tried and the time.

An item of a message's channels is a *way*: one channel, which goes out at once, or several, tried in turn until one
reaches. docs/reference/messages.md is the whole of it in words.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from raincheck.notifications.channels.base import Channel
from raincheck.notifications.models import Delivery, DeliveryState, ReceiptOutcome


@dataclass(frozen=True)
class Limit:
    """How long a step may take until the next one is tried: to be handed over at all, and then to be confirmed."""

    to_hand_over: timedelta
    to_confirm: timedelta


#: With push and SMS both down, the mail behind them is still handed over within the minute that was promised.
LIMITS = {
    Channel.IN_APP: Limit(timedelta(0), timedelta(0)),
    Channel.WEB_PUSH: Limit(timedelta(seconds=10), timedelta(seconds=20)),
    Channel.APP_PUSH: Limit(timedelta(seconds=10), timedelta(seconds=20)),
    Channel.CHAT: Limit(timedelta(seconds=20), timedelta(seconds=30)),
    Channel.SMS: Limit(timedelta(seconds=20), timedelta(minutes=2)),
    Channel.EMAIL: Limit(timedelta(minutes=2), timedelta(minutes=10)),
}


class Standing(Enum):
    """How a channel stands for one message."""

    UNTRIED = auto()
    RETRYING = auto()
    #: Its carrier took it and is to say what became of it.
    HANDED = auto()
    REACHED = auto()
    OUT = auto()


@dataclass(frozen=True)
class Verdict:
    """What a way leads to: `due` is the channel to try; `until` when to look again; neither: it is settled."""

    due: str = ""
    until: datetime | None = None
    reached: bool = False

    @property
    def settled(self) -> bool:
        """Say whether nothing more is tried on this way."""
        return not self.due and self.until is None


def ways(channels: Iterable[str | Sequence[str]]) -> list[tuple[str, ...]]:
    """Return the ways of a message's `channels`."""
    return [(item,) if isinstance(item, str) else tuple(item) for item in channels]


def channels_in(channels: Iterable[str | Sequence[str]]) -> list[str]:
    """Return every channel of a message, in order."""
    return [channel for way in ways(channels) for channel in way]


def judge(  # noqa: PLR0911 (each case is a way's own end)
    way: Sequence[str], tried: Sequence[Delivery], *, read: bool, now: datetime
) -> Verdict:
    """Say what a way asks for. `read`: the person has read the message in the app, which is what all this is for."""
    handed = False
    for place, channel in enumerate(way):
        # With nothing behind it that could still reach, a step has all the time there is.
        last = all(standing(d for d in tried if d.channel == c) is Standing.OUT for c in way[place + 1 :])
        mine = [d for d in tried if d.channel == channel]
        match standing(mine):
            case Standing.REACHED:
                return Verdict(reached=True)
            case Standing.UNTRIED:
                return Verdict(reached=True) if read and place else Verdict(due=channel)
            case Standing.HANDED if last or read:
                return Verdict(reached=True)
            case Standing.RETRYING if last:
                return Verdict(due=channel)
            case Standing.HANDED:
                handed, until = True, max(d.at for d in mine) + LIMITS[Channel(channel)].to_confirm
                if now < until:
                    return Verdict(until=until)
            case Standing.RETRYING:
                until = min(d.at for d in mine) + LIMITS[Channel(channel)].to_hand_over
                if now < until:
                    return Verdict(due=channel, until=until)
    # Taken by a carrier and never refused: nobody knows better.
    return Verdict(reached=handed)


def standing(mine: Iterable[Delivery]) -> Standing:
    """Say how one channel stands after these attempts; of several contact points the luckiest counts."""
    last = {d.point_id: d for d in sorted(mine, key=lambda d: d.attempt)}.values()
    if not last:
        return Standing.UNTRIED
    sent = [d for d in last if d.state == DeliveryState.SENT and d.receipt != ReceiptOutcome.FAILED]
    if any(d.receipt == ReceiptOutcome.DELIVERED or not d.confirms for d in sent):
        return Standing.REACHED
    if sent:
        return Standing.HANDED
    retrying = any(d.state == DeliveryState.RETRY for d in last)
    return Standing.RETRYING if retrying else Standing.OUT
