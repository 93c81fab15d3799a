"""What has to be known of a workbook before it is opened: that it is no bomb, and where its formulas are.

The archive is unpacked once here, counted byte by byte, because sizes in a ZIP's directory can lie. The sheet's
XML is walked for what the reader of values doesn't tell, or not within bounds: formulas without a value, error values,
hidden rows, merged cells.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO
from xml.parsers import expat

from raincheck.migration import refusals
from raincheck.migration.files.cells import NoValue
from raincheck.migration.files.merges import Merges
from raincheck.migration.files.sayings import saying
from raincheck.migration.files.source import MOST_COLUMNS, MOST_ROWS
from raincheck.migration.words import Words

MOST_UNPACKED = 1024 * 1024 * 1024
#: An honest sheet packs 10 to 60 times; a bomb a thousand times. Small members may be as uniform as they like.
MOST_RATIO = 250
#: Texts of all sheets, which the reader of values keeps at once; and parts that are few and small.
MOST_STRINGS, MOST_PART = 256 * 1024 * 1024, 8 * 1024 * 1024
_PARTS = {"workbook.xml", "styles.xml", "[content_types].xml"}
SMALL = 10 * 1024 * 1024
MOST_ENTRIES = 2000
#: Cells of the rectangle around everything: the reader keeps them all at once.
MOST_CELLS = 20_000_000
#: Characters kept of a formula or an error value.
LONGEST_TEXT = 500
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_RANGE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6}):([A-Z]{1,3})([1-9]\d{0,6})")


@dataclass
class SheetScan:
    """What was found in one sheet; coordinates count from 0. `broken` is by row, then column."""

    width: int = 0
    height: int = 0
    formulas: int = 0
    broken: dict[int, dict[int, NoValue]] = field(default_factory=dict)
    hidden_rows: int = 0
    merges: Merges = field(default_factory=Merges)


def check_archive(file: IO[bytes]) -> zipfile.ZipFile:
    """Return the archive if it unpacks to something sane.

    Raises BrokenWorkbook, ZipBomb, PasswordProtected, NotATable.
    """
    try:
        archive = zipfile.ZipFile(file)
        _check_sizes(archive)
        _unpack(archive)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError) as error:
        raise refusals.BrokenWorkbook(why=saying(error)) from error
    except RuntimeError as error:
        # What zipfile says of a member that wants a password.
        raise refusals.PasswordProtected from error
    if "xl/workbook.xml" not in archive.namelist():
        kind_zh, kind_en = "ZIP 压缩文件或其他 Office 文档", "a ZIP archive or another Office document"
        raise refusals.NotATable(kind_zh=kind_zh, kind_en=kind_en)
    return archive


def _unpack(archive: zipfile.ZipFile) -> None:
    """Unpack everything once, into nothing: the checksums are compared on the way. Raises ZipBomb."""
    unpacked = 0
    for info in archive.infolist():
        before, most = unpacked, _most(info.filename)
        with archive.open(info) as member:
            while chunk := member.read(2**20):
                unpacked += len(chunk)
                if unpacked > MOST_UNPACKED or unpacked - before > most:
                    raise refusals.ZipBomb(why=f"{info.filename}: > {min(most, MOST_UNPACKED) // 2**20} MB")


def _most(name: str) -> int:
    """Return how much a part may unpack to: what is read in one piece less than a sheet, which is walked."""
    file = name.lower().rpartition("/")[2]
    if file == "sharedstrings.xml":
        return MOST_STRINGS
    return MOST_PART if file in _PARTS or file.endswith(".rels") else MOST_UNPACKED


def _check_sizes(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    if len(members) > MOST_ENTRIES:
        raise refusals.ZipBomb(why=Words(f"{len(members)} 个文件", f"{len(members)} files"))
    total = sum(member.file_size for member in members)
    if total > MOST_UNPACKED:
        raise refusals.ZipBomb(why=f"{total // 2**20} MB")
    for member in members:
        if member.file_size > _most(member.filename):
            raise refusals.ZipBomb(why=f"{member.filename}: {member.file_size // 2**20} MB")
        if member.file_size > SMALL and member.file_size > MOST_RATIO * max(1, member.compress_size):
            raise refusals.ZipBomb(
                why=f"{member.filename}: {member.file_size // max(1, member.compress_size)}×"
            )


def scan_sheet(archive: zipfile.ZipFile, name: str) -> SheetScan:
    """Walk one sheet's XML. Raises BrokenWorkbook, TooManyRows, TooWide, TooManyMerges."""
    walk = _Walk()
    for _ in _events(archive, name, walk):
        scan = walk.scan
        if scan.width > MOST_COLUMNS or scan.width * scan.height > MOST_CELLS:
            raise refusals.TooWide(columns=scan.width, limit=MOST_COLUMNS)
        if scan.height > MOST_ROWS + 1:
            raise refusals.TooManyRows(limit=f"{MOST_ROWS:,}")
    return walk.scan


