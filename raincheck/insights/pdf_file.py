"""Rows as a PDF for reading, with their proofs attached, and the whole of it signed with the audit key.

The proofs are an attachment (`raincheck-proof.json`) that is stored as it is, so that the verifier, which depends on
nothing, finds it without reading PDF. The signature stands among the keywords; it is over the file with zeros in its
place. Chinese is set in a font that every PDF reader brings or finds itself (ADR 34).
"""

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfdoc, pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from raincheck.audit.models import Stamp
from raincheck.audit.notes import signer
from raincheck.audit.proving import proofs_of
from raincheck.insights.columns import Column, Kind
from raincheck.insights.csv_file import utc

#: As many as somebody reads, and as are put together in a few seconds.
ROWS = 1000
ATTACHMENT = "raincheck-proof.json"
MARK = "raincheck-signature:"
#: 64 bytes in base64.
BLANK = "0" * 88
FONT = "STSong-Light"
_SIZE, _LEADING, _SMALL = 8.5, 12, 7
_WIDTH, _HEIGHT = landscape(A4)
_MARGIN = 36
_GAP = 6
_LINES = 4
#: Chinese punctuation that never begins a line.
_ENDS_A_LINE = frozenset("，。、；：！？）》」』”’…・")
#: The font has one dot of this kind, which stands in people's names and between words.
_DOTS = str.maketrans(dict.fromkeys("·•‧∙⋅", "・"))
_UNKNOWN, _TWO_BYTES = "〓", 0xFFFF
#: What is read on paper, and how wide it is compared with the rest; the other columns are in CSV and Excel.
_SHOWN: Mapping[str, float] = {
    "at": 1.5,
    "candidate": 1,
    "position": 1.4,
    "school": 1.2,
    "initiator": 0.8,
    "reason": 1.2,
    "recorded_reason": 1,
    "reviewer": 1.4,
    "outcome": 0.9,
    "note": 1.6,
    "action": 1.4,
    "actor": 1.1,
    "what": 1.8,
    "facts": 3.2,
    "subject_type": 0.9,
}
#: Left out where no row has any.
_SELDOM = ("recorded_reason",)


def pdf_file(
    columns: Sequence[Column], batches: Iterable[Sequence[Any]], *, zone: ZoneInfo, title: str, whose: str
) -> Iterator[bytes]:
    """Yield a PDF of at most ROWS rows, each of which has the `id` of the audit entry that it tells of."""
    rows = [row for batch in batches for row in batch]
    proofs = proofs_of([row.id for row in rows])
    places = {json.loads(proof["entry"])["id"]: proof["index"] for proof in proofs["proofs"]}
    paper = _Paper(title=title, whose=whose, zone=zone, columns=_chosen(columns, rows))
    paper.note(_summary(proofs, rows=len(rows)))
    if "stamp" in proofs:
        paper.note(_stamped(proofs["stamp"]["checkpoint"], zone))
    paper.head()
    for row in rows:
        place = places.get(str(row.id))
        paper.row(row, _("未封存") if place is None else f"#{place}")
    yield signed(paper.finish(proofs))


def signed(document: bytes) -> bytes:
    """Return a document with the signature of all its other bytes where it has zeros for it."""
    signature = base64.b64encode(signer().key.sign(document)).decode()
    return document.replace(f"{MARK}{BLANK}".encode(), f"{MARK}{signature}".encode(), 1)


def _summary(proofs: Mapping[str, Any], *, rows: int) -> str:
    told = {"rows": rows, "sealed": len(proofs["proofs"]), "size": proofs["size"]}
    return _("共%(rows)d条，其中%(sealed)d条附有封存证明（检查点 %(size)d）") % told


def _stamped(checkpoint: str, zone: ZoneInfo) -> str:
    stamp = Stamp.objects.get(size=int(checkpoint.split("\n")[1]))
    at = stamp.stamped_at.astimezone(zone).replace(tzinfo=None).isoformat(" ", "seconds")
    told = {"size": stamp.size, "at": at}
    return _("时间戳机构证明：前%(size)d条记录在 %(at)s 已经存在") % told


def _chosen(columns: Sequence[Column], rows: Sequence[Any]) -> list[Column]:
    empty = {field for field in _SELDOM if not any(getattr(row, field, "") for row in rows)}
    found: dict[str, Column] = {}
    for column in columns:
        if column.field in _SHOWN and column.field not in empty and column.kind is not Kind.UTC:
            found.setdefault(column.field, column)
    return list(found.values())


