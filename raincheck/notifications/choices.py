"""What a company has chosen for the lines of the table: whether a line is told at all, and on which channels.

A line that somebody relies on can't be turned off, and says why; how it reaches them can still be chosen, as long as it
leaves this house.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import Exists
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.accounts.models import Company
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core.actor import Actor
from raincheck.core.errors import Invalid, NotFound
from raincheck.notifications.channels.base import NEEDS, Channel, Needs
from raincheck.notifications.models import Choice, ContactPoint
from raincheck.notifications.recipients import TABLE, Channels, Line, Recipient

#: In the order in which they are tried: what costs nobody anything comes first.
IN_TURN = (Channel.WEB_PUSH, Channel.APP_PUSH, Channel.CHAT, Channel.SMS, Channel.EMAIL)
#: Channels by which everyone of a kind can be reached; the others need a browser, an app or a robot first.
SURE = {True: (Channel.SMS, Channel.EMAIL), False: (Channel.EMAIL,)}
OFFERED = {
    True: (Channel.IN_APP, Channel.SMS, Channel.EMAIL, Channel.WEB_PUSH, Channel.APP_PUSH),
    False: (Channel.IN_APP, Channel.EMAIL, Channel.CHAT),
}


class LineIsOwed(Invalid):
    """Somebody relies on this line."""

    code = "line_is_owed"
    message = _("这一项不能关闭")
    advice = _("可以更改发送渠道")


class NoChannel(Invalid):
    """A line that is on goes nowhere."""

    code = "no_channel"
    message = _("请至少选择一个渠道")
    advice = _("若不想发送，请关闭这一项")


class NeedsSureChannel(Invalid):
    """Somebody relies on this line, and some of them couldn't be reached."""

    code = "needs_sure_channel"
    message = _("这一项必须能送达每一个人")
    advice = _("候选人请保留短信或邮件，员工请保留邮件或站内消息")


class UnknownChannel(Invalid):
    """A channel this recipient hasn't got."""

    code = "unknown_channel"
    message = _("不支持该渠道")
    advice = _("请从列出的渠道中选择")


@dataclass(frozen=True)
class Chosen:
    """A line as it is for one company; `own`: the company has chosen so."""

    line: Line
    on: bool = True
    own: bool = False


def chosen(company_id: UUID) -> dict[str, tuple[Chosen, ...]]:
    """Return the whole table as it is for a company, within its scope: one look at its choices."""
    own = {
        (choice.event, choice.recipient): choice for choice in Choice.objects.filter(company_id=company_id)
    }
    return {
        event: tuple(_as_chosen(line, own.get((event, line.recipient))) for line in lines)
        for event, lines in TABLE.items()
    }


def told(company_id: UUID) -> dict[str, tuple[Line, ...]]:
    """Return the lines that are told, by event: what the fan-out goes by.

    The table's own lines leave out the channels by which nobody at this company is reached yet.
    """
    unused = _unused(company_id)
    return {
        event: tuple(one.line if one.own else _without(one.line, unused) for one in lines if one.on)
        for event, lines in chosen(company_id).items()
    }


def _unused(company_id: UUID) -> set[str]:
    """Return the channels for which no contact point exists: no browser, no app, no robot."""
    points = [channel for channel, need in NEEDS.items() if need is Needs.POINT]
    linked = ContactPoint.objects.filter(company_id=company_id, ended_at=None)
    known = Company.objects.values_list(*(Exists(linked.filter(channel=channel)) for channel in points))
    return {channel.value for channel, used in zip(points, known.get(id=company_id), strict=True) if not used}


def _without(line: Line, unused: set[str]) -> Line:
    kept: list[str | tuple[str, ...]] = []
    for item in line.channels:
        way = tuple(name for name in ((item,) if isinstance(item, str) else item) if name not in unused)
        kept += [way[0] if len(way) == 1 else way] if way else []
    return replace(line, channels=tuple(kept))


def _as_chosen(line: Line, choice: Choice | None) -> Chosen:
    if choice is None:
        return Chosen(line)
    channels = tuple(item if isinstance(item, str) else tuple(item) for item in choice.channels)
    return Chosen(replace(line, channels=channels), on=choice.on or bool(line.owed), own=True)


def line_of(event: str, recipient: str) -> Line:
    """Return a line of the table. Raises NotFound."""
    for line in TABLE.get(event, ()):
        if line.recipient == recipient:
            return line
    raise NotFound


def choose(*, actor: Actor, event: str, recipient: str, on: bool, channels: Channels, now: datetime) -> None:
    """Set one line of a company. What equals the table is no choice, and follows the table from then on.

    Raises NotAllowed, NotFound, LineIsOwed, NoChannel, NeedsSureChannel, UnknownChannel.
    """
    demand(actor, Ability.EDIT_NOTICES)
    line = line_of(event, recipient)
    _check(line, on=on, channels=channels)
    Company.objects.select_for_update(no_key=True).get(id=actor.company_id)
    mine = Choice.objects.filter(company_id=actor.company_id, event=event, recipient=recipient)
    before = _as_chosen(line, mine.first())
    mine.delete()
    if not on or channels != line.channels:
        Choice.objects.create(
            company_id=actor.company_id, event=event, recipient=recipient, on=on, channels=channels
        )
    if (before.on, before.line.channels) != (on, channels):
        facts = {"event": event, "recipient": recipient, "on": on, "channels": channels}
        deed = Deed(Action.NOTICE_CHOSEN, Subject("company", actor.company_id), facts)
        note(actor=actor, deed=deed, now=now)


def _check(line: Line, *, on: bool, channels: Channels) -> None:
    candidate = line.recipient is Recipient.CANDIDATE
    named = names(channels)
    if not set(named) <= set(OFFERED[candidate]):
        raise UnknownChannel(field="channels")
    if not on and line.owed:
        raise LineIsOwed(field="on")
    if on and not named:
        raise NoChannel(field="channels")
    inbox = () if candidate else (Channel.IN_APP,)
    if line.owed and not set(named) & {*SURE[candidate], *inbox}:
        raise NeedsSureChannel(field="channels")


def names(channels: Channels) -> list[str]:
    """Return every channel that is named, whether at once or in turn."""
    return [name for item in channels for name in ([item] if isinstance(item, str) else item)]
