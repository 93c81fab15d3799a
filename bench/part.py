"""`python -m bench.part NAME FILE`: run one part of the bench on fresh ground and write what it found."""

import importlib
import json
import sys
from pathlib import Path

from bench.ground import ground


def main(name: str, answer: str) -> None:
    """Measure. The part is imported once the ground is there, for it reads Django's settings."""
    with ground() as here:
        figures = importlib.import_module(f"bench.{name}").run(here)
    Path(answer).write_text(json.dumps([figure.as_json() for figure in figures]), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
