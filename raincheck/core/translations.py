"""Compiling the translations where they are missing or older than their source. Babel does it; no gettext needed."""

import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).resolve().parent.parent / "locale"


def compile_translations(locale: Path = LOCALE) -> list[Path]:
    """Write every `<language>/LC_MESSAGES/django.mo` that is older than its `.po`; return those written.

    Raises babel.messages.pofile.PoFileError, OSError.
    """
    sources = sorted(locale.glob("*/LC_MESSAGES/django.po"))
    return [_compile(source) for source in sources if _is_stale(source)]


def _is_stale(source: Path) -> bool:
    target = source.with_suffix(".mo")
    return not target.exists() or target.stat().st_mtime < source.stat().st_mtime


def _compile(source: Path) -> Path:
    target = source.with_suffix(".mo")
    with source.open("rb") as file:
        catalogue = read_po(file, locale=source.parent.parent.name, abort_invalid=True)
    # Whole or not at all: a server may be reading the old one, another process compiling too.
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    with unfinished.open("wb") as file:
        write_mo(file, catalogue)
    unfinished.replace(target)
    return target


if __name__ == "__main__":
    compile_translations()
