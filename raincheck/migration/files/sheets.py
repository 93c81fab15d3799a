"""What workbooks of both formats have in common: which sheet is the list, which weren't read, and their rows."""

from collections.abc import Iterable, Iterator

from python_calamine import CalamineSheet

from raincheck.migration.files.cells import Row
from raincheck.migration.refusals import EmptyFile
from raincheck.migration.words import Words, some


def likeliest(sheets: Iterable[tuple[str, int, int]]) -> str:
    """Return the name of the first of (name, rows, columns) that has headings, rows below them and several columns.

    Where nobody says which is the list: a cover or notes often stand before it.
    Where none has, of one column the first with something below its first row, else the first that holds anything.
    Raises EmptyFile.
    """
    column = something = ""
    for name, rows, columns in sheets:
        if rows > 1 and columns > 1:
            return name
        column = column or (name if rows > 1 else "")
        something = something or (name if rows else "")
    if not something:
        raise EmptyFile
    return column or something


def unread(name: str, sheets: Iterable[str]) -> list[tuple[str, Words]]:
    """Return what is said of a workbook's sheets but the one of this name; nothing where there are none."""
    others = some([other for other in sheets if other != name])
    zh = f"只读取了工作表“{name}”；未读：{others}（可用 --sheet 指定）"
    en = f"only sheet “{name}” was read, not: {others} (choose with --sheet)"
    return [("other_sheets", Words(zh, en))] if others else []


def numbered(sheet: CalamineSheet) -> Iterator[tuple[int, Row]]:
    """Yield every row with its number, the empty ones before the first and the empty columns on the left included."""
    left = sheet.start[1] if sheet.start else 0
    for number, values in enumerate(sheet.iter_rows(), 1):
        yield number, [*[""] * left, *values]
