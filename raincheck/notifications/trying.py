"""Sending oneself a test on one channel, and how each channel has been doing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.accounts.models import Company, Staff
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject
from raincheck.core.actor import Actor, ActorKind
from raincheck.core.errors import Invalid, NotFound
from raincheck.core.ids import new_id
from raincheck.core.scope import company_scope
from raincheck.notifications import points
from raincheck.notifications.carriage import Carriage, carriages
from raincheck.notifications.channels import templates
from raincheck.notifications.channels.base import NEEDS, Channel, Envelope, Needs, Retry, Undeliverable
from raincheck.notifications.mending import Seen, failing, look
from raincheck.notifications.models import Delivery, DeliveryState, ReceiptOutcome
from raincheck.notifications.testing import count

log = structlog.get_logger(__name__)
SHOWN = timedelta(days=7)
ERRORS_SHOWN = 5
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
#: What a test says where a message would have facts.
SAMPLES = {"code": "000000", "link": "https://raincheck.example/", "when": "2026年12月1日(周二) 10:00"}


class NoTestAddress(Invalid):
    """There is nowhere to send the test to: no number was given, or no browser or robot of one's own is known."""

    code = "no_test_address"
    message = _("请填写接收试发的手机号，或先绑定自己的设备")
    advice = _("手机号需带国家码，例如 +8613800000000")


@dataclass(frozen=True)
class Tried:
    """What came of a test: `text` is the carrier's id for it, or why it wasn't taken."""

    ok: bool
    text: str


@dataclass(frozen=True)
class Doing:
    """How a channel did in the last seven days. `delivered` counts receipts that say so, `told` all there were."""

    sent: int = 0
    failed: int = 0
    delivered: int = 0
    told: int = 0
    errors: tuple[tuple[datetime, str], ...] = ()

    @property
    def share(self) -> float | None:
        """Return the share of what receipts tell of that was delivered; None where none came."""
        return 100 * self.delivered / self.told if self.told else None


def doing(actor: Actor, now: datetime) -> dict[str, Doing]:
    """Return how each channel has been doing lately. Raises NotAllowed."""
    demand(actor, Ability.VIEW_CHANNELS)
    lately = Delivery.objects.filter(company_id=actor.company_id, at__gt=now - SHOWN)
    counted = lately.values("channel").annotate(
        sent=Count("id", filter=Q(state=DeliveryState.SENT)),
        failed=Count("id", filter=Q(state=DeliveryState.FAILED)),
        delivered=Count("id", filter=Q(receipt=ReceiptOutcome.DELIVERED)),
        told=Count("id", filter=~Q(receipt="")),
    )
    found = {}
    for row in counted:
        channel = str(row["channel"])
        wrong = lately.filter(channel=channel).exclude(error="").order_by("-at")
        found[channel] = Doing(
            sent=row["sent"],
            failed=row["failed"],
            delivered=row["delivered"],
            told=row["told"],
            errors=tuple(wrong.values_list("at", "error")[:ERRORS_SHOWN]),
        )
    return found


def try_out(*, actor: Actor, channel: Channel, to: str = "") -> Tried:
    """Send the actor a test on a channel: to their own e-mail, browser or robot, or to the number they typed.

    Somebody at a shell is nobody with an address of their own, so they type an e-mail address, too.

    Not to be called inside a transaction: a carrier may take its time. Raises NotAllowed, NotFound, NoTestAddress,
    TooManyTests.
    """
    demand(actor, Ability.EDIT_CHANNELS)
    with company_scope(actor.company_id) as now:
        carriage = carriages(actor.company_id).get(channel)
        if carriage is None or NEEDS[channel] is Needs.NOTHING:
            raise NotFound
        envelope = _envelope(actor, channel, carriage, address_of(actor, channel, to))
        facts = {"channel": channel.value, "carrier": carriage.carrier.name}
        deed = Deed(Action.CHANNEL_TESTED, Subject("company", actor.company_id), facts)
        count(actor=actor, deed=deed, now=now)
    return hand_over(actor, carriage, envelope)


def hand_over(actor: Actor, carriage: Carriage, envelope: Envelope) -> Tried:
    """Send a test, whatever the carrier makes of it; one that is taken is proof that the channel works."""
    carrier = carriage.carrier
    try:
        tried = Tried(ok=True, text=carrier.send(envelope, carriage.account))
    except (Retry, Undeliverable) as error:
        return Tried(ok=False, text=str(error))
    except Exception as bug:  # noqa: BLE001 (vendors' libraries raise what they like; only the kind is said, for its text may hold an address)
        log.warning("a carrier broke", carrier=carrier.name, kind=type(bug).__name__)
        return Tried(ok=False, text=type(bug).__name__)
    with company_scope(actor.company_id) as now:
        seen = Seen(carrier.channel, carrier.name, envelope.template)
        look(company_id=actor.company_id, seen=[seen], now=now)
    return tried


def address_of(actor: Actor, channel: Channel, to: str) -> str:
    """Return where a test goes: one's own mailbox, browser or robot, or the number typed. Raises NoTestAddress."""
    address = ""
    if NEEDS[channel] is Needs.PHONE:
        address = to.replace(" ", "")
        address = f"+86{address}" if re.fullmatch(r"1[0-9]{10}", address) else address
        address = address if _E164.fullmatch(address) else ""
    elif actor.kind is not ActorKind.STAFF:
        address = to.strip()
    elif NEEDS[channel] is Needs.EMAIL:
        address = Staff.objects.filter(id=actor.person).values_list("email", flat=True).first() or ""
    else:
        address = _point(actor.person, channel)
    if not address:
        raise NoTestAddress(field="to")
    return address


def _point(person: UUID, channel: Channel) -> str:
    mine = [point for point in points.points_of([person]) if point.channel == channel]
    return next(iter(points.open_all(mine).values()), "")


def _envelope(actor: Actor, channel: Channel, carriage: Carriage, address: str) -> Envelope:
    company = Company.objects.get(id=actor.company_id)
    # What had failed comes first: that it goes out is the proof somebody waits for.
    failed = failing(company.id, channel)
    said = f"【{company.name}】这是一条试发通知，无需处理。This is a test; nothing needs to be done."
    envelope = Envelope(
        key=f"{new_id()}-{channel}",
        address=address,
        title="试发通知 Test message",
        body=said,
        sms=said,
        template=min(failed, default="candidate_asked"),
    )
    declared = carriage.account.options.get("templates") or {}
    return _as_template(
        envelope, company, dict(sorted(declared.items(), key=lambda one: one[0] not in failed))
    )


def _as_template(
    envelope: Envelope, company: Company, declared: Mapping[str, Mapping[str, object]]
) -> Envelope:
    """Take the first template there is, filled with samples, where a carrier takes nothing but templates."""
    if not declared:
        return envelope
    name, languages = next(iter(declared.items()))
    facts = dict.fromkeys(templates.facts_of(name), "试发") | {**SAMPLES, "company": company.name}
    return replace(envelope, template=name, language=next(iter(languages)), facts=facts)
