"""A file of rows, opened: which kind it is is read from its first bytes, never from its name alone."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from raincheck.migration import refusals
from raincheck.migration.files.csv_table import CsvTable
from raincheck.migration.files.jsonl_table import JsonLinesTable, looks_like_lines
from raincheck.migration.files.source import LARGEST_FILE, Source, Table
from raincheck.migration.files.xls_table import XlsTable
from raincheck.migration.files.xlsx_table import XlsxTable
from raincheck.migration.saying import Memory
from raincheck.migration.words import Words

_OLE2, _ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK"
_PACKAGE = "EncryptedPackage".encode("utf-16-le")
#: First bytes of what people mistake for a table, and what it is.
_OTHERS = (
    (b"%PDF", "PDF", "a PDF"),
    (b"\x1f\x8b", "GZIP 压缩文件", "a gzip archive"),
    (b"7z\xbc\xaf", "7z 压缩文件", "a 7z archive"),
    (b"Rar!", "RAR 压缩文件", "a RAR archive"),
    (b"\x89PNG", "图片", "a picture"),
    (b"\xff\xd8\xff", "图片", "a picture"),
    (b"SQLite format 3", "SQLite 数据库", "a SQLite database"),
)
_ENDINGS = {
    "CSV": {".csv", ".tsv", ".txt"},
    "XLSX": {".xlsx", ".xlsm"},
    "XLS": {".xls"},
    "JSON Lines": {".jsonl", ".ndjson", ".json"},
}
_MARKUP = ((b"<", "HTML 或 XML", "HTML or XML"), (b"{", "JSON", "JSON"), (b"[", "JSON", "JSON"))


@dataclass(frozen=True)
class Reading:
    """How the person wants the file read; empty means: find out."""

    sheet: str = ""
    encoding: str = ""
    #: Whether each member of a list within an object is a column: profiles name them.
    deep: bool = False


def open_table(source: Source, reading: Reading) -> Table:
    """Return the table in a file. Raises Refused, saying what the file is instead."""
    head = source.head()
    for start, zh, en in _OTHERS:
        if head.startswith(start):
            raise _kind(zh, en)
    kind, table = _opened(source, head, reading)
    _note_misleading_name(source.path, table, kind)
    return table


def open_as_before(
    source: Source, reading: Reading, recall: Callable[[Table], Memory | None]
) -> tuple[Table, Memory | None]:
    """Return the table and what was said before of its headings; opened as a system's where that system was named.

    What lists of objects hold is columns to a system's names alone, so that headings are looked for in both ways.
    """
    table = open_table(source, reading)
    before = recall(table)
    if reading.deep or not isinstance(table, JsonLinesTable) or (before and not before.source):
        return table, before
    deep = open_table(source, replace(reading, deep=True))
    before = before or recall(deep)
    return (deep, before) if before and before.source else (table, None)


def _opened(source: Source, head: bytes, reading: Reading) -> tuple[str, Table]:
    if head.startswith(_OLE2):
        if _PACKAGE in source.head(LARGEST_FILE):
            raise refusals.PasswordProtected
        return "XLS", XlsTable(source, sheet=reading.sheet)
    if head.startswith(_ZIP):
        return "XLSX", XlsxTable(source, sheet=reading.sheet)
    if looks_like_lines(head):
        return "JSON Lines", JsonLinesTable(source, deep=reading.deep)
    for start, zh, en in _MARKUP:
        if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(start):
            raise _kind(zh, en)
    return "CSV", CsvTable(source, encoding=reading.encoding)


def _kind(zh: str, en: str) -> refusals.NotATable:
    return refusals.NotATable(kind_zh=zh, kind_en=en)


def _note_misleading_name(path: Path, table: Table, real: str) -> None:
    ending = path.suffix.lower()
    if ending in _ENDINGS[real]:
        return
    zh = f"文件名以“{ending}”结尾，内容是 {real}，按内容读取"
    en = f"the name ends in “{ending}”, but the content is {real} and was read as that"
    table.notes.append(("misleading_name", Words(zh, en)))