class _Walk:
    """The handlers of one walk: where we are, and what was met there."""

    def __init__(self) -> None:
        self.scan = SheetScan()
        self._row = self._column = -1
        self._formula = self._value = self._error = self._in_value = self._in_formula = False
        self._text = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "c":
            self._cell(attributes)
        elif tag == "row":
            number = attributes.get("r")
            self._row = int(number) - 1 if number else self._row + 1
            self._column = -1
            self.scan.hidden_rows += attributes.get("hidden") in {"1", "true"}
        elif tag == "f":
            self._formula = self._in_formula = True
        elif tag in {"v", "t"}:
            self._in_value = True
        elif tag == "mergeCell":
            self._merged(attributes.get("ref", ""))

    def _merged(self, reference: str) -> None:
        found = _RANGE.fullmatch(reference)
        if found:
            left, right = sorted((_column(found[1]), _column(found[3])))
            top, bottom = sorted((int(found[2]) - 1, int(found[4]) - 1))
            self.scan.merges.add(top=top, left=left, bottom=bottom, right=right)

    def _cell(self, attributes: dict[str, str]) -> None:
        where = _REFERENCE.fullmatch(attributes.get("r", ""))
        if where:
            self._row, self._column = int(where[2]) - 1, _column(where[1])
        else:
            self._column += 1
        self._formula = self._value = False
        self._text = ""
        self._error = attributes.get("t") == "e"
        self.scan.height = max(self.scan.height, self._row + 1)
        self.scan.width = max(self.scan.width, self._column + 1)

    def text(self, data: str) -> None:
        self._value = self._value or (self._in_value and bool(data.strip()))
        if (self._in_formula and not self._error) or (self._in_value and self._error):
            self._text = (self._text + data)[:LONGEST_TEXT]

    def end(self, name: str) -> None:
        tag = name.rpartition(":")[2]
        if tag in {"v", "t"}:
            self._in_value = False
        elif tag == "f":
            self._in_formula = False
        elif tag == "c":
            self.scan.formulas += self._formula
            if self._error or (self._formula and not self._value):
                formula = self._formula and not self._error
                text = f"={self._text}" if formula and self._text else self._text
                fault = NoValue(formula=formula, text=text)
                self.scan.broken.setdefault(self._row, {})[self._column] = fault


def _events(archive: zipfile.ZipFile, name: str, walk: _Walk) -> Iterator[None]:
    """Feed a member to the walk piece by piece, yielding after each."""
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = walk.start, walk.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = walk.text, _no_doctype
    try:
        with archive.open(name) as member:
            while chunk := member.read(2**18):
                parser.Parse(chunk, False)
                yield
            parser.Parse(b"", True)
            yield
    except (expat.ExpatError, KeyError, ValueError) as error:
        raise refusals.BrokenWorkbook(why=saying(error)) from error


def elements(xml: bytes) -> list[tuple[str, dict[str, str]]]:
    """Return the tag (without its prefix) and attributes of every element, in order. Raises BrokenWorkbook."""
    found: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: found.append((name.rpartition(":")[2], attributes))
    parser.StartDoctypeDeclHandler = _no_doctype
    try:
        parser.Parse(xml, True)
    except (expat.ExpatError, ValueError) as error:
        raise refusals.BrokenWorkbook(why=saying(error)) from error
    return found


def _no_doctype(*_: object) -> None:
    raise ValueError("DOCTYPE")


def _column(letters: str) -> int:
    index = 0
    for mark in letters:
        index = index * 26 + ord(mark) - ord("A") + 1
    return index - 1
