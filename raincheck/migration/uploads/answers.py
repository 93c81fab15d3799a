"""What a person says of a file: what a row is, each column, the zone, day and month; whole, or which isn't."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import phonenumbers
from django.utils.translation import get_language

from raincheck.migration.columns.mapping import SAID, Column, ColumnMap
from raincheck.migration.fields import REPEATED, Field
from raincheck.migration.kinds.names import Kind
from raincheck.migration.kinds.speech import SPEECHES
from raincheck.migration.profiles.reading import Profile, profile
from raincheck.migration.saying import Said
from raincheck.migration.uploads.errors import (
    FieldMissing,
    FieldTwice,
    KindUnanswered,
    OrderUnanswered,
    Unanswered,
    UnknownRegion,
    UnknownYear,
    WrongStep,
    ZoneUnanswered,
)
from raincheck.migration.uploads.proposing import Proposal
from raincheck.migration.values.date_order import NAMES
from raincheck.migration.values.years import is_year
from raincheck.migration.values.zones import is_zone

#: A column that is no field.
NONE = "-"


@dataclass(frozen=True)
class Answers:
    """All of it. `columns` holds for each column, in their order, a field or "-"; an empty `date_order`: find out.

    `kind` is what a row is, `source` the code of the system it is from, if it is from one that is known.
    """

    columns: tuple[str, ...]
    timezone: str
    kind: str
    source: str = ""
    region: str = ""
    date_order: str = ""
    year: str = ""

    @property
    def said(self) -> Said:
        """The columns as `--map` would say them."""
        return tuple((f"#{place}", field) for place, field in enumerate(self.columns, start=1))

    @property
    def profile(self) -> Profile | None:
        """The system's profile."""
        return profile(self.source) if self.source else None

    def as_json(self) -> dict[str, Any]:
        """Return them as plain values."""
        return {**vars(self), "columns": list(self.columns)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Answers":
        """Return what `as_json` gave."""
        return cls(**{**values, "columns": tuple(values["columns"])})


def checked(answers: Answers, proposal: Proposal, *, asks_order: bool) -> Answers:
    """Return the answers if the import can go on by them.

    Raises KindUnanswered, Unanswered, FieldTwice, FieldMissing, ZoneUnanswered, UnknownRegion, UnknownYear,
    OrderUnanswered; and
    WrongStep where its columns were asked about as another kind's.
    """
    if answers.kind not in list(Kind):
        raise KindUnanswered(field="kind")
    if (answers.kind, answers.source) != (proposal.kind, proposal.source):
        raise WrongStep
    _check_columns(answers, proposal)
    if not is_zone(answers.timezone):
        raise ZoneUnanswered(field="timezone")
    if answers.region and answers.region not in phonenumbers.SUPPORTED_REGIONS:
        raise UnknownRegion(field="region")
    if answers.year and not is_year(answers.year):
        raise UnknownYear(field="year")
    if answers.date_order not in {*NAMES, ""} or (asks_order and not answers.date_order):
        raise OrderUnanswered(field="date_order")
    return answers


def _check_columns(answers: Answers, proposal: Proposal) -> None:
    taken: set[str] = set()
    if len(answers.columns) != len(proposal.columns):
        raise Unanswered(field="columns")
    for place, said in enumerate(answers.columns):
        if said != NONE and said not in SPEECHES[Kind(answers.kind)].fields:
            raise Unanswered(field=f"column-{place}")
        if said in taken:
            raise FieldTwice(field=f"column-{place}")
        taken |= {said} - {NONE, *REPEATED}
    if missing := _mapping(answers, proposal).missing():
        english = get_language() == "en"
        raise FieldMissing(
            ", ".join(one.en for one in missing) if english else "、".join(one.zh for one in missing)
        )


def _mapping(answers: Answers, proposal: Proposal) -> ColumnMap:
    columns = [
        Column(one.index, one.heading, None if said == NONE else Field(said), SAID)
        for one, said in zip(proposal.columns, answers.columns, strict=True)
    ]
    return ColumnMap(tuple(columns), 1, Kind(answers.kind))
