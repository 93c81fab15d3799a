"""The words of every message, in both languages, and how facts are put into them.

A variable that has no fact is an error here, never a raw `{name}` in somebody's inbox. Times are said in
the reader's zone, which is named. A company's own words come first; a message keeps those it was written with.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from raincheck.notifications.catalogue import Text, default_text
from raincheck.notifications.models import Message, Wording

#: How words speak of a fact; nothing else in braces is ever let in.
VARIABLE = re.compile(r"\{([^{}]+)\}")
_NOON = timedelta(hours=12)
_WEEKDAYS_ZH = "一二三四五六日"
_ZONES_ZH = {"Asia/Shanghai": "北京时间", "Asia/Hong_Kong": "香港时间", "Asia/Singapore": "新加坡时间"}


@dataclass(frozen=True)
class Rendered:
    """A finished message: `title` and `body` for mail and app, `sms` in one line, and the facts as they were said."""

    title: str
    body: str
    sms: str
    facts: Mapping[str, str]


class WordsMissing(KeyError):
    """A template asks for a fact the message hasn't got, or there is no such template: a bug, caught before sending."""


class Words:
    """The words some messages of one company were written with: its own where it had any, else the product's."""

    def __init__(self, own: Iterable[Wording] = ()) -> None:
        self._own: dict[tuple[str, str], list[Wording]] = defaultdict(list)
        self._said: dict[UUID, Rendered] = {}
        for wording in own:
            self._own[wording.template, wording.language].append(wording)

    @classmethod
    def of(cls, company_id: UUID, messages: Sequence[Message]) -> "Words":
        """Load, once for a batch of messages and within the company's scope, what any of them may be said in."""
        if not messages:
            return cls()
        oldest = min(message.made_at for message in messages)
        alive = Q(ended_at=None) | Q(ended_at__gt=oldest)
        return cls(Wording.objects.filter(alive, company_id=company_id))

    def text(self, message: Message) -> Text:
        """Return the words in force when a message was written. Raises WordsMissing."""
        for own in self._own.get((message.template, message.language), ()):
            if own.changed_at <= message.made_at and (own.ended_at is None or message.made_at < own.ended_at):
                return own.text
        try:
            return default_text(message.template, message.language)
        except KeyError as error:
            raise WordsMissing(message.template) from error

    def say(self, message: Message) -> Rendered:
        """Put a message's facts into its words, once for all its channels. Raises WordsMissing."""
        if message.id not in self._said:
            self._said[message.id] = fill(self.text(message), facts_said(message))
        return self._said[message.id]


def facts_said(message: Message) -> dict[str, str]:
    """Return a message's facts as its reader reads them."""
    chinese = message.language.startswith("zh")
    return _said(message.params, zone=ZoneInfo(message.timezone), chinese=chinese)


def fill(text: Text, facts: Mapping[str, str]) -> Rendered:
    """Put facts into words; what a fact itself holds is said as it is. Raises WordsMissing."""

    def fact(found: re.Match[str]) -> str:
        if found[1] not in facts:
            raise WordsMissing(found[1])
        return facts[found[1]]

    title, body, sms = (VARIABLE.sub(fact, part) for part in (text.title, text.body, text.sms))
    return Rendered(title=title, body=body, sms=sms, facts=facts)


def _said(params: Mapping[str, Any], *, zone: ZoneInfo, chinese: bool) -> dict[str, str]:
    """Turn facts into words: `when` from the interview's times, bilingual pairs into the reader's one."""
    said = {name: str(value) for name, value in params.items() if isinstance(value, str | int)}
    for name, pair in params.items():
        if isinstance(pair, dict) and {"zh", "en"} <= pair.keys():
            said[name] = str(pair["zh" if chinese else "en"])
        elif isinstance(pair, dict) and "starts_at" in pair:
            said[name] = time_in_words(pair, zone=zone, chinese=chinese)
        elif isinstance(pair, dict) and "instant" in pair:
            said[name] = _instant(datetime.fromisoformat(pair["instant"]), zone=zone, chinese=chinese)
        elif isinstance(pair, list) and name == "list":
            said[name] = _lines(pair, zone=zone, chinese=chinese)
    return said


def _lines(rows: Sequence[Mapping[str, Any]], *, zone: ZoneInfo, chinese: bool) -> str:
    """Say several interviews, a line each: `[{who, kind, precision, starts_at, ends_at}]`; last perhaps `{more}`."""
    return "\n".join(_line(row, zone=zone, chinese=chinese) for row in rows)


def _line(row: Mapping[str, Any], *, zone: ZoneInfo, chinese: bool) -> str:
    if "more" in row:
        return f"……另有{row['more']}场" if chinese else f"… and {row['more']} more"
    comma = "，" if chinese else ", "
    return f"· {row['who']}{comma}{time_in_words(row, zone=zone, chinese=chinese)}"


def time_in_words(times: Mapping[str, str], *, zone: ZoneInfo, chinese: bool) -> str:
    """Say `{kind, precision, starts_at, ends_at}` (ISO instants) in a zone, naming it."""
    start = datetime.fromisoformat(times["starts_at"]).astimezone(zone)
    end = datetime.fromisoformat(times["ends_at"]).astimezone(zone)
    if times["kind"] == "slot":
        named = _zone_name(start, zone, chinese=chinese)
        return f"{_day(start, chinese=chinese)} {start:%H:%M}–{end:%H:%M}{named}"
    if times["precision"] == "day":
        # The days may be another zone's: their noon tells which are meant.
        first, last = (_day(noon, chinese=chinese) for noon in (start + _NOON, end - _NOON))
        return first if first == last else f"{first} – {last}"
    deadline = _instant(end, zone=zone, chinese=chinese)
    return f"{deadline}前" if chinese else f"until {deadline}"


def _instant(instant: datetime, *, zone: ZoneInfo, chinese: bool) -> str:
    local = instant.astimezone(zone)
    return f"{_day(local, chinese=chinese)} {local:%H:%M}{_zone_name(local, zone, chinese=chinese)}"


def _day(local: datetime, *, chinese: bool) -> str:
    if chinese:
        return f"{local.year}年{local.month}月{local.day}日(周{_WEEKDAYS_ZH[local.weekday()]})"
    return f"{_EN_DAYS[local.weekday()]} {local.day} {_EN_MONTHS[local.month - 1]} {local.year}"


_EN_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EN_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _zone_name(local: datetime, zone: ZoneInfo, *, chinese: bool) -> str:
    if chinese and zone.key in _ZONES_ZH:
        return f"({_ZONES_ZH[zone.key]})"
    offset = local.strftime("%z")
    named = f"({zone.key}, UTC{offset[:3]}:{offset[3:]})"
    return named if chinese else f" {named}"
