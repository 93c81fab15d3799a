"""Gather every text of the source and put those without an English translation into the catalogue.

`python scripts/messages.py` writes raincheck/locale/en/LC_MESSAGES/django.po, which stands in the repository as it is
written here; `--check` only says what is missing. Chinese is what the source is written in, so there is no Chinese
catalogue.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "raincheck" / "locale" / "en" / "LC_MESSAGES" / "django.po"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}
Message = str | tuple[str, ...]


def texts() -> Iterator[tuple[str, int, Message, str | None]]:
    """Yield (file, line, text or (singular, plural), context) of every translatable text in the package."""
    for path in sorted((ROOT / "raincheck").rglob("*")):
        if (
            path.suffix not in {".py", ".html", ".txt"}
            or "migrations" in path.parts
            or "simulators" in path.parts
        ):
            continue
        source = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            # What templatize leaves of a page is no Python; without its indentation it can be read as tokens.
            source = "\n".join(line.lstrip() for line in templatize(source, origin=str(path)).split("\n"))
        where = str(path.relative_to(ROOT))
        for line, message, _, context in extract("python", io.BytesIO(source.encode()), KEYWORDS):
            yield where, line, message, context


def load() -> Catalog:
    """Return the English catalogue as it stands."""
    if not CATALOGUE.exists():
        return Catalog(locale="en", project="raincheck", fuzzy=False)
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


def missing() -> list[str]:
    """Return every text of the source without an English translation, with where it stands."""
    catalogue = load()
    found = []
    for where, line, message, context in texts():
        known = catalogue.get(message, context)
        if known is None or not (all(known.string) if isinstance(known.string, tuple) else known.string):
            found.append(f"{where}:{line}: {message}")
    return found


def anew() -> bytes:
    """Return the catalogue written anew: texts that are gone drop out, new ones come in untranslated."""
    old = load()
    # With the day of today in it no two would be the same.
    new = Catalog(locale="en", project="raincheck", fuzzy=False, creation_date=old.creation_date)
    for where, _, message, context in texts():
        known = old.get(message, context)
        new.add(message, known.string if known else "", locations=[(where, None)], context=context)
    written = io.BytesIO()
    write_po(written, new, width=110, sort_by_file=True, omit_header=False, include_lineno=False)
    return written.getvalue()


if __name__ == "__main__":
    if "--check" not in sys.argv:
        CATALOGUE.write_bytes(anew())
    gaps = missing()
    print("\n".join(gaps) or "every text has its English")
    sys.exit(1 if gaps else 0)
