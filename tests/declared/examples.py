"""The worked examples of the howtos, as they stand there."""

import re
from pathlib import Path

HOWTOS = Path(__file__).parents[2] / "docs" / "howto"


def example(name: str) -> str:
    """Return the one TOML block of `connect-<name>.md`."""
    page = (HOWTOS / f"connect-{name}.md").read_text(encoding="utf-8")
    [block] = re.findall(r"^```toml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    return str(block)
