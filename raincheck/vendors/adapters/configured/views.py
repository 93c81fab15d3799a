"""An interview as the vendor's answer has it, read by pointers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from raincheck.vendors.adapters.base import Status, VendorScore, View
from raincheck.vendors.adapters.configured.pointers import (
    as_text,
    find,
    find_or_none,
    pointer,
    pointer_or_none,
)
from raincheck.vendors.adapters.configured.shape import Table
from raincheck.vendors.adapters.configured.templates import Template, template
from raincheck.vendors.adapters.configured.times import Times

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Scoring:
    """Where the scores are; `limit` is where the best possible one is, or that number itself."""

    each: str
    dimension: str
    score: str
    limit: str | int
    partial: str | None


@dataclass(frozen=True)
class Fields:
    """Where an interview's facts are, within the part of an answer that is the interview."""

    ref: str
    status: str | None
    link: str | None
    link_template: Template | None
    starts_at: str | None
    ends_at: str | None
    external_id: str | None
    version: str | None
    scores: Scoring | None


@dataclass(frozen=True)
class Reader:
    """Reads interviews of one vendor; `fields` are where most of its answers have them."""

    times: Times
    status: Mapping[str, Status]
    fields: Fields

    def view(self, data: Any, special: Fields | None = None) -> View:
        """Read one interview, with an answer's `special` fields if it has its own.

        Where no status is declared, the answer is one to an invitation. Raises KeyError, ValueError, TypeError,
        ArithmeticError where it isn't as declared.
        """
        fields = special or self.fields
        word = as_text(find(data, fields.status)) if fields.status is not None else Status.INVITED.value
        unknown = Status.INVITED if fields.status is None else Status.UNMAPPED
        status = unknown if fields.status is None else self.status.get(word, unknown)
        return View(
            ref=as_text(find(data, fields.ref)),
            word=word,
            status=status,
            starts_at=self._instant(data, fields.starts_at),
            ends_at=self._instant(data, fields.ends_at),
            version=self._version(find_or_none(data, fields.version)),
            link=_link(data, fields),
            scores=_scores(data, fields.scores, partial=not status.handed_in),
            external_id=_optional(data, fields.external_id),
            tolerance=self.times.tolerance,
        )

    def _instant(self, data: Any, where: str | None) -> datetime | None:
        value = find_or_none(data, where)
        return None if value is None else self.times.read(value)

    def _version(self, value: Any) -> int:
        """Read a counter, or an instant of the last change as microseconds."""
        if value is None:
            return 0
        if isinstance(value, int) or (isinstance(value, str) and value.isascii() and value.isdigit()):
            return int(value)
        return (self.times.read(value) - _EPOCH) // timedelta(microseconds=1)


def _optional(data: Any, where: str | None) -> str:
    value = find_or_none(data, where)
    return "" if value is None or value == "" else as_text(value)


def _link(data: Any, fields: Fields) -> str:
    link = _optional(data, fields.link)
    if not link or fields.link_template is None:
        return link
    return fields.link_template.path({"link": link})


def _scores(data: Any, where: Scoring | None, *, partial: bool) -> list[VendorScore]:
    found = find_or_none(data, where.each) if where else None
    if where is None or found is None:
        return []
    if not isinstance(found, list):
        raise TypeError("scores are no list")
    return [_score(item, where, partial=partial) for item in found]


def _score(item: Any, where: Scoring, *, partial: bool) -> VendorScore:
    limit = where.limit if isinstance(where.limit, int) else find(item, where.limit)
    said = find_or_none(item, where.partial)
    return VendorScore(
        as_text(find(item, where.dimension)),
        Decimal(as_text(find(item, where.score))),
        Decimal(as_text(limit)),
        partial if said is None else bool(said),
    )


def read_fields(table: Table, *, invited: bool = False) -> Fields:
    """Read where an interview's facts are; only an answer to an invitation may lack the status."""
    if not invited and not table.has("status"):
        table.wrong("status", "缺少此键", "is missing")
    link_template = template(table, "link_template", {"link"}) if table.has("link_template") else None
    return Fields(
        ref=pointer(table, "ref"),
        status=pointer_or_none(table, "status"),
        link=pointer_or_none(table, "link"),
        link_template=link_template,
        starts_at=pointer_or_none(table, "starts_at"),
        ends_at=pointer_or_none(table, "ends_at"),
        external_id=pointer_or_none(table, "external_id"),
        version=pointer_or_none(table, "version"),
        scores=table.table_or_none("scores", _read_scoring),
    )


def _read_scoring(table: Table) -> Scoring:
    number = table.has("max_is")
    limit = table.number("max_is", 100, lowest=1, highest=9_999) if number else pointer(table, "max")
    return Scoring(
        each=pointer(table, "each"),
        dimension=pointer(table, "dimension"),
        score=pointer(table, "score"),
        limit=limit,
        partial=pointer_or_none(table, "partial"),
    )
