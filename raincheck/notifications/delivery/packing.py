"""What is due of claimed messages, put into envelopes; addresses are open in memory only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog

from raincheck.accounts.identities import open_contacts
from raincheck.accounts.models import CandidateIdentity, Company, Staff
from raincheck.notifications import points, words
from raincheck.notifications.carriage import Carriage
from raincheck.notifications.channels.base import NEEDS, Channel, Needs
from raincheck.notifications.delivery.attempts import Attempt, Outcome, Parcel, made_so_far
from raincheck.notifications.delivery.chain import channels_in, judge, ways
from raincheck.notifications.delivery.envelopes import envelope_of
from raincheck.notifications.delivery.quiet import quiet_until
from raincheck.notifications.models import Delivery, DeliveryState, Message, RecipientKind
from raincheck.notifications.preferences import unwanted

log = structlog.get_logger(__name__)
#: A contact point and its address; None where the channel knows a person by phone or e-mail.
Address = tuple[UUID | None, str]


@dataclass
class Packed:
    """What is to be handed over, what turned out to need no hand-over, and until when the rest is held back."""

    parcels: list[Parcel] = field(default_factory=list)
    skipped: list[Outcome] = field(default_factory=list)
    held: dict[UUID, datetime] = field(default_factory=dict)


def pack(messages: Sequence[Message], carried_by: Mapping[Channel, Carriage], now: datetime) -> Packed:
    """Say what each of these claimed messages asks for now."""
    packed, made, held, left = Packed(), made_so_far(messages), _held(messages, now), unwanted(messages)
    book, own = (
        _AddressBook(messages),
        words.Words.of(messages[0].company_id, messages) if messages else words.Words(),
    )
    for message in messages:
        tried = made[message.id]
        for way in ways(message.channels):
            _pack_way(way, message, tried, packed, _Circumstances(book, own, carried_by, held, left, now))
    return packed


@dataclass(frozen=True)
class _Circumstances:
    book: "_AddressBook"
    own: words.Words
    carried_by: Mapping[Channel, Carriage]
    held: Mapping[UUID, datetime]
    left: set[UUID]
    now: datetime


def _pack_way(
    way: tuple[str, ...], message: Message, tried: list[Delivery], packed: Packed, at_hand: _Circumstances
) -> None:
    """Take the way's step that is due; steps that lead nowhere are noted and passed by at once."""
    while channel := judge(way, tried, read=message.read_at is not None, now=at_hand.now).due:
        outside = bool(NEEDS[Channel(channel)])
        if outside and message.id in at_hand.held:
            packed.held[message.id] = at_hand.held[message.id]
            return
        mine = [d for d in tried if d.channel == channel]
        addresses = at_hand.book.of(message, Channel(channel))
        lacks = _lacks(message, channel, addresses, at_hand)
        if not lacks:
            attempts = _attempts(message, channel, mine, addresses)
            packed.parcels += [_parcel(message, attempt, address, at_hand) for attempt, address in attempts]
            return
        attempt = Attempt(message.id, channel, len(mine) + 1)
        packed.skipped.append(Outcome(attempt, DeliveryState.SKIPPED, error=lacks))
        tried.append(Delivery(channel=channel, attempt=attempt.number, state=DeliveryState.SKIPPED))


def _lacks(message: Message, channel: str, addresses: Sequence[Address], at_hand: _Circumstances) -> str:
    """Return what there is to say against this channel, "" for nothing."""
    if message.id in at_hand.left and NEEDS[Channel(channel)]:
        return "opted out"
    if Channel(channel) not in at_hand.carried_by:
        return "no carrier"
    return "" if addresses else f"no {NEEDS[Channel(channel)]}"


def _attempts(
    message: Message, channel: str, mine: Sequence[Delivery], addresses: Sequence[Address]
) -> list[tuple[Attempt, str]]:
    """Return an attempt at each address that is still to be tried."""
    wanted = []
    for point_id, address in addresses:
        there = [d for d in mine if d.point_id == point_id]
        if all(d.state == DeliveryState.RETRY for d in there):
            wanted.append((Attempt(message.id, channel, len(there) + 1, point_id), address))
    return wanted


def _parcel(message: Message, attempt: Attempt, address: str, at_hand: _Circumstances) -> Parcel:
    try:
        return Parcel(attempt, envelope_of(message, at_hand.own, attempt, address, at_hand.now))
    except words.WordsMissing:
        log.exception("words missing", message=str(message.id), template=message.template)
        return Parcel(attempt, None)


def _held(messages: Iterable[Message], now: datetime) -> dict[UUID, datetime]:
    """Return until when those that can wait are held back, for it is night where they are read."""
    patient = [m for m in messages if not m.urgent]
    if not patient:
        return {}
    company = Company.objects.get(id=patient[0].company_id)
    ends = {
        m.id: quiet_until(now, zone=m.timezone, begins=company.quiet_from, ends=company.quiet_to)
        for m in patient
    }
    return {message_id: until for message_id, until in ends.items() if until is not None}


class _AddressBook:
    """How everyone concerned is reached."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self._known = _contacts(messages)
        self._points: dict[tuple[UUID, str], list[Address]] = {}
        pointed = {
            m.recipient_id
            for m in messages
            if any(NEEDS[Channel(c)] == Needs.POINT for c in channels_in(m.channels))
        }
        if pointed:
            found = points.points_of(pointed)
            opened = points.open_all(found)
            for point in found:
                if point.id in opened:
                    mine = self._points.setdefault((point.recipient_id, point.channel), [])
                    mine.append((point.id, opened[point.id]))

    def of(self, message: Message, channel: Channel) -> list[Address]:
        """Return where this message's reader is reached on a channel."""
        need = NEEDS[channel]
        if need == Needs.NOTHING:
            return [(None, "")]
        if need == Needs.POINT:
            return self._points.get((message.recipient_id, channel), [])
        address = self._known.get((message.recipient_id, need), "")
        return [(None, address)] if address else []


def _contacts(messages: Sequence[Message]) -> dict[tuple[UUID, str], str]:
    ids = {kind: {m.recipient_id for m in messages if m.recipient_kind == kind} for kind in RecipientKind}
    found = {}
    if ids[RecipientKind.CANDIDATE]:
        for identity in CandidateIdentity.objects.filter(id__in=ids[RecipientKind.CANDIDATE]):
            contacts = open_contacts(identity)
            found[identity.id, "phone"], found[identity.id, "email"] = contacts.phone, contacts.email
    if ids[RecipientKind.STAFF]:
        staff = Staff.objects.filter(id__in=ids[RecipientKind.STAFF])
        found |= {(staff_id, "email"): email for staff_id, email in staff.values_list("id", "email")}
    return found
