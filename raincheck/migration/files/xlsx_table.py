"""XLSX: one sheet's values. Formulas are never run; the value Excel last calculated stands for them."""

import re
from collections.abc import Iterator
from zipfile import ZipFile

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from raincheck.migration import refusals
from raincheck.migration.files.cells import Row
from raincheck.migration.files.sayings import saying, workbook_read
from raincheck.migration.files.sheets import likeliest, numbered, unread
from raincheck.migration.files.source import Source
from raincheck.migration.files.xlsx_scan import check_archive, elements, scan_sheet
from raincheck.migration.words import Words, some

_DATE1904 = re.compile(rb"""date1904\s*=\s*["'](1|true)["']""")


class XlsxTable:
    """One sheet of a workbook, unless another is named the first visible one that may hold a list."""

    def __init__(self, source: Source, *, sheet: str = "") -> None:
        """Open it.

        Raises ZipBomb, BrokenWorkbook, PasswordProtected, NoSuchSheet, TooWide, TooManyRows, TooManyMerges, EmptyFile.
        """
        archive = check_archive(source.file)
        self.notes: list[tuple[str, Words]] = []
        self.date1904 = bool(_DATE1904.search(archive.read("xl/workbook.xml")))
        parts = _sheet_parts(archive)
        # No sheet is given to the reader of values before it was walked: that reader keeps all of it at once.
        with workbook_read():
            source.file.seek(0)
            self._book = CalamineWorkbook.from_filelike(source.file)
            name = sheet or self._first(parts, archive)
            if name not in parts or name not in self._book.sheet_names:
                raise refusals.NoSuchSheet(sheet=sheet, sheets=some(self._book.sheet_names))
            self._scan = scan_sheet(archive, parts[name])
            self.merges = self._scan.merges
            self._sheet = self._book.get_sheet_by_name(name)
        self.sheets = tuple(one for one in self._book.sheet_names if one in parts)
        self.sheet = name
        self.about = Words(f"XLSX，工作表“{name}”", f"XLSX, sheet “{name}”")
        self._say_aloud(name)

    def check_length(self) -> None:
        """Nothing is left to count: the sheet was walked when it was opened."""

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Yield every row, the empty ones before the first included. Raises BrokenWorkbook."""
        with workbook_read():
            yield from self.merges.over(self._rows())

    def _rows(self) -> Iterator[tuple[int, Row]]:
        for number, row in numbered(self._sheet):
            for column, fault in self._scan.broken.get(number - 1, {}).items():
                row.extend([""] * (column + 1 - len(row)))
                row[column] = fault
            yield number, row

    def _first(self, parts: dict[str, str], archive: ZipFile) -> str:
        visible = [
            data.name
            for data in self._book.sheets_metadata
            if data.visible == SheetVisibleEnum.Visible
            and data.typ == SheetTypeEnum.WorkSheet
            and data.name in parts
        ]
        sizes = ((name, scan_sheet(archive, parts[name])) for name in visible)
        return likeliest((name, scan.height, scan.width) for name, scan in sizes)

    def _say_aloud(self, name: str) -> None:
        self.notes += unread(name, self._book.sheet_names)
        if self._scan.formulas:
            n = self._scan.formulas
            self._note(
                "formulas",
                f"有 {n} 个公式单元格：取 Excel 上次算出的值，公式从不执行",
                f"{n} cells hold formulas: the value Excel last calculated was taken, no formula is ever run",
            )
        if self._scan.hidden_rows:
            n = self._scan.hidden_rows
            self._note(
                "hidden_rows",
                f"有 {n} 个隐藏行，同样读取",
                f"{n} rows are hidden; they were read like the others",
            )

    def _note(self, code: str, zh: str, en: str) -> None:
        self.notes.append((code, Words(zh, en)))


def _sheet_parts(archive: ZipFile) -> dict[str, str]:
    """Return the archive member of each sheet, by its name. Raises BrokenWorkbook."""
    try:
        relations = elements(archive.read("xl/_rels/workbook.xml.rels"))
    except KeyError as error:
        raise refusals.BrokenWorkbook(why=saying(error)) from error
    targets = {found.get("Id"): found.get("Target", "") for _, found in relations}
    sheets = [found for tag, found in elements(archive.read("xl/workbook.xml")) if tag == "sheet"]
    return {sheet.get("name", ""): _member(targets.get(_relation(sheet), "")) for sheet in sheets}


def _relation(sheet: dict[str, str]) -> str:
    return next((value for name, value in sheet.items() if name.endswith(":id")), "")


def _member(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