class _Paper:
    """Pages of a table: headed, numbered, with cells of a few lines."""

    def __init__(self, *, title: str, whose: str, zone: ZoneInfo, columns: list[Column]) -> None:
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
        self._out = BytesIO()
        self._canvas = Canvas(self._out, pagesize=(_WIDTH, _HEIGHT), pageCompression=1)
        self._title, self._whose, self._zone = title, whose, zone
        self._columns = [*columns, Column(_("封存"), "", width=8)]
        shares = [_SHOWN.get(column.field, 0.7) for column in self._columns]
        unit = (_WIDTH - 2 * _MARGIN) / sum(shares)
        self._widths = [share * unit for share in shares]
        self._made_at = datetime.now(UTC)
        self._page = 0
        self._begin_page()

    def note(self, text: str) -> None:
        """Write a line over the table."""
        self._text(_MARGIN, self._y, text, _SMALL + 1)
        self._y -= 2 * _LEADING

    def head(self) -> None:
        """Write the headings, with a line below."""
        x = _MARGIN
        for column, width in zip(self._columns, self._widths, strict=True):
            lines = _wrapped(column.heading.split(" (")[0], width - _GAP)
            self._text(x, self._y, lines[0] if lines else "", _SIZE, bold=True)
            x += width
        self._y -= 5
        self._canvas.line(_MARGIN, self._y, _WIDTH - _MARGIN, self._y)
        self._y -= _LEADING

    def row(self, row: Any, sealed: str) -> None:
        """Write one row, on a new page where this one is full."""
        texts = [self._said(row, column) for column in self._columns[:-1]]
        cells = [
            _wrapped(text, width - _GAP) for text, width in zip([*texts, sealed], self._widths, strict=True)
        ]
        height = max(map(len, cells)) * _LEADING + 4
        if self._y - height < _MARGIN:
            self._begin_page()
            self.head()
        x = _MARGIN
        for lines, width in zip(cells, self._widths, strict=True):
            for number, line in enumerate(lines):
                self._text(x, self._y - number * _LEADING, line, _SIZE)
            x += width
        self._y -= height

    def finish(self, proofs: Mapping[str, Any]) -> bytes:
        """Return the file, with the proofs attached and a place for its signature."""
        self._foot()
        self._canvas.setTitle(f"{self._title} · {self._whose}")
        self._canvas.setAuthor("Raincheck")
        self._canvas.setKeywords(f"{MARK}{BLANK}")
        _attach(self._canvas, json.dumps(proofs, separators=(",", ":")).encode())
        self._canvas.save()
        return self._out.getvalue()

    def _said(self, row: Any, column: Column) -> str:
        value = getattr(row, column.field)
        if value is None:
            return ""
        if column.kind is Kind.INSTANT:
            return str(value.astimezone(self._zone).replace(tzinfo=None).isoformat(" ", "seconds"))
        return str(value)

    def _begin_page(self) -> None:
        if self._page:
            self._foot()
            self._canvas.showPage()
        self._page += 1
        self._y = _HEIGHT - _MARGIN
        self._text(_MARGIN, self._y, f"{self._title} · {self._whose}", 14, bold=True)
        made = _printable(f"{utc(self._made_at)[:19]}Z · {self._zone}")
        self._canvas.setFont(FONT, _SMALL)
        self._canvas.drawRightString(_WIDTH - _MARGIN, self._y, made)
        self._y -= 2 * _LEADING

    def _foot(self) -> None:
        check = f"python3 verify_receipt.py *.pdf --key '{signer().verifier}'"
        self._text(_MARGIN, _MARGIN / 2, check, _SMALL)
        self._canvas.drawRightString(_WIDTH - _MARGIN, _MARGIN / 2, str(self._page))

    def _text(self, x: float, y: float, text: str, size: float, *, bold: bool = False) -> None:
        self._canvas.saveState()
        pen = self._canvas.beginText(x, y)
        pen.setFont(FONT, size)
        if bold:
            # The font has no bold cut: its outline is drawn, too.
            self._canvas.setLineWidth(0.3)
            pen.setTextRenderMode(2)
        pen.textOut(_printable(text))
        self._canvas.drawText(pen)
        self._canvas.restoreState()


def _printable(text: str) -> str:
    """Return a text in letters of the font; those beyond its plane would come out as two others."""
    return "".join(_UNKNOWN if ord(letter) > _TWO_BYTES else letter for letter in text.translate(_DOTS))


def _wrapped(text: str, width: float) -> list[str]:
    """Break a text into at most _LINES lines of this width, at spaces where there are any in reach."""
    lines, line = [], ""
    for letter in " ".join(_printable(text).split()):
        # What never begins a line may stand over its edge, but not a whole row of it.
        hangs = letter in _ENDS_A_LINE and pdfmetrics.stringWidth(line, FONT, _SIZE) <= width
        if hangs or pdfmetrics.stringWidth(line + letter, FONT, _SIZE) <= width:
            line += letter
            continue
        head, space, tail = line.rpartition(" ")
        lines.append(head if space and len(tail) < len(head) else line)
        line = f"{tail}{letter}" if space and len(tail) < len(head) else letter.strip()
        if len(lines) == _LINES:
            return [*lines[:-1], f"{lines[-1][:-1]}…"]
    return [*lines, line] if line else lines


def _attach(canvas: Canvas, content: bytes) -> None:
    """Attach the proofs under the document's names, uncompressed (ISO 32000-1, 7.11.4)."""
    name: Callable[[str], Any] = pdfdoc.PDFName
    text: Callable[[str], Any] = pdfdoc.PDFString
    document = canvas._doc  # noqa: SLF001 (the library has no way of its own to attach a file)
    stream = pdfdoc.PDFStream(
        pdfdoc.PDFDictionary({"Type": name("EmbeddedFile")}),
        content.decode("ascii") + "\n",
        filters=(),
    )
    spec = pdfdoc.PDFDictionary(
        {
            "Type": name("Filespec"),
            "F": text(ATTACHMENT),
            "UF": text(ATTACHMENT),
            "EF": pdfdoc.PDFDictionary({"F": document.Reference(stream)}),
        }
    )
    listed = pdfdoc.PDFArray([text(ATTACHMENT), document.Reference(spec)])
    document.Catalog.Names = pdfdoc.PDFDictionary({"EmbeddedFiles": pdfdoc.PDFDictionary({"Names": listed})})
