"""`raincheck audit export`: the console's export from a shell, for an installation's operator.

Imports no model: the settings, and an embedded database, come first.
"""

import os
import sys
from argparse import Namespace
from contextlib import suppress
from pathlib import Path
from pkgutil import resolve_name

import django

from raincheck import hosting
from raincheck.core.errors import RaincheckError, in_both_languages
from raincheck.core.terminal import say
from raincheck.runtime.home import Home

#: Command-line flags that narrow, as the console's form names them.
REQUESTS = (
    "from", "to", "position", "department", "school", "source", "candidate", "initiator", "reviewer", "reason",
    "outcome",
)  # fmt: skip
TRAIL = ("action", "actor", "about", "request")


def export(args: Namespace) -> int:
    """Write an export to a file that appears whole or not at all, and say how many rows it has."""
    path = Path(args.output)
    unfinished = path.with_name(f".{path.name}.unfinished")
    with hosting.database(Home.open()):
        os.environ.setdefault("RAINCHECK_LOG_LEVEL", "WARNING")
        django.setup()
        resolve_name("raincheck.upkeep:bring_up_to_date")()
        try:
            begin = resolve_name("raincheck.insights.errands:begin")
            rows, pieces = begin(company=args.company, form=args.format, what=args.what, fields=_fields(args))
            # Candidates' names are in it: nobody else's to read.
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                for piece in pieces:
                    file.write(piece)
            unfinished.replace(path)
        except RaincheckError as refusal:
            say(in_both_languages(refusal), to=sys.stderr)
            return 1
        except OSError as error:
            say(f"无法写入 / can't write {path}: {error.strerror}", to=sys.stderr)
            return 1
        finally:
            with suppress(FileNotFoundError):
                unfinished.unlink()
    say(f"已导出 {rows} 行 / {rows} rows exported: {path}")
    return 0


def _fields(args: Namespace) -> dict[str, str]:
    given = {name: getattr(args, name) for name in (*REQUESTS, *TRAIL)}
    return {name: value for name, value in given.items() if value}
