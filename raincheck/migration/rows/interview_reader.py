"""Reading the rows of a list of interviews."""

from dataclasses import dataclass, field

from raincheck.migration.fields import Field
from raincheck.migration.rows.beside import NOTHING, BesideReader
from raincheck.migration.rows.drafts import (
    Draft,
    Raw,
    Rejection,
)
from raincheck.migration.rows.one_row import OneRow
from raincheck.migration.rows.row_reader import Group, RowReader


@dataclass
class InterviewReader(RowReader[Draft]):
    """Reads the rows of a list of interviews."""

    beside: BesideReader = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.beside = BesideReader.of(self.study.mapping)

    def _read(self, raw: Raw) -> Draft | list[Rejection]:
        one = OneRow(self, raw)
        one.check_shape()
        person = one.person()
        when = one.grouped(Group.WHEN, one.span)
        department, position, source = one.grouped(Group.PLACE, one.place)
        applied = one.grouped(Group.APPLIED, one.applied) if Field.APPLIED_AT in self.columns else None
        standing = one.grouped(Group.STANDING, lambda: one.standing(when), beside=when) if when else None
        if one.rejections or when is None or standing is None:
            return one.rejections
        one.say_what_was_assumed(person, when)
        at = one.at_vendor()
        if one.rejections:
            return one.rejections
        beside, said = self.beside.read(raw.texts, standing.state) if self.beside else (NOTHING, [])
        notices = (*one.notices, *said)
        return Draft(raw, person, department, position, source, when, standing, applied, notices, *at, beside)
