"""Words for whoever sits at the terminal, whatever their terminal can show."""

import sys
from typing import TextIO


def say(text: str, *, to: TextIO | None = None) -> None:
    """Print a line; a terminal that can't show a character shows a ? instead of stopping what was done."""
    stream = to or sys.stdout
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
    stream.flush()
