"""Which sheet of a workbook is the list, where nobody says: a cover or notes often stand before it."""

from collections.abc import Iterable

from raincheck.migration.refusals import EmptyFile


def likeliest(sheets: Iterable[tuple[str, int, int]]) -> str:
    """Return the name of the first of (name, rows, columns) that has headings, rows below them and several columns.

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
