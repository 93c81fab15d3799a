"""Lines of a PDF's cells: none of them reaches into the next cell."""

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont

from raincheck.insights import pdf_file


def test_a_row_of_full_stops_stays_within_its_cell():
    pdfmetrics.registerFont(UnicodeCIDFont(pdf_file.FONT))
    width = 60
    for text in ("。" * 200, "不来了" + "！" * 200, "候选人住院，不能参加。" * 20):
        lines = pdf_file._wrapped(text, width)
        longest = max(pdfmetrics.stringWidth(line, pdf_file.FONT, pdf_file._SIZE) for line in lines)
        assert longest <= width + pdf_file._SIZE


def test_a_full_stop_begins_no_line():
    pdfmetrics.registerFont(UnicodeCIDFont(pdf_file.FONT))
    for length in range(1, 15):
        lines = pdf_file._wrapped("字" * length + "。", 60)
        assert [line for line in lines if line.startswith("。")] == []
