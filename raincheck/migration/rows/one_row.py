"""One row of a file: each of its values read with what the whole file taught, and every reason against it."""

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from raincheck.migration.fields import BESIDE, WORDS, Field, key_of
from raincheck.migration.files.cells import Cell, NoValue, has_controls, text_of
from raincheck.migration.notices import Notice
from raincheck.migration.rows.drafts import (
    BAD_DURATION,
    DAY_PRECISION,
    END_NOT_LOADED,
    FAR_FUTURE,
    LENGTH_NOT_LOADED,
    MISSING,
    NO_IDENTIFIER,
    SHORT_ROW,
    TOO_WIDE,
    TWO_ENDS,
    USUAL_LENGTH,
    Person,
    Raw,
    Rejection,
)
from raincheck.migration.rows.row_reader import Group, RowReader
from raincheck.migration.values import checks, states
from raincheck.migration.values.dates import ERROR_CELL, FORMULA, Fault, Moment, read_moment, read_time
from raincheck.migration.values.id_numbers import id_number
from raincheck.migration.values.meanings import HALVES, length_of
from raincheck.migration.values.schooling import usual_name
from raincheck.migration.values.times import CONTRADICT, Point, Span, in_the_half, span, with_clock
from raincheck.migration.values.unknown_words import unknown
from raincheck.migration.words import letter
from raincheck.recruiting.models import InterviewKind

#: Scripts in which the family name comes first, and no blank after it.
_CHINESE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")
FARTHEST = timedelta(days=3650)
#: Groups of cells remembered, at most; and what all cells of a CSV are.
_REMEMBERED = 100_000
_TEXT = {str}
#: The spot of a field that has no column: no row is that long.
_NOWHERE: tuple[int, Mapping[str, str] | None] = (sys.maxsize, None)
#: How databases and people write that a cell holds nothing. NA isn't among them: it is somebody's name.
_NOTHING = frozenset({"-", "--", "---", "—", "——", "/", "\\N", "NULL", "null", "N/A", "n/a"})
T = TypeVar("T")


