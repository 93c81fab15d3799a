"""What a row of a file is, read with what the whole file taught: an interview to be loaded, or why not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from raincheck.migration.fields import Field
from raincheck.migration.files.cells import Row
from raincheck.migration.notices import Notice, notice
from raincheck.migration.rows.beside import NOTHING, Beside
from raincheck.migration.values import states
from raincheck.migration.values.dates import Fault
from raincheck.migration.values.times import Calendar, Span
from raincheck.migration.words import Words

MISSING = Fault("missing", Words("必填，但为空", "needed, but empty"))
TOO_WIDE = Fault(
    "too_many_cells",
    Words(
        "该行的单元格多于标题，多为未加引号的分隔符",
        "the row has more cells than headings; most often a separator isn't quoted",
    ),
)
BAD_DURATION = Fault(
    "bad_duration", Words("看不懂这个时长（分钟）", "this isn't understood as a length of time (minutes)")
)
TWO_ENDS = Fault(
    "two_ends", Words("这里应是一个时刻，不是时段", "one moment belongs here, not a span of time")
)
FAR_FUTURE = Fault("too_far", Words("日期在十年以后", "the date lies more than ten years ahead"))
CONTINUES = Fault(
    "row_continues",
    Words(
        "姓名、岗位和时间都来自合并单元格：与上面一行说的是同一件事，不再载入一次",
        "name, position and time all come from merged cells: it tells of the same as the row above and isn't loaded"
        " again",
    ),
)
SHORT_ROW = notice(
    "short_row",
    lambda n: Words(
        f"{n} 行的单元格少于标题，缺少的视为空",
        f"{n} rows have fewer cells than headings; the missing ones count as empty",
    ),
)
USUAL_LENGTH = notice(
    "usual_length",
    lambda n: Words(
        f"{n} 场面试没有结束时间或时长，按 30 分钟计",
        f"{n} interviews have neither end nor duration; 30 minutes are assumed",
    ),
)
LENGTH_NOT_LOADED = notice(
    "duration_not_loaded",
    lambda n: Words(
        f"{n} 场面试是时间窗口，写明的时长随原始行保存",
        f"{n} interviews are windows; the duration given is only kept with the row",
    ),
)
END_NOT_LOADED = notice(
    "end_not_loaded",
    lambda n: Words(
        f"{n} 场面试是时间窗口，截止前结束的时刻随原始行保存",
        f"{n} interviews are windows; when they ended before the deadline is only kept with the row",
    ),
)
DAY_PRECISION = notice(
    "day_precision",
    lambda n: Words(
        f"{n} 场面试没有时刻，按当天全天的窗口载入",
        f"{n} interviews have no time of day and are windows of their day",
    ),
)
NO_IDENTIFIER = notice(
    "no_identifier",
    lambda n: Words(
        f"{n} 行没有手机号、邮箱、证件号或编号，各作为一名候选人，不按姓名合并",
        f"{n} rows have no phone, mail, ID number or id; each is a person of its own, never merged by name",
    ),
)


def row_failed(error: Exception) -> Fault:
    """Return why a row that broke its reader is left out. Of the error only its kind: it may quote a value."""
    why = type(error).__name__
    return Fault(
        "row_failed", Words(f"程序读不了这一行（{why}）", f"the program can't read this row ({why})")
    )


@dataclass(frozen=True)
class Rejection:
    """Why a row can't be taken: one value of it."""

    row: int
    column: str
    field: Field | None
    value: str
    fault: Fault


class Person(NamedTuple):
    """Who is interviewed, as the row says."""

    name: str
    phone: str = ""
    email: str = ""
    id_number: str = ""
    candidate_id: str = ""
    school: str = ""


class Raw(NamedTuple):
    """A row as it stands in the file: every cell, its text, all of them as canonical JSON, and the hash of that.

    `apart` is the hash without what merged cells say of it, by which such rows were known before that was read.
    """

    number: int
    cells: Row
    texts: list[str]
    canonical: str
    fingerprint: bytes
    apart: bytes = b""


class Draft(NamedTuple):
    """An interview ready to be loaded."""

    raw: Raw
    person: Person
    department: str
    position: str
    source: str
    span: Span
    standing: states.Standing
    applied_at: datetime | None
    notices: tuple[Notice, ...]
    vendor: str = ""
    vendor_ref: str = ""
    beside: Beside = NOTHING

    @property
    def number(self) -> int:
        """The row it comes from, as a spreadsheet counts."""
        return self.raw.number

    @property
    def fingerprint(self) -> bytes:
        """The keyed hash by which its row is known again."""
        return self.raw.fingerprint

    def within(self, department: str) -> "Draft":
        """Return it in a department that its row doesn't name."""
        return self._replace(department=department)


@dataclass(frozen=True)
class Rules:
    """What a row is read by, beyond its file: whose company, which zone, where numbers belong, and the time."""

    company_id: UUID
    calendar: Calendar
    region: str
    now: datetime
    reasons: Mapping[str, str]
