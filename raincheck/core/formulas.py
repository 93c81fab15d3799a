"""Text that a spreadsheet would take for a formula.

Excel, WPS and LibreOffice run what begins with = + - @, also behind white space and invisible characters, and
take the full-width and small forms for the same. Escaping by quotes doesn't help: they are read away first.
"""

import re

_INVISIBLE = r"\s\x00-\x20\x7f-\xa0\u00ad\u180e\u200b-\u200f\u2028-\u202f\u2060-\u2064\u3000\ufeff"
_RUNS = re.compile(f"[{_INVISIBLE}]*[=+\\-@＝＋－＠﹦﹢﹣﹫]")


def would_run(text: str) -> bool:
    """Say whether a spreadsheet might run this text."""
    return _RUNS.match(text) is not None


def defused(text: str) -> str:
    """Return the text with an apostrophe in front where it might run; a spreadsheet then shows it as it stands."""
    return f"'{text}" if would_run(text) else text