class OneRow:
    """One row while it is read; `rejections` and `notices` grow with each value that is looked at."""

    def __init__(self, reader: RowReader[Any], raw: Raw) -> None:
        self._reader, self._row, self._texts = reader, raw.cells, raw.texts
        self._rules, self._study, self._spots = reader.rules, reader.study, reader.spots
        self.number = raw.number
        # Of a CSV all cells are text; of most rows there are as many as headings.
        self._plain = set(map(type, raw.cells)) <= _TEXT
        self._usual = self._plain and len(raw.cells) == reader.width
        self.rejections: list[Rejection] = []
        self.notices: list[Notice] = []

    def grouped(self, group: "Group", read: Callable[[], T], *, beside: Any = None) -> T:
        """Read some cells, or remember what the same ones were read as; with every reason and notice they gave."""
        row, kinds = self._row, None
        if self._usual:
            cells = self._reader.pick[group](row)
        else:
            cells = tuple([row[i] if i < len(row) else "" for i in self._reader.groups[group]])
            kinds = tuple(map(type, cells))
            if NoValue in kinds:
                return read()
        # What is beside the cells is told by which one it is: the memory keeps it, so that no other takes its place.
        memo, key = self._reader.memo, (group, cells, kinds, id(beside))
        known = memo.get(key)
        if known is None:
            rejected, noticed = len(self.rejections), len(self.notices)
            found = read()
            if len(memo) >= _REMEMBERED:
                memo.clear()
            memo[key] = found, tuple(self.rejections[rejected:]), tuple(self.notices[noticed:]), beside
            return found
        if known[1]:
            self.rejections += [replace(rejection, row=self.number) for rejection in known[1]]
        if known[2]:
            self.notices += known[2]
        return cast("T", known[0])

    def check_shape(self) -> None:
        """Refuse cells without a heading, or without a value where one is read; say it of a row that ends early."""
        if self._usual:
            return
        columns = self._study.mapping.columns
        for index, cell in enumerate(self._row):
            column = columns[index] if index < len(columns) else None
            known = column.field if column else None
            label = column.label.strip() if column else letter(index)
            if column is None and text_of(cell):
                self._reject(TOO_WIDE, label=label, value=text_of(cell))
            elif known and known not in BESIDE and isinstance(cell, NoValue):
                fault = FORMULA if cell.formula else ERROR_CELL
                self._reject(fault, label=label, value=text_of(cell), field=known)
        if len(self._row) < len(columns):
            self.notices.append(SHORT_ROW)

    def person(self) -> Person:
        """Return who is interviewed."""
        name, candidate_id = self._name(), self.text(Field.CANDIDATE_ID, as_field="candidate_id")
        if Field.NAME_AND_ID in self._reader.columns:
            candidate_id = candidate_id or name
        code = self.raw(Field.PHONE_CODE)
        return Person(
            name=name,
            phone=self._checked(
                Field.PHONE, lambda text: checks.phone(text, code=code, region=self._rules.region)
            ),
            email=self._checked(Field.EMAIL, checks.email),
            id_number=self._checked(
                Field.ID_NUMBER, lambda text: id_number(text, self._cell(Field.ID_NUMBER))
            ),
            candidate_id=candidate_id,
            school=self.grouped(Group.SCHOOL, self.school),
        )

    def _name(self) -> str:
        for known in (Field.NAME, Field.NAME_AND_ID):
            if known in self._reader.columns:
                return self.text(known, as_field="name", needed=True)
        first, last = (
            self.text(Field.FIRST_NAME, as_field="name"),
            self.text(Field.LAST_NAME, as_field="name"),
        )
        together = f"{last}{first}" if _CHINESE.search(first + last) else f"{first} {last}".strip()
        if not together:
            self._reject(MISSING, field=Field.FIRST_NAME)
        return together

    def span(self) -> Span | None:
        """Return when the interview is; None where a reason against it was found."""
        half = self.raw(Field.HALF)
        if half and key_of(half) not in HALVES:
            self._reject(unknown(Field.HALF), field=Field.HALF)
        start = self._points(Field.START, needed=True)
        deadline = self._points(Field.DEADLINE)
        end = self._points(Field.END, beside=Field.START)
        length = self._duration()
        if start is None or self._found(
            Field.START, Field.TIME, Field.HALF, Field.END, Field.DEADLINE, Field.DURATION
        ):
            return None
        if end and start[1] and end[0] != start[1]:
            self._reject(CONTRADICT, field=Field.END)
            return None
        found = span(
            start[0],
            end[0] if end else start[1],
            deadline=deadline[0] if deadline else None,
            duration=length,
            calendar=self._rules.calendar,
        )
        if isinstance(found, Fault):
            self._reject(found, field=Field.DEADLINE if deadline else Field.END if end else Field.START)
            return None
        if found.ends_at - self._rules.now > FARTHEST:
            self._reject(FAR_FUTURE, field=Field.START)
            return None
        if length and found.kind == InterviewKind.WINDOW:
            self.notices.append(LENGTH_NOT_LOADED)
        if end and deadline and end[0] != deadline[0]:
            # What is yet to come can't have been over before its deadline.
            if self._rules.calendar.after(end[0]) > self._rules.now:
                self._reject(CONTRADICT, field=Field.DEADLINE)
                return None
            self.notices.append(END_NOT_LOADED)
        return found

    def place(self) -> tuple[str, str, str]:
        """Return department, position and source; department and source may be empty."""
        return self.text(Field.DEPARTMENT), self.text(Field.POSITION, needed=True), self.text(Field.SOURCE)

    def at_vendor(self) -> tuple[str, str]:
        """Return at which AI interview system it stands, and by which reference."""
        if Field.VENDOR_REF not in self._reader.columns:
            return "", ""
        return self.text(Field.VENDOR), self.text(Field.VENDOR_REF)

    def applied(self) -> datetime | None:
        """Return when they applied."""
        return self.instant(Field.APPLIED_AT)

    def school(self) -> str:
        """Return the candidate's school by its usual name, where that is sure; else as it is written."""
        name, said = usual_name(self.text(Field.SCHOOL))
        self.notices += [said] if said else []
        return name

    def instant(self, known: Field) -> datetime | None:
        """Return a further moment of the row, such as when it was cancelled."""
        found = self._points(known)
        return found[0].at if found else None

    def standing(self, when: Span) -> "states.Standing | None":
        """Return the interview's state and, if it was cancelled, how."""
        said = states.Said(
            status=self.raw(Field.STATUS),
            attended=self.raw(Field.ATTENDED),
            reason=self.raw(Field.REASON),
            note=self.raw(Field.REASON_NOTE),
            cancelled_by=self.raw(Field.CANCELLED_BY),
            cancelled_at=self.instant(Field.CANCELLED_AT),
        )
        found = states.standing(said, when, now=self._rules.now, reasons=self._rules.reasons)
        for known, fault in found.faults:
            self._reject(fault, field=known)
        self.notices += found.notices
        return found.standing

    def say_what_was_assumed(self, person: Person, when: Span) -> None:
        """Note what the file left open."""
        if when.assumed:
            self.notices.append(USUAL_LENGTH)
        if when.precision == "day":
            self.notices.append(DAY_PRECISION)
        if not (person.phone or person.id_number or person.candidate_id or person.email):
            self.notices.append(NO_IDENTIFIER)

    def raw(self, known: Field) -> str:
        """Return a column's text as it stands, or the word for it where its source has words of its own."""
        index, own = self._spots.get(known, _NOWHERE)
        text = self._texts[index] if index < len(self._texts) else ""
        text = "" if text in _NOTHING else text
        return own.get(key_of(text), text) if own else text

    def text(self, known: Field, *, as_field: str = "", needed: bool = False) -> str:
        """Return a column's text, checked for length."""
        if known not in self._spots:
            return ""
        if needed and not self.raw(known):
            self._reject(MISSING, field=known)
        return self._checked(known, lambda value: checks.text(value, field=as_field or known))

    def _cell(self, known: Field) -> Cell:
        index, _ = self._spots.get(known, _NOWHERE)
        if index >= len(self._row) or self._texts[index] in _NOTHING:
            return ""
        return self._row[index]

    def _checked(self, known: Field, check: Callable[[str], str | Fault]) -> str:
        text = self.raw(known)
        if not text or (not self._plain and isinstance(self._cell(known), NoValue)):
            return ""
        found = checks.CONTROLS if has_controls(text) else check(text)
        if isinstance(found, Fault):
            self._reject(found, field=known)
            return ""
        return found

    def _points(
        self, known: Field, *, needed: bool = False, beside: Field | None = None
    ) -> tuple[Point, Point | None] | None:
        moment = self._moment(known)
        if isinstance(moment, Moment) and moment.day is None and moment.instant is None and beside:
            start = self._moment(beside)
            moment = with_clock(Moment(day=start.day), moment) if isinstance(start, Moment) else None
        if moment is None and needed and not self._found(Field.TIME):
            moment = MISSING
        if isinstance(moment, Moment):
            order = self._study.orders.get(beside if beside and known not in self._study.orders else known)
            nothing = known in self._study.midnights
            points = (
                self._rules.calendar.points(moment, order, midnight_is_nothing=nothing) if order else None
            )
            if isinstance(points, tuple) and (known is Field.START or points[1] is None):
                return points
            moment = TWO_ENDS if isinstance(points, tuple) else points
        if isinstance(moment, Fault) and not isinstance(self._cell(known), NoValue):
            self._reject(moment, field=known)
        return None

    def _moment(self, known: Field) -> Moment | Fault | None:
        moment = self._moment_alone(known)
        half = HALVES.get(key_of(self.raw(Field.HALF))) if Field.HALF in self._spots else None
        if half and isinstance(moment, Moment) and known in {Field.START, Field.END}:
            return in_the_half(moment, half, ends=known is Field.END)
        return moment

    def _moment_alone(self, known: Field) -> Moment | Fault | None:
        cell, clock_cell = self._cell(known), self._cell(Field.TIME)
        reads_time = known is Field.END and Field.START in self._reader.columns
        moment = read_moment(cell, date1904=self._study.table.date1904, year=self._study.year)
        if reads_time and isinstance(moment, Fault):
            moment = read_time(cell)
        if known is not Field.START or not isinstance(moment, Moment) or not text_of(clock_cell):
            return moment
        clock = read_time(clock_cell)
        if isinstance(clock, Moment):
            clock = with_clock(moment, clock)
        if isinstance(clock, Fault):
            self._reject(clock, field=Field.TIME)
        return clock if isinstance(clock, Moment) else None

    def _duration(self) -> timedelta | None:
        text = self.raw(Field.DURATION)
        length = length_of(self._cell(Field.DURATION)) if text else None
        if text and length is None:
            self._reject(BAD_DURATION, field=Field.DURATION)
        return length

    def _found(self, *fields: Field) -> bool:
        return any(rejection.field in fields for rejection in self.rejections)

    def _reject(self, fault: Fault, *, field: Field | None = None, label: str = "", value: str = "") -> None:
        column = self._reader.columns.get(field) if field else None
        named = label or (column.label.strip() if column else str(WORDS[field]) if field else "")
        shown = value or (
            text_of(self._row[column.index]) if column and column.index < len(self._row) else ""
        )
        self.rejections.append(Rejection(self.number, named, field, shown, fault))
