"""What a person says of a file: each column, the zone, day and month; whole and consistent, or which answer isn't."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers

from raincheck.migration.date_order import NAMES
from raincheck.migration.fields import Field
from raincheck.migration.mapping import SAID, Column, ColumnMap
from raincheck.migration.saying import Said
from raincheck.migration.uploads.errors import (
    FieldMissing,
    FieldTwice,
    OrderUnanswered,
    Unanswered,
    UnknownRegion,
    ZoneUnanswered,
)
from raincheck.migration.uploads.proposing import Proposed

#: A column that is no field.
NONE = "-"


@dataclass(frozen=True)
class Answers:
    """All of it. `columns` holds for each column, in their order, a field or "-"; an empty `date_order`: find out."""

    columns: tuple[str, ...]
    timezone: str
    region: str = ""
    date_order: str = ""

    @property
    def said(self) -> Said:
        """The columns as `--map` would say them."""
        return tuple((f"#{place}", field) for place, field in enumerate(self.columns, start=1))

    def as_json(self) -> dict[str, Any]:
        """Return them as plain values."""
        return {**vars(self), "columns": list(self.columns)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Answers":
        """Return what `as_json` gave."""
        return cls(**{**values, "columns": tuple(values["columns"])})


def checked(answers: Answers, proposal: Sequence[Proposed], *, asks_order: bool) -> Answers:
    """Return the answers if the import can go on by them.

    Raises Unanswered, FieldTwice, FieldMissing, ZoneUnanswered, UnknownRegion, OrderUnanswered.
    """
    taken: set[str] = set()
    if len(answers.columns) != len(proposal):
        raise Unanswered(field="columns")
    for place, said in enumerate(answers.columns):
        if said != NONE and said not in list(Field):
            raise Unanswered(field=f"column-{place}")
        if said in taken:
            raise FieldTwice(field=f"column-{place}")
        taken |= {said} - {NONE}
    if missing := _mapping(answers, proposal).missing():
        raise FieldMissing(" / ".join(map(str, missing)))
    if not is_zone(answers.timezone):
        raise ZoneUnanswered(field="timezone")
    if answers.region and answers.region not in phonenumbers.SUPPORTED_REGIONS:
        raise UnknownRegion(field="region")
    if answers.date_order not in {*NAMES, ""} or (asks_order and not answers.date_order):
        raise OrderUnanswered(field="date_order")
    return answers


def is_zone(name: str) -> bool:
    """Say whether there is a time zone of this name."""
    try:
        return bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def _mapping(answers: Answers, proposal: Sequence[Proposed]) -> ColumnMap:
    columns = [
        Column(one.index, one.heading, None if said == NONE else Field(said), SAID)
        for one, said in zip(proposal, answers.columns, strict=True)
    ]
    return ColumnMap(tuple(columns), 1)
