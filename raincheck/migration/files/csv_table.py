"""CSV, as it comes: UTF-8 with or without BOM, UTF-16, GB18030; commas, semicolons, tabs or bars.

Strict: a quote that doesn't close is refused, for whatever follows it would be read wrongly.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, islice

from raincheck.migration import refusals
from raincheck.migration.files import merges
from raincheck.migration.files.cells import Row
from raincheck.migration.files.sayings import saying
from raincheck.migration.files.source import MOST_COLUMNS, MOST_ROWS, Source
from raincheck.migration.words import Words

LONGEST_CELL = 1_000_000
_DELIMITERS = {",": "，", ";": "；", "\t": "Tab", "|": "|"}
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SAMPLE = 1_000_000
#: More second bytes below 0x80 than this share, and it isn't Chinese in GB18030 but something else read as it.
_FOREIGN = 0.2
_SEP_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)


class CsvTable:
    """A table in a text file."""

    date1904 = False
    merges = merges.NONE
    sheets: tuple[str, ...] = ()
    sheet = ""

    def __init__(self, source: Source, *, encoding: str = "") -> None:
        """Find out encoding and separator. Raises UnknownEncoding, NotATable."""
        self._source = source
        self.notes: list[tuple[str, Words]] = []
        self._encoding = encoding or _encoding_of(source)
        self._check_decodes(named=bool(encoding))
        self._delimiter, self._skipped = self._sniff()
        name = self._encoding.upper().replace("UTF-8-SIG", "UTF-8 (BOM)")
        shown = "Tab" if self._delimiter == "\t" else self._delimiter
        self.about = Words(f"CSV，{name}，以“{shown}”分隔", f"CSV, {name}, separated by “{shown}”")

    def check_length(self) -> None:
        """Count the records. Raises TooManyRows, BrokenCsv."""
        with self._reader() as reader:
            if sum(1 for _ in islice(reader, MOST_ROWS + 2)) > MOST_ROWS + 1:
                raise refusals.TooManyRows(limit=f"{MOST_ROWS:,}")

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Yield every record; an empty line is a row without cells. Raises BrokenCsv, TooWide."""
        with self._reader() as reader:
            for number, row in enumerate(reader, start=self._skipped + 1):
                if len(row) > MOST_COLUMNS:
                    raise refusals.TooWide(columns=len(row), limit=MOST_COLUMNS)
                yield number, list(row)

    @contextmanager
    def _reader(self) -> "Iterator[Iterator[list[str]]]":
        """Have a reader at the first record. What csv finds wrong is said with its place."""
        text = self._text()
        csv.field_size_limit(LONGEST_CELL)
        if self._skipped:
            text.readline()
        counted = count(self._skipped)
        reader = csv.reader(text, delimiter=self._delimiter, strict=True)
        try:
            yield (row for row, _ in zip(reader, counted, strict=False))
        except csv.Error as error:
            row, line = next(counted) + 1, reader.line_num + self._skipped
            raise refusals.BrokenCsv(row=row, line=line, why=saying(error)) from error
        finally:
            # The file itself stays open for the next pass, unless somebody gave up in the midst of this one.
            if not self._source.file.closed:
                text.detach()

    def _text(self) -> io.TextIOWrapper:
        self._source.file.seek(0)
        return io.TextIOWrapper(self._source.file, encoding=self._encoding, newline="")

    def _check_decodes(self, *, named: bool) -> None:
        """Decode all of it once, so that a wrong byte is found before anything is done."""
        try:
            # What only packs bytes ("zip", "hex") is refused by this, not by a decoder for them.
            "".encode(self._encoding)
            decoder = codecs.getincrementaldecoder(self._encoding)()
        except LookupError as error:
            raise refusals.UnknownEncoding(why=f"{self._encoding}?") from error
        self._source.file.seek(0)
        at = 0
        try:
            while chunk := self._source.file.read(2**20):
                if "\0" in decoder.decode(chunk):
                    raise refusals.NotATable(kind_zh="二进制文件", kind_en="a binary file")
                at += len(chunk)
            decoder.decode(b"", final=True)
        except UnicodeError as error:
            place = at + getattr(error, "start", 0)
            zh, en = f"{self._encoding}，第 {place} 字节", f"{self._encoding}, byte {place}"
            raise refusals.UnknownEncoding(why=Words(zh, en)) from error
        if self._encoding == "gb18030" and not named:
            _require_chinese(self._source.head(_SAMPLE))

    def _sniff(self) -> tuple[str, int]:
        """Return the separator that makes most columns of the first lines, and how many lines to skip."""
        text = self._text()
        sample = text.read(65536)
        text.detach()
        said = _SEP_LINE.match(sample)
        if said:
            return said[1], 1
        widths = {mark: _width(sample, mark) for mark in _DELIMITERS}
        return max(widths, key=lambda mark: widths[mark]), 0


def _width(sample: str, delimiter: str) -> int:
    """Return how many columns the first lines have, were they separated so."""
    try:
        widths = [
            len(row)
            for _, row in zip(
                range(10), csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), strict=False
            )
        ]
    except csv.Error:
        return 0
    [(common, _)] = Counter(width for width in widths if width).most_common(1) or [(0, 0)]
    return max(common, widths[0] if widths else 0)


def _encoding_of(source: Source) -> str:
    head = source.head(4)
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    decoder = codecs.getincrementaldecoder("utf-8")()
    source.file.seek(0)
    try:
        while chunk := source.file.read(2**20):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def _require_chinese(sample: bytes) -> None:
    """Refuse Latin text that happens to decode as GB18030: é and the letter behind it would become a character."""
    text = codecs.getincrementaldecoder("gb18030")().decode(sample)
    low = [mark.encode("gb18030")[1] < 0x80 for mark in text if ord(mark) > 0x7F]  # noqa: PLR2004 (ASCII)
    if low and sum(low) > _FOREIGN * len(low):
        raise refusals.UnknownEncoding(why="Windows-1252? Big5?")
