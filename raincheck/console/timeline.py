"""One interview's whole story: deeds, calls to the AI interview system and messages, merged by time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from raincheck.accounts.queries import key_names, names_of
from raincheck.audit.catalogue import Action
from raincheck.audit.models import Entry
from raincheck.audit.queries import about_interview
from raincheck.cancellations.queries import cancellations_of, reasons_by_code
from raincheck.console import vocabulary as words
from raincheck.console.deeds import Background, telling_of
from raincheck.core.actor import ActorKind
from raincheck.migration.loading.originals import brought_by
from raincheck.notifications.delivery.chain import ways
from raincheck.notifications.models import (
    Delivery,
    DeliveryState,
    Message,
    MessageState,
    ReceiptOutcome,
    RecipientKind,
)
from raincheck.notifications.queries import of_interview
from raincheck.recruiting.models import Interview
from raincheck.vendors.models import VendorCall
from raincheck.vendors.queries import account_names, calls_about


@dataclass(frozen=True)
class Line:
    """One delivery: to whom, by what, and what came of it. `marks` says so to programs (data- attributes)."""

    text: str
    tone: str
    icon: str
    state: str
    error: str = ""
    marks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Happening:
    """One point of the story. `rank` and `order` settle what happened at the same instant."""

    at: datetime
    rank: int
    order: UUID
    icon: str
    tone: str
    title: str
    who: str
    facts: tuple[str, ...] = ()
    quote: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    event: str = "messages"


def story_of(interview: Interview, *, with_notes: bool) -> list[Happening]:
    """Tell the whole story of an interview the reader may see, oldest first.

    `with_notes` says whether they may read what the candidate wrote.
    """
    cancellations = {c.id: c for c in cancellations_of(interview)}
    entries = list(about_interview(interview.id, application_id=interview.application_id))
    messages = list(of_interview(interview.id))
    names = _Names(interview, entries, messages)
    background = Background(
        cancellations=cancellations, reasons=reasons_by_code(interview.company_id), with_notes=with_notes
    )
    happenings = [
        *_imported(interview, entries),
        *(_deed(entry, background, names) for entry in entries),
        *(_call(call) for call in calls_about(interview.id)),
        *_messages(messages, entries, names),
    ]
    return sorted(happenings, key=lambda h: (h.at, h.rank, h.order))


class _Names:
    """Who the ids in a story are; looked up once."""

    def __init__(self, interview: Interview, entries: Iterable[Entry], messages: Iterable[Message]) -> None:
        candidate = interview.application.candidate
        staff = {e.actor_id for e in entries if e.actor_id} | {m.recipient_id for m in messages}
        self._known: Mapping[UUID, str] = {
            **names_of(interview.company_id, staff),
            **account_names(interview.company_id),
            **key_names(interview.company_id),
            candidate.identity_id: candidate.name,
        }

    def actor(self, entry: Entry) -> str:
        """Say who did it: by name where there is one, else what kind of hand it was."""
        kind = str(words.ACTORS[entry.actor_kind])
        name = self._known.get(entry.actor_id, "") if entry.actor_id else ""
        if not name or entry.actor_kind == ActorKind.STAFF:
            return name or kind
        return _("%(name)s（%(kind)s）") % {"name": name, "kind": kind}

    def recipient(self, message: Message) -> str:
        """Say who a message is for."""
        return self._known.get(message.recipient_id, str(RecipientKind(message.recipient_kind).label))


def _deed(entry: Entry, background: Background, names: _Names) -> Happening:
    telling = telling_of(entry, background)
    return Happening(
        at=entry.at,
        rank=1,
        order=entry.id,
        icon=telling.icon,
        tone=telling.tone,
        title=telling.title,
        who=names.actor(entry),
        facts=telling.facts,
        quote=telling.quote,
        event=entry.action,
    )


def _imported(interview: Interview, entries: Iterable[Entry]) -> Iterable[Happening]:
    """Yield the point at which a file brought it: the trail has an import by its parts, not by interview."""
    row = brought_by(interview)
    if row is None or any(entry.action == Action.INTERVIEW_IMPORTED for entry in entries):
        return
    yield Happening(
        at=row.run.at,
        rank=0,
        order=row.id,
        icon="archive",
        tone="info",
        title=str(Action.INTERVIEW_IMPORTED.label),
        who=str(words.ACTORS[ActorKind.SYSTEM]),
        facts=(_("文件第%(row)d行") % {"row": row.number}, row.run.file_name),
        event=Action.INTERVIEW_IMPORTED,
    )


def _call(call: VendorCall) -> Happening:
    went_well = call.outcome in {"ok", "already_gone"}
    operation = words.OPERATIONS.get(call.operation, call.operation)
    outcome = words.CALL_OUTCOMES.get(call.outcome, call.outcome)
    said = {"operation": operation, "outcome": outcome}
    return Happening(
        at=call.at,
        rank=0,
        order=call.id,
        icon="vendor",
        tone="info" if went_well else "danger",
        title=_("调用AI面试系统：%(operation)s，%(outcome)s") % said,
        who=call.account.name,
        facts=tuple(filter(None, (call.detail, _("%(n)d毫秒") % {"n": call.milliseconds}))),
        event=f"vendor.{call.operation}",
    )


def _messages(messages: list[Message], entries: Iterable[Entry], names: _Names) -> Iterable[Happening]:
    """Yield one point for all the messages that one deed led to."""
    deeds = {entry.id: entry.action for entry in entries}
    by_deed = sorted(messages, key=lambda m: (m.entry_id, m.made_at, m.id))
    for entry_id, group in groupby(by_deed, key=lambda m: m.entry_id):
        told = list(group)
        lines = tuple(line for message in told for line in _lines(message, names))
        people = len({message.recipient_id for message in told})
        yield Happening(
            at=min(message.made_at for message in told),
            rank=2,
            order=told[0].id,
            icon="mail",
            tone=_worst(lines),
            title=ngettext("通知%(n)d人", "通知%(n)d人", people) % {"n": people},
            who=str(Action(deeds[entry_id]).label) if entry_id in deeds else "",
            lines=lines,
        )


def _lines(message: Message, names: _Names) -> Iterable[Line]:
    """Yield one line a channel, with its last attempt and that attempt's error."""
    last: dict[str, Delivery] = {}
    # Of several browsers the one that was reached speaks for all.
    for delivery in sorted(
        message.deliveries.all(), key=lambda d: (d.state == DeliveryState.SENT, d.attempt)
    ):
        last[delivery.channel] = delivery
    for way in ways(message.channels):
        for channel in way:
            text = f"{names.recipient(message)} · {words.CHANNELS.get(channel, channel)}"
            found = last.get(channel)
            if found is not None:
                yield _line_of(message, found, text, names)
            elif channel == way[0] or message.state == MessageState.WAITING:
                given_up = message.state == MessageState.FAILED
                look = ("danger", "x", _("未送达")) if given_up else ("info", "clock", _("发送中"))
                in_reserve = channel != way[0]
                look = ("info", "clock", _("备用，前一渠道未达时使用")) if in_reserve else look
                yield Line(text, *look, marks={} if given_up else {"waiting": channel})


