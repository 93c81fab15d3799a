"""The old Excel format (.xls, BIFF): one sheet's values. It holds 65,536 rows and 256 columns at most."""

import re
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from raincheck.migration import refusals
from raincheck.migration.files.cells import Row
from raincheck.migration.files.merges import MOST_MERGES, Merges
from raincheck.migration.files.sayings import workbook_read
from raincheck.migration.files.sheets import likeliest, numbered, unread
from raincheck.migration.files.source import MOST_COLUMNS, Source
from raincheck.migration.words import Words, some

#: Nothing of it is packed, so that no honest one is larger.
LARGEST = 128 * 1024 * 1024
#: A record of merged cells: its code, its length, how many they are. Eight bytes each.
_MERGED = re.compile(rb"\xe5\x00(..)(..)", re.DOTALL)


class XlsTable:
    """One sheet, unless another is named the first visible one that may hold a list."""

    date1904 = False

    def __init__(self, source: Source, *, sheet: str = "") -> None:
        """Open it.

        Raises FileTooLarge, BrokenWorkbook, PasswordProtected, NoSuchSheet, TooWide, TooManyMerges, EmptyFile.
        """
        self.notes: list[tuple[str, Words]] = []
        if source.size > LARGEST:
            raise refusals.FileTooLarge(size=source.size // 2**20, limit=LARGEST // 2**20)
        _check_merges(source)
        source.file.seek(0)
        self.merges = Merges()
        with workbook_read():
            self._book = CalamineWorkbook.from_filelike(source.file)
            name = sheet or self._first()
            if name not in self._book.sheet_names:
                raise refusals.NoSuchSheet(sheet=sheet, sheets=some(self._book.sheet_names))
            self._sheet = self._book.get_sheet_by_name(name)
            if self._sheet.total_width > MOST_COLUMNS:
                raise refusals.TooWide(columns=self._sheet.total_width, limit=MOST_COLUMNS)
            for (top, left), (bottom, right) in self._sheet.merged_cell_ranges or []:
                self.merges.add(top=top, left=left, bottom=bottom, right=right)
        self.sheets, self.sheet = tuple(self._book.sheet_names), name
        self.about = Words(f"XLS，工作表“{name}”", f"XLS, sheet “{name}”")
        self.notes += unread(name, self._book.sheet_names)

    def check_length(self) -> None:
        """Nothing is left to count: the format itself bounds it."""

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Yield every row, the empty ones before the first included. Raises BrokenWorkbook."""
        with workbook_read():
            yield from self.merges.over(numbered(self._sheet))

    def _first(self) -> str:
        visible = (
            self._book.get_sheet_by_name(data.name)
            for data in self._book.sheets_metadata
            if data.visible == SheetVisibleEnum.Visible and data.typ == SheetTypeEnum.WorkSheet
        )
        return likeliest((sheet.name, sheet.height, sheet.width) for sheet in visible)


def _check_merges(source: Source) -> None:
    """Count merged cells before the reader of values makes a list of them all. Raises TooManyMerges."""
    with mmap(source.file.fileno(), 0, access=ACCESS_READ) as data:
        records = (
            (int.from_bytes(found[1], "little"), int.from_bytes(found[2], "little"))
            for found in _MERGED.finditer(data)
        )
        # What only happens to look like one is as long as it says by chance alone.
        if sum(count for size, count in records if size == 2 + 8 * count) > MOST_MERGES:
            raise refusals.TooManyMerges(limit=f"{MOST_MERGES:,}")