def _line_of(message: Message, delivery: Delivery, text: str, names: _Names) -> Line:
    """Say what came of a channel's last attempt."""
    times = delivery.attempt
    if delivery.state == DeliveryState.SKIPPED:
        return Line(text, "info", "clock", str(words.SKIPPED.get(delivery.error, _("未使用"))))
    if delivery.state == DeliveryState.SENT and delivery.receipt == ReceiptOutcome.FAILED:
        return Line(text, "danger", "x", _("已发出，但回执显示未送达"), words.undelivered(delivery.error))
    if delivery.state == DeliveryState.SENT:
        marks = {"message": message.event, "channel": delivery.channel, "to": names.recipient(message)}
        awaited = delivery.confirms and not delivery.receipt
        state = _("已发出，等待回执") if awaited else _("已送达")
        return Line(text, "ok", "check", state, marks={**marks, "at": delivery.at.isoformat()})
    if delivery.state == DeliveryState.RETRY and message.state == MessageState.WAITING:
        state = ngettext("重试中，已尝试%(n)d次", "重试中，已尝试%(n)d次", times) % {"n": times}
        return Line(
            text,
            "warn",
            "clock",
            state,
            words.undelivered(delivery.error),
            marks={"waiting": delivery.channel},
        )
    state = ngettext("未送达，共尝试%(n)d次", "未送达，共尝试%(n)d次", times) % {"n": times}
    return Line(text, "danger", "x", state, words.undelivered(delivery.error))


def _worst(lines: Iterable[Line]) -> str:
    tones = {line.tone for line in lines}
    return next((tone for tone in ("danger", "warn", "info") if tone in tones), "ok")
